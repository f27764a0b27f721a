import { createHash } from "node:crypto";
import { type LogConfig, defaultLogConfig } from "../../src/log/log-config.ts";
import { LogManager } from "../../src/log/directory/log-manager.ts";
import { type Log } from "../../src/log/log.ts";
import { type WayOfWriting } from "../../src/log/write-choice.ts";
import { WriteQueue } from "../../src/log/write-queue.ts";
import { DiskError, type Logger } from "../../src/io/ports.ts";
import { ManualTime } from "../support/manual-time.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { PartitionModel } from "./log-model.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { type Draw } from "./memory-file.ts";
import { demand } from "./violation.ts";

/** How the last user of the disk ended. */
export type Ending = "clean" | "kill" | "power";

export interface SimulatedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly model: PartitionModel;
  /** Of the present generation; undefined between them, and when no directory is online. */
  log: Log | undefined;
  epoch: number;
  isLeader: boolean;
}

export const logRoot = "/data";

/** A disk with the logs of a few partitions on it, over many lives of the broker. Everything comes from the seed. */
export class LogWorld {
  readonly draw: Draw;
  readonly random: SeededRandom;
  time = new ManualTime();
  readonly config: LogConfig;
  readonly partitions: readonly SimulatedPartition[];
  readonly log: Logger;
  disk: MemoryDisk;
  manager: LogManager | undefined;
  queue: WriteQueue;
  isDirectoryOffline = false;
  /** Files were damaged, of which nobody has looked at some yet. */
  isDamaged = false;
  /** The disk failed while segments were being deleted. */
  isRetentionInterrupted = false;
  operations = 0;
  readonly #trace = createHash("sha256");
  readonly #onTrace: (line: string) => void;

  constructor(seed: number, onTrace: (line: string) => void = () => undefined, logger = silentLogger) {
    this.random = new SeededRandom(seed);
    this.draw = (bound) => this.random.below(bound);
    this.log = logger;
    this.#onTrace = onTrace;
    this.config = drawnConfig(this.draw);
    this.partitions = ["orders", "events"].map((topic, index) => ({
      topic,
      topicId: `AAAAAAAAAAAAAAAAAAAAA${"Qg"[index]}`,
      model: new PartitionModel(),
      log: undefined,
      epoch: 0,
      isLeader: true,
    }));
    this.queue = new WriteQueue({ timers: this.time });
    this.disk = new MemoryDisk(() => this.time.wallMs());
    this.disk.mkdir(logRoot);
    this.disk.settle(logRoot);
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
  boot(): boolean {
    const { disk } = this;
    // The timers of the former process ended with it.
    const time = (this.time = new ManualTime(this.time.wallMs()));
    this.queue = new WriteQueue({
      timers: time,
      clock: time,
      choice: this.#drawnChoice(),
      tailCacheBytes: this.draw(2) === 0 ? 1_048_576 : 4_096,
    });
    this.isDirectoryOffline = false;
    try {
      this.manager = new LogManager({
        directories: [logRoot],
        excluded: new Set(),
        defaultConfig: this.config,
        disk,
        clock: time,
        timers: time,
        random: { float: () => this.draw(1_000) / 1_000, bytes: (length) => this.random.bytes(length) },
        logger: this.log,
        writeQueue: this.queue,
        retentionIntervalMs: 50_000,
        initialDelayMs: 30_000,
        flushIntervalMs: 5_000,
        recoveryPointIntervalMs: 60_000,
        logStartIntervalMs: 60_000,
        highWatermarkIntervalMs: 5_000,
        producerIdExpirationMs: 86_400_000_000,
        producerIdCheckIntervalMs: 600_000,
        onDirectoryFailed: () => (this.isDirectoryOffline = true),
      });
      this.manager.load();
    } catch (error) {
      if (!(error instanceof DiskError) || disk.isOn) throw error;
      return false;
    }
    if (disk.isOn) demand(!this.isDirectoryOffline, () => "the directory failed while it was loaded");
    return disk.isOn;
  }

  /** As it may come from any history of writes that were held back. */
  #drawnChoice(): { wayFor(isUnderWay: boolean): WayOfWriting; note(): void } {
    return {
      wayFor: (isUnderWay) => (this.draw(3) === 0 ? "now" : isUnderWay ? "later" : "aside"),
      note: () => undefined,
    };
  }

  /** Takes the logs that are there, as a broker does when it has the metadata. */
  take(): void {
    for (const partition of this.partitions) {
      const { topic, topicId } = partition;
      const isThere = this.manager?.get(topic, 0) !== undefined;
      partition.log = isThere ? this.manager?.getOrCreate(topic, 0, topicId, this.config) : undefined;
    }
  }

  /** Takes or makes the logs, and lets the recurring work begin. */
  serve(): void {
    for (const partition of this.partitions) {
      partition.log = this.manager?.getOrCreate(partition.topic, 0, partition.topicId, this.config);
      partition.epoch++;
      partition.isLeader = true;
    }
    this.manager?.start();
  }

  /** The process ends, and perhaps the machine; the disk then has what is left. */
  end(ending: "kill" | "power"): void {
    this.trace(`end: ${ending}`);
    this.disk = ending === "kill" ? this.disk.kill() : this.disk.crash(this.draw);
    this.#watch(this.disk);
    this.manager = undefined;
    for (const partition of this.partitions) partition.log = undefined;
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

function drawnConfig(draw: Draw): LogConfig {
  return {
    ...defaultLogConfig,
    segmentBytes: 700 + draw(2_000),
    segmentMs: draw(3) === 0 ? 40_000 : Infinity,
    indexIntervalBytes: 100 + draw(200),
    segmentIndexBytes: draw(4) === 0 ? 36 : 10_000,
    flushMessages: draw(3) === 0 ? 5 + draw(40) : Infinity,
    flushMs: draw(3) === 0 ? 10_000 : Infinity,
    retentionBytes: draw(3) === 0 ? 3_000 + draw(4_000) : -1,
    retentionMs: draw(3) === 0 ? 200_000 : -1,
    fileDeleteDelayMs: draw(2) === 0 ? 0 : 20_000,
  };
}
