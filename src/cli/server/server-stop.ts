import { type Terminal } from "../command/terminal.ts";
import { type RunningServer } from "./find-servers.ts";

export interface StopPorts {
  findServers(): readonly RunningServer[];
  kill(pid: number, signal: string): void;
}

const usage = `USAGE: kafka-server-stop.sh [--process-role=value] [--node-id=value]
Stops the servers that run on this machine: all of them, or those of a role or with a node id.
`;
const options = ["--process-role", "--node-id"];

/**
 * kafka-server-stop.sh: signals every server of this machine, or those of a role or a node id; returns the exit code.
 * Unlike Kafka's script, which takes an option without a value and any other one for none and stops everything, it stops
 * nothing then. Other words
 * are ignored, as there: many name the properties file.
 */
export function stopServers(args: readonly string[], signal: string, terminal: Terminal, ports: StopPorts): number {
  if (args.includes("--help") || args.includes("-h")) {
    terminal.print(usage);
    return 0;
  }
  const unknown = args.find((arg) => arg.startsWith("-") && !options.includes(arg.replace(/=.*$/s, "")));
  if (unknown !== undefined) {
    terminal.printError(`Unknown option ${unknown}\n${usage}`);
    return 1;
  }
  const isGiven = (name: string): boolean => args.some((arg) => arg === name || arg.startsWith(`${name}=`));
  const incomplete = options.find((name) => isGiven(name) && valueOf(args, name) === undefined);
  if (incomplete !== undefined) {
    terminal.printError(`${incomplete} takes a value\n${usage}`);
    return 1;
  }
  const role = valueOf(args, "--process-role");
  const nodeId = valueOf(args, "--node-id");
  const wanted = ports.findServers().filter((server) => {
    if (role !== undefined && !isOfRole(server, role)) return false;
    return nodeId === undefined || server.nodeId === nodeId;
  });
  if (wanted.length === 0) {
    terminal.print("No kafka server to stop\n");
    return 1;
  }
  for (const { pid } of wanted) ports.kill(pid, signal);
  return 0;
}

/** A server of both roles is meant by "broker,controller" in either order only, as in Kafka. */
function isOfRole({ roles }: RunningServer, role: string): boolean {
  const asked = role.split(",").map((name) => name.trim());
  return asked.length === roles.length && asked.every((name) => roles.includes(name));
}

function valueOf(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  const word = args[at];
  if (word === undefined) return undefined;
  const value = word === name ? args[at + 1] : word.slice(name.length + 1);
  // A variable that is not set in the shell leaves nothing, or the next option.
  return value === "" || value?.startsWith("-") === true ? undefined : value;
}
