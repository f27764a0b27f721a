import { createHash } from "node:crypto";
import { type Uuid } from "../../src/base/brand.ts";
import { DiskError, type Logger } from "../../src/io/ports.ts";
import { type CleanerConfig } from "../../src/log/cleaner/cleaner-config.ts";
import { type LogConfig } from "../../src/log/log-config.ts";
import { type Log } from "../../src/log/log.ts";
import { type Partition } from "../../src/replication/partition.ts";
import { ManualTime } from "../support/manual-time.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { drawnCleanerConfig } from "./drawn-configs.ts";
import { FaultCounts } from "./fault-counts.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { type Draw } from "./memory-file.ts";
import { SimulatedCluster, type SimulatedTopic } from "./simulated-cluster.ts";
import { SimulatedReplicas } from "./simulated-replicas.ts";
import { TopicAppends } from "./topic-appends.ts";
import { TopicConfigs } from "./topic-configs.ts";
import { countTornTails, type SpoiltFile } from "./topic-damage.ts";
import { TopicLedger } from "./topic-ledger.ts";
import { TopicObserver } from "./topic-observer.ts";
import { chooseDirectories, restoreSpoilt } from "./topic-operator.ts";
import { topicRoots } from "./topic-roots.ts";
import { demand } from "./violation.ts";

/** A replica that the broker has reported, and of which the controller has not heard yet. */
interface Report {
  readonly topicId: Uuid;
  readonly index: number;
  readonly directory: Uuid;
  readonly onAccepted: () => void;
}

export const topicNames = ["a", "b", "b-1", "c"] as const;

/**
 * A controller with topics that come and go, and a broker over its lives on several directories. Everything comes from the
 * seed.
 */
export class TopicWorld {
  readonly draw: Draw;
  readonly random: SeededRandom;
  readonly cluster = new SimulatedCluster([]);
  readonly ledger = new TopicLedger();
  readonly counts = new FaultCounts();
  readonly roots = topicRoots;
  readonly appends: TopicAppends;
  readonly configs: TopicConfigs;
  readonly #cleanerConfig: CleanerConfig;
  readonly #moveBytesPerSecond: number;
  time = new ManualTime();
  disk: MemoryDisk;
  broker: SimulatedReplicas | undefined;
  /** Topics that are gone, as clients still know them. */
  readonly gone: SimulatedTopic[] = [];
  /** Directories that do not work in the present life, or did not when it ended. */
  readonly failed = new Set<string>();
  /** Those that ever failed, the latest last: where a partition is in two, the operator deletes it there. */
  readonly everFailed = new Set<string>();
  /** Where somebody wants a partition to be, and nothing has come between. */
  readonly wanted = new Map<string, string>();
  /** A file for which a directory fails until somebody puts it back. */
  spoilt: SpoiltFile | undefined;
  isDamaged = false;
  /** All directories have failed: the process ends. */
  isHalted = false;
  operations = 0;
  /** The newest word on each partition. */
  readonly #reports = new Map<string, Report>();
  /** What the controller is looking at. */
  #asked: Report | undefined;
  #topicCount = 0;
  /** What goes on of an earlier life no longer matters. */
  #generation = 0;
  #violation: unknown;
  readonly #bareTailBytesMax: number;
  readonly #observer: TopicObserver;
  readonly #logger: Logger;
  readonly #trace = createHash("sha256");
  readonly #onTrace: (line: string) => void;

  constructor(seed: number, onTrace: (line: string) => void = () => undefined, logger = silentLogger) {
    this.random = new SeededRandom(seed);
    this.draw = (bound) => this.random.below(bound);
    this.#onTrace = onTrace;
    this.#logger = logger;
    this.#bareTailBytesMax = [0, 400, Infinity][seed % 3]!;
    const { draw, ledger, counts } = this;
    this.#observer = new TopicObserver(ledger, counts, (line) => this.trace(line));
    this.appends = new TopicAppends(ledger);
    this.configs = new TopicConfigs(topicNames, draw);
    this.#cleanerConfig = { ...drawnCleanerConfig(draw), backoffMs: 2_000 };
    this.#moveBytesPerSecond = draw(3) === 0 ? 500 : Infinity;
    this.disk = new MemoryDisk(() => this.time.wallMs());
    for (const root of topicRoots) {
      this.disk.mkdir(root);
      this.disk.settle(root);
    }
    this.#watch();
  }

  get logConfig(): LogConfig {
    return this.configs.general;
  }

  logConfigOf(topic: string): LogConfig {
    return this.configs.of(topic);
  }

  /** The operator changes the configuration of a topic. */
  reconfigure({ name, id }: SimulatedTopic): void {
    const key = this.configs.change(name, this.draw);
    this.trace(`${name} gets another ${key}`);
    this.counts.note(`changed: ${key}`);
    if (this.configs.of(name).isCompacted) this.ledger.noteCompacted(id);
    this.publish(this.cluster.configure(name, key));
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
    const id = `T${String(this.#topicCount++).padStart(20, "0")}A`;
    if (this.configs.of(name).isCompacted) this.ledger.noteCompacted(id);
    return { name, id, partitions };
  }

