import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { call } from "../../../bench/harness/admin.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { freePort } from "./free-ports.ts";
import { startCommand, targetUnderTest, type TargetName } from "./target.ts";

/** Nobody waits so long but where processors are slow and shared. */
const startTimeoutMs = 120_000;
const stopTimeoutMs = 60_000;

export interface TestBrokerOptions {
  readonly target?: TargetName;
  /** Over the properties of a single node. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Default: a new folder, which `remove` deletes. */
  readonly dataDirectory?: string;
  /** Takes the ports of a broker that has stopped: what it wrote names them, and clients know them. */
  readonly portsOf?: TestBroker;
}

/**
 * A broker in a process of its own, as a person runs it: a properties file, a data directory, two ports. It can stop and
 * start again on the same data and the same ports.
 */
export class TestBroker {
  readonly target: TargetName;
  readonly port: number;
  readonly controllerPort: number;
  readonly dataDirectory: string;
  readonly #folder: string;
  readonly #propertiesFile: string;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  readonly #killAtExit = () => this.#child?.kill("SIGKILL");

  private constructor(target: TargetName, folder: string, dataDirectory: string, port: number, controllerPort: number) {
    this.target = target;
    this.port = port;
    this.controllerPort = controllerPort;
    this.dataDirectory = dataDirectory;
    this.#folder = folder;
    this.#propertiesFile = join(folder, "server.properties");
    this.#logFile = join(folder, "output.log");
    process.once("exit", this.#killAtExit);
  }

  static async start(options: TestBrokerOptions = {}): Promise<TestBroker> {
    const folder = mkdtempSync(join(tmpdir(), "odradek-broker-"));
    const dataDirectory = options.dataDirectory ?? join(folder, "data");
    mkdirSync(dataDirectory, { recursive: true });
    const port = options.portsOf?.port ?? (await freePort());
    const controllerPort = options.portsOf?.controllerPort ?? (await freePort());
    const broker = new TestBroker(options.target ?? targetUnderTest(), folder, dataDirectory, port, controllerPort);
    const properties = { ...singleNode(port, controllerPort), "log.dirs": dataDirectory, ...options.properties };
    const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(broker.#propertiesFile, lines.join(""));
    try {
      await broker.start();
    } catch (error) {
      await broker.remove();
      throw error;
    }
    return broker;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Of the process that runs, or ran last. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Of a process that has ended: -1 when a signal ended it; undefined while it runs. */
  get exitCode(): number | undefined {
    const child = this.#child;
    return child === undefined || !hasEnded(child) ? undefined : (child.exitCode ?? -1);
  }

  get isRunning(): boolean {
    return this.#child !== undefined && !hasEnded(this.#child);
  }

  /** What it wrote to standard output and error, all starts together. */
  get log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, "utf8") : "";
  }

  /** Starts a broker that has stopped, and waits until it serves. */
  async start(): Promise<void> {
    const [file, ...args] = await startCommand(this.target, this.#propertiesFile);
    const log = openSync(this.#logFile, "a");
    const child = spawn(file, args, { cwd: this.#folder, stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child = child;
    child.once("error", (error) => writeFileSync(this.#logFile, `${error.message}\n`, { flag: "a" }));
    const deadline = performance.now() + startTimeoutMs;
    while (!(await serves(this.port))) {
      if (hasEnded(child)) throw new Error(`${this.target} ended during its start:\n${this.#lastLines()}`);
      if (performance.now() > deadline) {
        child.kill("SIGKILL");
        throw new Error(`${this.target} did not serve within ${startTimeoutMs} ms:\n${this.#lastLines()}`);
      }
      await sleep(20);
    }
  }

  /** A clean shutdown, as `kafka-server-stop.sh` asks for it. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    child.kill("SIGTERM");
    const code = await exitOf(child, stopTimeoutMs);
    if (code === undefined) {
      await this.kill();
      throw new Error(`${this.target} did not stop within ${stopTimeoutMs} ms:\n${this.#lastLines()}`);
    }
    // A JVM that SIGTERM ends reports 128 + 15 however clean its shutdown was.
    const expected = this.target === "kafka" ? 143 : 0;
    if (code !== expected) throw new Error(`${this.target} stopped with exit code ${code}:\n${this.#lastLines()}`);
  }

  /** `kill -9`: it has no time for anything. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    child.kill("SIGKILL");
    await exitOf(child, stopTimeoutMs);
  }

  async restart(how: "clean" | "kill -9"): Promise<void> {
    await (how === "clean" ? this.stop() : this.kill());
    await this.start();
  }

  /** Ends it and deletes its folder; a data directory that was given stays. */
  async remove(): Promise<void> {
    try {
      await this.stop();
    } finally {
      process.off("exit", this.#killAtExit);
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  #lastLines(): string {
    return this.log.split("\n").slice(-40).join("\n");
  }
}

function singleNode(port: number, controllerPort: number): Record<string, string> {
  return {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "5",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "100",
    // Records of tests have times of the past, and go with the first look for what is too old: half a minute after the start.
    "log.initial.task.delay.ms": "3600000",
    // After kill -9 Kafka takes the broker back only when its former session has run out.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
  };
}

/** Answers ApiVersions, and names itself in Metadata (a moment later: it has to be unfenced). */
async function serves(port: number): Promise<boolean> {
  try {
    const versions = await call(port, apis.apiVersions, 4, { clientSoftwareName: "test", clientSoftwareVersion: "1" });
    if (versions.errorCode !== 0) return false;
    return (await call(port, apis.metadata, 12, { topics: [] })).brokers.length > 0;
  } catch {
    return false;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** The exit code (-1 when a signal ended it), or undefined when it has not ended in time. */
function exitOf(child: ChildProcess, timeoutMs: number): Promise<number | undefined> {
  if (hasEnded(child)) return Promise.resolve(child.exitCode ?? -1);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    child.once("exit", (code) => {
      clearTimeout(timer);
      resolve(code ?? -1);
    });
  });
}
