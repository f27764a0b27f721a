import { type Clock, type Logger, type Random, type Timers, type Workers } from "../../io/ports.ts";
import { BackgroundFlush } from "./background-flush.ts";
import { type CleanerConfig } from "../cleaner/cleaner-config.ts";
import { LogCleaner } from "../cleaner/log-cleaner.ts";
import { type DelayedRemovals } from "./delayed-removals.ts";
import { type CheckpointKind } from "./directory-checkpoints.ts";
import { type Log } from "../log.ts";
import { type LogDirectories } from "./log-directories.ts";
import { type LogRegistry } from "./log-registry.ts";
import { RecurringWork } from "./recurring-work.ts";
import { type RemoveLater } from "../removal.ts";
import { deletedAtOnceMax } from "../retention.ts";

export interface LogUpkeepOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  /** `log.retention.check.interval.ms` */
  readonly retentionIntervalMs: number;
  /** `log.initial.task.delay.ms` */
  readonly initialDelayMs: number;
  /** `log.flush.scheduler.interval.ms` */
  readonly flushIntervalMs: number;
  /** `log.flush.offset.checkpoint.interval.ms` */
  readonly recoveryPointIntervalMs: number;
  /** `log.flush.start.offset.checkpoint.interval.ms` */
  readonly logStartIntervalMs: number;
  /** `replica.high.watermark.checkpoint.interval.ms` */
  readonly highWatermarkIntervalMs: number;
  /** `producer.id.expiration.ms` and how often it is looked at. */
  readonly producerIdExpirationMs: number;
  readonly producerIdCheckIntervalMs: number;
  /** None: nothing is compacted, and compacted logs have no retention. */
  readonly cleaner?: { readonly config: CleanerConfig; readonly workers: Workers };
}

const flushTickMs = 1_000;
const logsOfRetentionStep = 100;
const retentionStepMs = 10;
const idleReleaseIntervalMs = 60_000;

/** The work on the logs of a node that recurs: compaction, retention, flushing, checkpoints, expiry of producers. */
export class LogUpkeep {
  /** Undefined when `log.cleaner.enable` is false. */
  readonly cleaner: LogCleaner | undefined;
  readonly #options: LogUpkeepOptions;
  readonly #logs: LogRegistry;
  readonly #directories: LogDirectories;
  readonly #removals: DelayedRemovals;
  readonly #work: RecurringWork;
  readonly #flush: BackgroundFlush;
  /** The logs that this round of retention has yet to come to. */
  #retentionRound: Log[] = [];
  /** `producer.id.expiration.ms` */
  producerIdExpirationMs: number;

