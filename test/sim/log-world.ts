import { createHash } from "node:crypto";
import { type Uuid } from "../../src/base/brand.ts";
import { nodeCompute } from "../../src/io/node/node-compute.ts";
import { inPlaceWorkers } from "../../src/io/in-place-workers.ts";
import { type LogConfig } from "../../src/log/log-config.ts";
import { LogManager } from "../../src/log/directory/log-manager.ts";
import { type Log } from "../../src/log/log.ts";
import { type WayOfWriting } from "../../src/log/write-choice.ts";
import { WriteQueue } from "../../src/log/write-queue.ts";
import { DiskError, type Logger } from "../../src/io/ports.ts";
import { ManualTime } from "../support/manual-time.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { drawnCleanerConfig, drawnCompaction, drawnConfig } from "./drawn-configs.ts";
import { FaultCounts } from "./fault-counts.ts";
import { PartitionModel } from "./log-model.ts";
import { type SimulatedMove } from "./log-moves.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { type Draw } from "./memory-file.ts";
import { demand } from "./violation.ts";

/** How the last user of the disk ended. */
export type Ending = "clean" | "kill" | "power";

export interface SimulatedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly config: LogConfig;
  readonly model: PartitionModel;
  /** Of the present generation; undefined between them, and when no directory is online. */
  log: Log | undefined;
  /** Where it is, or was when the last process ended. */
  dir: string;
  /** What the metadata says about where it is; undefined before it was made. */
  assignedDirectory: Uuid | undefined;
  /** To the other directory, in the present generation. */
  moving: SimulatedMove | undefined;
  epoch: number;
  isLeader: boolean;
}

export const logRoots = ["/data", "/more"] as const;
/** What `meta.properties` calls them. */
export const directoryIds: ReadonlyMap<string, Uuid> = new Map([
  [logRoots[0], "DDDDDDDDDDDDDDDDDDDDDQ"],
  [logRoots[1], "EEEEEEEEEEEEEEEEEEEEEQ"],
]);

export function rootOf(dir: string): string {
  return dir.slice(0, dir.lastIndexOf("/"));
}

/** A disk with the logs of a few partitions on it, over many lives of the broker. Everything comes from the seed. */
export class LogWorld {
  readonly draw: Draw;
  readonly random: SeededRandom;
  time = new ManualTime();
  readonly partitions: readonly SimulatedPartition[];
  readonly roots = logRoots;
  readonly counts = new FaultCounts();
  readonly log: Logger;
  disk: MemoryDisk;
  manager: LogManager | undefined;
  queue: WriteQueue;
  /** How much a background flush leaves to recovery to be read: nothing, a little, or all of these small logs. */
  readonly #bareTailBytesMax: number;
  isDirectoryOffline = false;
  /** Files were damaged, of which nobody has looked at some yet. */
  isDamaged = false;
  /** The disk failed while segments were being deleted. */
  isRetentionInterrupted = false;
  operations = 0;
  /** A directory that was given up although the disk is sound. */
  #failedForNothing: string | undefined;
  /** The directory that failed last. */
  #failedRoot: string | undefined;
  /** What goes on of an earlier one no longer matters. */
  #generation = 0;
  readonly #trace = createHash("sha256");
  readonly #onTrace: (line: string) => void;

  constructor(seed: number, onTrace: (line: string) => void = () => undefined, logger = silentLogger) {
    this.random = new SeededRandom(seed);
    this.draw = (bound) => this.random.below(bound);
    this.log = logger;
    this.#onTrace = onTrace;
    this.#bareTailBytesMax = [0, 400, Infinity][seed % 3]!;
    const config = drawnConfig(this.draw);
    const isCompacted = this.draw(3) > 0;
    this.partitions = ["orders", "events"].map((topic, index) => ({
      topic,
      topicId: `AAAAAAAAAAAAAAAAAAAAA${"Qg"[index]}`,
      config: isCompacted && index === 1 ? drawnCompaction(config, this.draw) : config,
      model: new PartitionModel(),
      log: undefined,
      dir: `${logRoots[0]}/${topic}-0`,
      assignedDirectory: undefined,
      moving: undefined,
      epoch: 0,
      isLeader: true,
    }));
    this.queue = new WriteQueue({ timers: this.time });
    this.disk = new MemoryDisk(() => this.time.wallMs());
    for (const root of logRoots) {
      this.disk.mkdir(root);
      this.disk.settle(root);
    }
    this.#watch(this.disk);
  }

  /** Which seeds have the same history. */
  get traceHash(): string {
    return this.#trace.copy().digest("hex");
  }

  trace(line: string): void {
    this.#trace.update(`${line}\n`);
    this.#onTrace(line);
  }

