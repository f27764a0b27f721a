import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { waitUntilServing } from "./admin.ts";
import { removeFolder, signalGroup, temporaryFolder, trackProcess } from "./cleanup.ts";
import { cpuSecondsOf, residentBytesOf } from "./process-usage.ts";
import { type Command, type Target } from "./target.ts";

const startTimeoutMs = 60_000;
const formatTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;

/** A broker that runs, on a data directory of its own that was empty. */
export interface Broker {
  readonly target: Target;
  readonly port: number;
  /** Undefined when the start includes it. */
  readonly formatMs: number | undefined;
  /** From starting the process to its first answer. */
  readonly startMs: number;
  cpuSeconds(): number;
  residentBytes(): number;
  hasEnded(): boolean;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export async function startBroker(target: Target, parentFolder: string | undefined): Promise<Broker> {
  const folder = temporaryFolder(parentFolder);
  const [port, controllerPort] = await freePorts();
  const propertiesFile = join(folder, "server.properties");
  mkdirSync(join(folder, "data"));
  writeFileSync(propertiesFile, properties(join(folder, "data"), port, controllerPort));
  const logFile = join(folder, "output.log");

  const format = target.format(propertiesFile);
  let formatMs: number | undefined;
  if (format !== undefined) {
    const formatStart = performance.now();
    const code = await ended(run(format, logFile, folder), formatTimeoutMs);
    if (code !== 0) throw new Error(`${target.label}: format failed\n${lastLines(logFile)}`);
    formatMs = performance.now() - formatStart;
  }

  const start = performance.now();
  const child = run(target.start(propertiesFile), logFile, folder);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  try {
    await waitUntilServing(port, startTimeoutMs, hasEnded);
  } catch (error) {
    signalGroup(child, "SIGKILL");
    throw new Error(`${target.label}: ${(error as Error).message}\n${lastLines(logFile)}`, { cause: error });
  }
  const startMs = performance.now() - start;
  const pid = child.pid!;
  return {
    target,
    port,
    formatMs,
    startMs,
    cpuSeconds: () => cpuSecondsOf(pid),
    residentBytes: () => residentBytesOf(pid),
    hasEnded,
    stop: async () => {
      signalGroup(child, "SIGTERM");
      if ((await ended(child, stopTimeoutMs)) === undefined) {
        signalGroup(child, "SIGKILL");
        await ended(child, stopTimeoutMs);
      }
      removeFolder(folder);
    },
  };
}

function properties(dataFolder: string, port: number, controllerPort: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${dataFolder}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
`;
}

/** Starts a command in a process group of its own, its output in a file. */
function run(command: Command, logFile: string, folder: string): ChildProcess {
  const log = openSync(logFile, "a");
  const child = spawn(command.file, command.args, {
    cwd: folder,
    env: { ...process.env, ...command.env },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  child.once("error", (error) => writeFileSync(logFile, `${error.message}\n`, { flag: "a" }));
  trackProcess(child);
  return child;
}

/** The exit code (-1 for a signal or a start that failed), or undefined when it has not ended in time. */
async function ended(child: ChildProcess, timeoutMs: number): Promise<number | undefined> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? -1;
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    const done = (code: number | null): void => {
      clearTimeout(timer);
      resolve(code ?? -1);
    };
    child.once("exit", done);
    child.once("error", () => done(-1));
  });
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").split("\n").slice(-30).join("\n");
}

/** Two ports that are free now. */
async function freePorts(): Promise<[number, number]> {
  const listen = async (): Promise<{ port: number; close: () => void }> => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { port: (server.address() as AddressInfo).port, close: () => server.close() };
  };
  const [first, second] = [await listen(), await listen()];
  first.close();
  second.close();
  return [first.port, second.port];
}