  publish(delta: Parameters<SimulatedReplicas["publish"]>[0] | undefined): void {
    if (delta !== undefined) this.broker?.publish(delta);
  }

  /** The controller is told of a replica's directory, or its answer to that comes; false when there is nothing to tell. */
  takeReport(): boolean {
    const report = this.#asked;
    this.#asked = undefined;
    if (report === undefined) {
      for (const [key, next] of this.#reports) {
        this.#reports.delete(key);
        this.#asked = next;
        return true;
      }
      return false;
    }
    const { topicId, index, directory, onAccepted } = report;
    this.trace(`${topicId}-${index} is in ${directory}`);
    this.publish(this.cluster.assign(topicId, index, directory));
    onAccepted();
    return true;
  }

  /** Starts a broker on the disk; false when the disk was cut meanwhile. */
  async boot(): Promise<boolean> {
    const { disk, draw, cluster } = this;
    const generation = ++this.#generation;
    const time = (this.time = new ManualTime(this.time.wallMs()));
    this.isHalted = false;
    this.appends.clear();
    this.#reports.clear();
    this.#asked = undefined;
    this.wanted.clear();
    const failedDirectories = [...this.failed];
    this.trace(`boot without ${failedDirectories.join(" and ")}`);
    try {
      const broker = (this.broker = new SimulatedReplicas({
        disk,
        time,
        random: new SeededRandom(draw(2 ** 31)),
        logger: this.#logger,
        defaultConfig: this.logConfig,
        logConfigOf: (topic) => this.logConfigOf(topic),
        cleanerConfig: this.#cleanerConfig,
        moveBytesPerSecond: this.#moveBytesPerSecond,
        bareTailBytesMax: this.#bareTailBytesMax,
        cluster,
        failedDirectories,
        assignDirectory: (topicId, index, directory, onAccepted) => {
          if (generation !== this.#generation) return;
          this.#reports.set(`${topicId}/${index}`, { topicId, index, directory, onAccepted });
        },
        onDirectoryFailed: (directory, isLast) => {
          if (generation !== this.#generation || !disk.isOn) return;
          this.trace(`${directory} has failed`);
          this.isHalted ||= isLast;
          if (this.broker !== undefined) this.#observer.observeFailure(this.broker, directory);
          this.#noteFailed(directory);
          this.wanted.clear();
          if (!disk.hasFailed) this.violated(new Error(`${directory} failed, and the disk did not`));
        },
        onAppended: (partition, records) => {
          if (generation === this.#generation && disk.isOn) this.#onAppended(partition, records);
        },
        onFault: (error) => {
          if (disk.isOn) this.violated(error);
        },
      }));
      await time.during(broker.start());
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (!disk.isOn) return false;
      if (error.code === "EDUPLICATE") chooseDirectories(this);
      else if (error.code === "ENODIR" && this.spoilt !== undefined) restoreSpoilt(this);
      else throw error;
      return this.boot();
    }
    this.demandSound();
    if (disk.isOn) this.#findFailed();
    return disk.isOn;
  }

  #onAppended(partition: Partition, records: Buffer): void {
    this.observeMoves();
    try {
      this.appends.appended(partition, records, this.time.wallMs());
    } catch (error) {
      this.violated(error);
    }
  }

  /** A directory with a file that cannot be made sense of fails while it is loaded, and tells nobody but the operator. */
  #findFailed(): void {
    for (const root of topicRoots) {
      if (this.failed.has(root) || this.broker?.logManager.isOnline(root) === true) continue;
      demand(this.spoilt?.root === root, () => `${root} failed while it was loaded`);
      this.counts.note("directories that fail while they are loaded");
      this.#noteFailed(root);
    }
  }

  #noteFailed(root: string): void {
    this.failed.add(root);
    this.everFailed.delete(root);
    this.everFailed.add(root);
  }

  /** Somebody is about to change the files of the process that could not start. */
  takeDisk(): MemoryDisk {
    this.disk = this.disk.kill();
    this.#watch();
    return this.disk;
  }

  /** Takes in what the logs have, and where they are. */
  observe(): void {
    if (this.broker === undefined) return;
    const { failed, configs, time } = this;
    const isRetained = (topic: string): boolean => configs.isRetained(topic);
    this.#observer.observe(this.broker, this.servedLogs(), { failed, isRetained, nowMs: time.wallMs() });
  }

  /** Takes in where the logs are: one may have moved since the last step. */
  observeMoves(): void {
    if (this.broker !== undefined) this.#observer.observeMoves(this.broker);
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
    if (this.broker !== undefined) this.#observer.observeEnd(this.broker);
    const isSound = !this.disk.hasFailed && this.failed.size === 0;
    this.ledger.endLife(ending, isSound, this.time.wallMs());
    if (!this.disk.isOn || this.disk.hasFailed) this.ledger.interruptRetention();
    this.disk = ending === "kill" ? this.disk.kill() : this.disk.crash(this.draw);
    if (ending === "power") this.ledger.losePower();
    if (ending === "power") countTornTails(this);
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