  constructor(options: LogUpkeepOptions, logs: LogRegistry, directories: LogDirectories, removals: DelayedRemovals) {
    this.#options = options;
    this.producerIdExpirationMs = options.producerIdExpirationMs;
    this.#logs = logs;
    this.#directories = directories;
    this.#removals = removals;
    this.#work = new RecurringWork(options.timers);
    this.#flush = new BackgroundFlush({
      logs: () => logs.all(),
      clock: options.clock,
      timers: options.timers,
      onAdvanced: () => this.#checkpoint("recoveryPoint"),
    });
    this.cleaner = this.#createCleaner();
  }

  start(): void {
    const options = this.#options;
    const { initialDelayMs } = options;
    const work = this.#work;
    // A stop in good order leaves the ends of the logs there, and Kafka what was durable: recovery expects one less.
    this.#checkpoint("recoveryPoint");
    work.every(options.retentionIntervalMs, initialDelayMs, () => this.#startRetentionRound());
    work.every(options.recoveryPointIntervalMs, initialDelayMs, () => this.#checkpoint("recoveryPoint"));
    work.every(options.logStartIntervalMs, initialDelayMs, () => this.#checkpoint("logStart"));
    work.every(options.highWatermarkIntervalMs, options.highWatermarkIntervalMs, () =>
      this.#checkpoint("highWatermark"),
    );
    work.every(options.flushIntervalMs, initialDelayMs, () => {
      for (const log of this.#logs.all()) log.flushIfDue();
    });
    // Those that expired while the broker was down are not to be taken for those that are known.
    this.#expireProducers();
    work.every(flushTickMs, flushTickMs, () => this.#flush.tick());
    work.every(options.producerIdCheckIntervalMs, options.producerIdCheckIntervalMs, () => this.#expireProducers());
    work.every(idleReleaseIntervalMs, idleReleaseIntervalMs, () => {
      for (const log of this.#logs.all()) log.releaseIdle();
    });
    this.cleaner?.start();
  }

  /** Does without holding the event loop up what closing the logs would otherwise have to do. */
  async prepareClose(): Promise<void> {
    this.#work.close();
    await this.cleaner?.close();
    await this.#flush.prepareClose();
  }

  close(): void {
    this.#work.close();
  }

  /** Applies `retention.ms` and `retention.bytes` now, but to compacted logs: that the cleaner does between its rounds. */
  deleteOldSegments(): void {
    for (const log of this.#logs.all()) {
      while (!log.config.isCompacted && this.#deleteOldSegments(log) >= deletedAtOnceMax);
    }
  }

  /** Thousands of logs that a start has found are looked into for the first time: in one go that would be felt. */
  #startRetentionRound(): void {
    const isUnderWay = this.#retentionRound.length > 0;
    this.#retentionRound = [...this.#logs.all()];
    if (!isUnderWay) this.#goOnWithRetention();
  }

  #goOnWithRetention(): void {
    for (const log of this.#retentionRound.splice(0, logsOfRetentionStep)) {
      // Where there are more, the log's turn comes again.
      if (!log.config.isCompacted && this.#deleteOldSegments(log) >= deletedAtOnceMax) this.#retentionRound.push(log);
    }
    if (this.#retentionRound.length > 0) this.#work.soon(retentionStepMs, () => this.#goOnWithRetention());
  }

  #deleteInSteps(log: Log): void {
    if (this.#deleteOldSegments(log) < deletedAtOnceMax) return;
    this.#work.soon(retentionStepMs, () => this.#deleteInSteps(log));
  }

  #deleteOldSegments(log: Log): number {
    const { clock, logger } = this.#options;
    const count = log.deleteOldSegments(clock.wallMs(), this.#removeLater);
    if (count > 0) logger.info({ log: log.name, count, logStartOffset: log.logStartOffset }, "Deleted old segments");
    return count;
  }

  readonly #removeLater: RemoveLater = (removal, delayMs) => this.#removals.add(removal, delayMs);

  #createCleaner(): LogCleaner | undefined {
    const { cleaner, clock, timers, random, logger } = this.#options;
    if (cleaner === undefined || !cleaner.config.isEnabled) return undefined;
    return new LogCleaner({
      ...cleaner,
      logs: () => this.#logsAtRest(),
      removeLater: this.#removeLater,
      writeRecoveryPoint: async (log, offset) => {
        const directory = this.#logs.directoryOf(log);
        return directory !== undefined && directory.checkpoints.writeRecoveryPoint(log, offset);
      },
      onCleaned: () => this.#checkpoint("cleaned"),
      deleteOldSegments: (log) => this.#deleteInSteps(log),
      clock,
      timers,
      random,
      logger,
    });
  }

  /**
   * Without those that are being copied to another directory, as in Kafka: the copy may have what is compacted away here, and
   * would miss the tombstone or the marker that goes later.
   */
  #logsAtRest(): Log[] {
    const { current, futures } = this.#logs;
    return [...current.values()].filter(({ name }) => !futures.has(name));
  }

  #expireProducers(): void {
    const nowMs = this.#options.clock.wallMs();
    for (const log of this.#logs.all()) log.producerState.expire(nowMs, this.producerIdExpirationMs);
  }

  #checkpoint(kind: CheckpointKind): void {
    for (const directory of this.#directories.online()) directory.checkpoints.writeInBackground(kind);
  }
}
