import { createHash } from "node:crypto";
import { type Uuid } from "../../src/base/brand.ts";
import { DiskError, type Logger } from "../../src/io/ports.ts";
import { defaultLogConfig, type LogConfig } from "../../src/log/log-config.ts";
import { type Log } from "../../src/log/log.ts";
import { ManualTime } from "../support/manual-time.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { logRoots } from "./log-world.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { type Draw } from "./memory-file.ts";
import { SimulatedCluster, type SimulatedTopic } from "./simulated-cluster.ts";
import { SimulatedReplicas } from "./simulated-replicas.ts";
import { TopicLedger } from "./topic-ledger.ts";
import { demand } from "./violation.ts";

/** A replica that the broker has reported, and of which the controller has not heard yet. */
interface Report {
  readonly topicId: Uuid;
  readonly index: number;
  readonly directory: Uuid;
  readonly onAccepted: () => void;
}

/** A controller with topics that come and go, and a broker over its lives on two directories. Everything comes from the seed. */
export class TopicWorld {
  readonly draw: Draw;
  readonly random: SeededRandom;
  readonly cluster = new SimulatedCluster([]);
  readonly ledger = new TopicLedger();
  readonly logConfig: LogConfig;
  time = new ManualTime();
  disk: MemoryDisk;
  broker: SimulatedReplicas | undefined;
  /** Topics that are gone, as clients still know them. */
  readonly gone: SimulatedTopic[] = [];
  /** Directories that do not work in the present life, or did not when it ended. */
  readonly failed = new Set<string>();
  /** Those that ever failed: where a partition is in two, the older may be there. */
  readonly everFailed = new Set<string>();
  /** All directories have failed: the process ends. */
  isHalted = false;
  operations = 0;
  #reports: Report[] = [];
  #topicCount = 0;
  /** What goes on of an earlier life no longer matters. */
  #generation = 0;
  #violation: unknown;
  readonly #logger: Logger;
  readonly #trace = createHash("sha256");
  readonly #onTrace: (line: string) => void;

  constructor(seed: number, onTrace: (line: string) => void = () => undefined, logger = silentLogger) {
    this.random = new SeededRandom(seed);
    this.draw = (bound) => this.random.below(bound);
    this.#onTrace = onTrace;
    this.#logger = logger;
    this.logConfig = {
      ...defaultLogConfig,
      segmentBytes: 600 + this.draw(2_000),
      flushMessages: this.draw(3) === 0 ? 1 : Infinity,
      retentionBytes: this.draw(4) === 0 ? 2_000 : -1,
      fileDeleteDelayMs: this.draw(2) === 0 ? 0 : 20_000,
      preallocates: this.draw(4) === 0,
    };
    this.disk = new MemoryDisk(() => this.time.wallMs());
    for (const root of logRoots) {
      this.disk.mkdir(root);
      this.disk.settle(root);
    }
    this.#watch();
  }

  get traceHash(): string {
    return this.#trace.copy().digest("hex");
  }

  trace(line: string): void {
    this.#trace.update(`${line}\n`);
    this.#onTrace(line);
  }

  /** For what nobody waits for: the next step fails with it. */
  violated(error: unknown): void {
    this.#violation ??= error;
  }

  demandSound(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  get isUp(): boolean {
    return this.disk.isOn && !this.isHalted && this.broker !== undefined;
  }

  newTopic(name: string, partitions: number): SimulatedTopic {
    return { name, id: `T${String(this.#topicCount++).padStart(20, "0")}A`, partitions };
  }

  publish(delta: Parameters<SimulatedReplicas["publish"]>[0] | undefined): void {
    if (delta !== undefined) this.broker?.publish(delta);
  }

  /** The controller hears of a replica's directory. */
  takeReport(): boolean {
    const report = this.#reports.shift();
    if (report === undefined) return false;
    const { topicId, index, directory, onAccepted } = report;
    this.trace(`${topicId}-${index} is in ${directory}`);
    this.publish(this.cluster.assign(topicId, index, directory));
    onAccepted();
    return true;
  }

  /** Starts a broker on the disk; false when the disk was cut meanwhile. */
  async boot(): Promise<boolean> {
    const { disk, draw, cluster, logConfig } = this;
    const generation = ++this.#generation;
    const time = (this.time = new ManualTime(this.time.wallMs()));
    this.isHalted = false;
    this.#reports = [];
    const failedDirectories = [...this.failed];
    this.trace(`boot without ${failedDirectories.join(" and ")}`);
    try {
      const broker = (this.broker = new SimulatedReplicas({
        disk,
        time,
        random: new SeededRandom(draw(2 ** 31)),
        logger: this.#logger,
        logConfig,
        cluster,
        failedDirectories,
        assignDirectory: (topicId, index, directory, onAccepted) => {
          if (generation === this.#generation) this.#reports.push({ topicId, index, directory, onAccepted });
        },
        onDirectoryFailed: (directory, isLast) => {
          if (generation !== this.#generation || !disk.isOn) return;
          this.trace(`${directory} has failed`);
          this.isHalted ||= isLast;
          this.failed.add(directory);
          this.everFailed.add(directory);
          if (!disk.hasFailed) this.violated(new Error(`${directory} failed, and the disk did not`));
        },
        onFault: (error) => {
          if (disk.isOn) this.violated(error);
        },
      }));
      await time.during(broker.start());
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (!disk.isOn) return false;
      if (error.code !== "EDUPLICATE") throw error;
      this.#chooseDirectories();
      return this.boot();
    }
    this.demandSound();
    return disk.isOn;
  }

  /** A partition is in a directory that came back, and in another one: the operator deletes the older, as he is told. */
  #chooseDirectories(): void {
    const { disk, cluster, ledger } = this;
    const [one, other] = logRoots;
    const both = disk.list(one).filter((name) => disk.exists(`${other}/${name}`) && /-\d+$/.test(name));
    demand(both.length > 0, () => "two logs of one partition are spoken of, and are not there");
    this.disk = disk.kill();
    this.#watch();
    for (const name of both) {
      const older = logRoots.find((root) => this.everFailed.has(root));
      demand(older !== undefined, () => `${name} is in two directories, and none has ever failed`);
      this.trace(`the operator deletes ${older}/${name}`);
      this.disk.remove(`${older}/${name}`);
      const topic = cluster.topics().find((each) => name.startsWith(`${each.name}-`));
      if (topic !== undefined) ledger.forget(topic.id, Number(name.slice(topic.name.length + 1)), older);
    }
  }

  /** Takes in what the logs have. */
  observe(): void {
    for (const { log, topicId } of this.servedLogs()) this.ledger.observe(log, topicId);
  }

  *servedLogs(): Generator<{ readonly log: Log; readonly topicId: Uuid }> {
    for (const partition of this.broker?.replicas.partitions() ?? []) {
      const { log, topicId } = partition;
      if (!partition.isOffline && !log.isOffline && this.disk.isOn) yield { log, topicId };
    }
  }

  /** The process ends, and perhaps the machine; the disk then has what is left. */
  end(ending: "kill" | "power"): void {
    this.trace(`end: ${ending}`);
    this.#generation++;
    this.disk = ending === "kill" ? this.disk.kill() : this.disk.crash(this.draw);
    if (ending === "power") this.ledger.losePower();
    this.#watch();
    this.broker = undefined;
  }

  #watch(): void {
    const { disk, draw } = this;
    const isSlow = draw(3) > 0;
    disk.syncTurns = () => (isSlow ? draw(6) : 0);
    disk.onOperation = (operation, path) => {
      this.operations++;
      this.trace(`${operation} ${path}`);
    };
  }
}
