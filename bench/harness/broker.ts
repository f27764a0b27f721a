import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntilServing } from "./admin.ts";
import { removeFolder, signalGroup, temporaryFolder, trackProcess } from "./cleanup.ts";
import { cpuSecondsOf, descriptorsOf, processTree, residentBytesOf } from "./process-usage.ts";
import { type Command, type Target } from "./target.ts";

const startTimeoutMs = 180_000;
const formatTimeoutMs = 60_000;
const stopTimeoutMs = 60_000;
/** Kafka removes nothing in its first half minute. */
const removalTimeoutMs = 60_000;

/** Where a broker keeps its files; another broker may be started on it later. */
export interface Place {
  readonly folder: string;
  readonly dataFolder: string;
  readonly propertiesFile: string;
  readonly port: number;
}

/** What can be loaded with requests and measured from outside. */
export interface Measurable {
  readonly port: number;
  /** Its processes. */
  pids(): number[];
}

/** A broker that runs. */
export interface Broker extends Measurable {
  readonly target: Target;
  readonly place: Place;
  /** The moment its process was started, for `performance.now()`. */
  readonly startedAt: number;
  /** From starting the process to its first answer. */
  readonly startMs: number;
  cpuSeconds(): number;
  residentBytes(): number;
  descriptors(): number;
  hasEnded(): boolean;
  /** Ends it; after `kill` its last lines are lost, as in a crash. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export async function createPlace(parentFolder: string | undefined): Promise<Place> {
  const folder = temporaryFolder(parentFolder);
  const [port, controllerPort] = await freePorts();
  const place = { folder, dataFolder: join(folder, "data"), propertiesFile: join(folder, "server.properties"), port };
  mkdirSync(place.dataFolder);
  writeFileSync(place.propertiesFile, properties(place.dataFolder, port, controllerPort));
  return place;
}

export function removePlace(place: Place): void {
  removeFolder(place.folder);
}

/** Resolves with the time that it took. */
export async function format(target: Target, place: Place): Promise<number> {
  const command = target.format(place.propertiesFile);
  const start = performance.now();
  const logFile = logFileOf(place);
  const code = await ended(run(command, logFile, place.folder), formatTimeoutMs);
  if (code !== 0) throw new Error(`${target.label}: format failed\n${lastLines(logFile)}`);
  return performance.now() - start;
}

export async function startBroker(target: Target, place: Place): Promise<Broker> {
  const logFile = logFileOf(place);
  const startedAt = performance.now();
  const child = run(target.start(place.propertiesFile), logFile, place.folder);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  try {
    await waitUntilServing(place.port, startTimeoutMs, hasEnded);
  } catch (error) {
    signalGroup(child, "SIGKILL");
    throw new Error(`${target.label}: ${(error as Error).message}\n${lastLines(logFile)}`, { cause: error });
  }
  const startMs = performance.now() - startedAt;
  const pid = child.pid!;
  const kill = async (): Promise<void> => {
    signalGroup(child, "SIGKILL");
    await ended(child, stopTimeoutMs);
  };
  return {
    target,
    place,
    port: place.port,
    startedAt,
    startMs,
    pids: () => processTree(pid),
    cpuSeconds: () => cpuSecondsOf(processTree(pid)),
    residentBytes: () => residentBytesOf(processTree(pid)),
    descriptors: () => descriptorsOf(processTree(pid)),
    hasEnded,
    kill,
    stop: async () => {
      signalGroup(child, "SIGTERM");
      if ((await ended(child, stopTimeoutMs)) === undefined) await kill();
    },
  };
}

/** What the brokers that ran in a place have printed. */
export function outputOf(place: Place): string {
  return readFileSync(logFileOf(place), "utf8");
}

/** The folders of a topic's partitions. */
export function partitionFolders(place: Place, topic: string): string[] {
  return readdirSync(place.dataFolder)
    .filter((name) => name.startsWith(`${topic}-`))
    .map((name) => join(place.dataFolder, name));
}

/** Waits until a deleted topic has left the disk: to free its pages costs the broker CPU that is not the next load's. */
export async function untilRemoved(place: Place, topic: string): Promise<void> {
  const deadline = performance.now() + removalTimeoutMs;
  while (partitionFolders(place, topic).length > 0) {
    if (performance.now() > deadline) throw new Error(`${topic} was not removed within ${removalTimeoutMs} ms`);
    await sleep(20);
  }
}

/** Deleted topics leave the disk soon, and groups do not wait for more members; else both have their defaults. */
function properties(dataFolder: string, port: number, controllerPort: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${dataFolder}
log.segment.delete.delay.ms=500
group.initial.rebalance.delay.ms=0
group.consumer.assignment.interval.ms=0
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
`;
}

function logFileOf(place: Place): string {
  return join(place.folder, "output.log");
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
