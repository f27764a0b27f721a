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
  const values = new Map<string, string>();
  for (const [index, arg] of args.entries()) {
    if (!arg.startsWith("-")) continue;
    const [name, value = args[index + 1] ?? ""] = splitOnce(arg);
    if (!options.includes(name)) return refuse(terminal, `Unknown option ${arg}`);
    // A variable that is not set in the shell leaves nothing, or the next option.
    if (value === "" || value.startsWith("-")) return refuse(terminal, `${name} takes a value`);
    if (!values.has(name)) values.set(name, value);
  }
  const role = values.get("--process-role");
  const nodeId = values.get("--node-id");
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

function refuse(terminal: Terminal, problem: string): number {
  terminal.printError(`${problem}\n${usage}`);
  return 1;
}

/** The name of an option, and its value where that stands behind "=". */
function splitOnce(arg: string): [string, string?] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}