  /** Starts a broker's logs on the disk; false when the disk was cut meanwhile. */
  async boot(): Promise<boolean> {
    const { disk } = this;
    const generation = ++this.#generation;
    // The timers of the former process ended with it.
    const time = (this.time = new ManualTime(this.time.wallMs()));
    // What goes on of an earlier process draws too.
    const random = new SeededRandom(this.draw(2 ** 31));
    this.queue = new WriteQueue({
      timers: time,
      clock: time,
      choice: this.#drawnChoice(random),
      tailCacheBytes: this.draw(2) === 0 ? 1_048_576 : 4_096,
    });
    this.isDirectoryOffline = false;
    const workers = inPlaceWorkers({ clock: time, timers: time, disk, compute: nodeCompute });
    try {
      const manager = new LogManager({
        directories: logRoots,
        directoryIds,
        excluded: new Set(),
        defaultConfig: this.partitions[0]!.config,
        disk,
        clock: time,
        timers: time,
        random: { float: () => random.below(1_000) / 1_000, bytes: (length) => random.bytes(length) },
        logger: this.log,
        writeQueue: this.queue,
        bareTailBytesMax: this.#bareTailBytesMax,
        cleaner: { config: drawnCleanerConfig(this.draw), workers },
        retentionIntervalMs: 50_000,
        initialDelayMs: 30_000,
        flushIntervalMs: 5_000,
        recoveryPointIntervalMs: 60_000,
        logStartIntervalMs: 60_000,
        highWatermarkIntervalMs: 5_000,
        producerIdExpirationMs: 86_400_000_000,
        producerIdCheckIntervalMs: 600_000,
        onDirectoryFailed: (directory) => {
          if (generation !== this.#generation) return;
          this.isDirectoryOffline = true;
          this.#failedRoot = directory;
          if (disk.isOn && !disk.hasFailed) this.#failedForNothing = directory;
        },
      });
      this.manager = manager;
      if (this.draw(2) === 0) await manager.recover(workers, 1 + this.draw(2), 0);
      manager.load();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (!disk.isOn) return false;
      if (error.code !== "EDUPLICATE") throw error;
      this.#chooseDirectory();
      return this.boot();
    }
    if (disk.isOn) demand(!this.isDirectoryOffline, () => "a directory failed while it was loaded");
    return disk.isOn;
  }

  /** Directories fail with the disk alone. */
  demandSound(): void {
    demand(this.#failedForNothing === undefined, () => `${this.#failedForNothing} failed, and the disk did not`);
  }

  /**
   * The directory to which a copy came back with the power, under the name of the log whose place it was about to take, had
   * failed: the operator deletes the copy, as he is told.
   */
  #chooseDirectory(): void {
    const failed = this.#failedRoot;
    demand(failed !== undefined, () => "two logs of one partition, and no directory has failed");
    for (const { topic } of this.partitions) {
      const dirs = logRoots.map((root) => `${root}/${topic}-0`);
      if (dirs.every((dir) => this.disk.exists(dir))) this.disk.remove(`${failed}/${topic}-0`);
    }
  }

  /** As it may come from any history of writes that were held back. */
  #drawnChoice(random: SeededRandom): { wayFor(isUnderWay: boolean): WayOfWriting; note(): void } {
    return {
      wayFor: (isUnderWay) => (random.below(3) === 0 ? "now" : isUnderWay ? "later" : "aside"),
      note: () => undefined,
    };
  }

  /** Takes the logs that are there, as a broker does when it has the metadata. */
  take(): void {
    const { manager, partitions } = this;
    manager?.reconcile({
      isAssigned: () => true,
      directoryOf: (topic) => partitions.find((partition) => partition.topic === topic)?.assignedDirectory,
    });
    for (const partition of partitions) {
      const { topic, topicId, config } = partition;
      const isThere = manager?.get(topic, 0) !== undefined;
      partition.log = isThere ? manager.getOrCreate(topic, 0, topicId, config) : undefined;
      // The start has promoted the copy.
      const hasMoved = partition.log !== undefined && rootOf(partition.log.dir) !== rootOf(partition.dir);
      if (hasMoved) partition.model.isCopy = true;
    }
  }

  /** Takes or makes the logs, and lets the recurring work begin. */
  serve(): void {
    for (const partition of this.partitions) {
      const { topic, topicId, config, assignedDirectory } = partition;
      partition.log = this.manager?.getOrCreate(topic, 0, topicId, config, assignedDirectory);
      if (partition.log !== undefined) partition.assignedDirectory = directoryIds.get(rootOf(partition.log.dir));
      partition.model.isCompacted = config.isCompacted;
      partition.epoch++;
      partition.isLeader = true;
    }
    this.manager?.start();
  }

  /** Closes the logs in good order; the event loop turns until nothing has to be waited for any more. */
  async close(): Promise<void> {
    const { manager, time } = this;
    if (manager === undefined) return;
    // It must not wait for time to pass.
    await time.during(manager.prepareClose());
    manager.close(1);
  }

  /** The process ends, and perhaps the machine; the disk then has what is left. */
  end(ending: "kill" | "power"): void {
    this.trace(`end: ${ending}`);
    this.#generation++;
    this.disk = ending === "kill" ? this.disk.kill() : this.disk.crash(this.draw);
    this.#watch(this.disk);
    this.manager = undefined;
    for (const partition of this.partitions) {
      partition.dir = partition.log?.dir ?? partition.dir;
      partition.log = partition.moving = undefined;
    }
  }

  #watch(disk: MemoryDisk): void {
    const isSlow = this.draw(3) === 0;
    disk.syncTurns = () => (isSlow ? this.draw(6) : 0);
    disk.onOperation = (operation, path) => {
      this.operations++;
      this.trace(`${operation} ${path}`);
    };
  }
}
