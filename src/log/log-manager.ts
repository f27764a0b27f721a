import { type Offset, type Uuid } from "../base/brand.ts";
import { type Clock, type Disk, DiskError, type Logger, type Random, type Timers } from "../io/ports.ts";
import { DelayedRemovals } from "./delayed-removals.ts";
import { type CheckpointKind } from "./directory-checkpoints.ts";
import { directoryContents, type FoundLog } from "./directory-contents.ts";
import { Log } from "./log.ts";
import { type LogConfig } from "./log-config.ts";
import { LogDirectory } from "./log-directory.ts";
import { partitionDirectoryName, renamedDirectoryName } from "./log-files.ts";
import { RecurringWork } from "./recurring-work.ts";
import { type WriteQueue } from "./write-queue.ts";

export interface LogManagerOptions {
  readonly directories: readonly string[];
  /** Directories of partitions that are not ours to load: the metadata log's. */
  readonly excluded: ReadonlySet<string>;
  readonly defaultConfig: LogConfig;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly writeQueue: WriteQueue;
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
  /** A directory failed and its logs are offline; `isLast` when no directory is left. */
  readonly onDirectoryFailed: (directory: string, isLast: boolean) => void;
}

const idleReleaseIntervalMs = 60_000;

/** The logs of a node in its directories, and the work on them that recurs. */
export class LogManager {
  readonly #options: LogManagerOptions;
  readonly #directories: LogDirectory[] = [];
  readonly #logs = new Map<string, Log>();
  readonly #directoryOf = new Map<Log, LogDirectory>();
  readonly #highWatermarks = new Map<string, Offset>();
  readonly #removals: DelayedRemovals;
  readonly #work: RecurringWork;
  #isClosed = false;

  /**
   * Locks the directories and loads every log in them; after a crash with recovery.
   * @throws DiskError with code ELOCKED when another process uses a directory
   */
  constructor(options: LogManagerOptions) {
    this.#options = options;
    this.#removals = new DelayedRemovals(options.timers, options.logger);
    this.#work = new RecurringWork(options.timers);
    try {
      for (const path of options.directories) this.#directories.push(this.#openDirectory(path));
      for (const directory of this.#directories) {
        // Before loading: a process that is killed while it loads may leave half of its repairs behind.
        directory.beginUse();
        this.#loadLogs(directory);
      }
    } catch (error) {
      for (const directory of this.#directories) directory.release();
      throw error;
    }
  }

  get directories(): string[] {
    return this.#directories.map(({ path }) => path);
  }

  /** The broker epoch of the last clean shutdown; -1 when some directory had none (KIP-966). */
  get previousBrokerEpoch(): number {
    const [first] = this.#directories;
    const epoch = first?.brokerEpoch;
    return epoch !== undefined && this.#directories.every(({ brokerEpoch }) => brokerEpoch === epoch) ? epoch : -1;
  }

  /** Whether the last user of the directory stopped in good order, so that nothing in it needs recovery. */
  hadCleanShutdown(directory: string): boolean {
    return this.#directories.some(({ path, hadCleanShutdown }) => path === directory && hadCleanShutdown);
  }

  isOnline(directory: string): boolean {
    return this.#directories.some(({ path, isOnline }) => path === directory && isOnline);
  }

  logs(): Iterable<Log> {
    return this.#logs.values();
  }

  get(topic: string, partition: number): Log | undefined {
    return this.#logs.get(partitionDirectoryName(topic, partition));
  }

  /**
   * The partition's log, made when there is none; undefined when no directory is online. A directory of an earlier topic
   * of the same name is moved aside.
   */
  getOrCreate(topic: string, partition: number, topicId: Uuid, config: LogConfig): Log | undefined {
    const existing = this.get(topic, partition);
    if (existing !== undefined) {
      if (existing.topicId === undefined || existing.topicId === topicId) {
        existing.assignTopicId(topicId);
        existing.updateConfig(config);
        return existing;
      }
      this.#options.logger.warn(
        { log: existing.name, topicId: existing.topicId },
        "Moving the log of a deleted topic aside",
      );
      this.#remove(existing, "stray");
    }
    const directory = this.#leastUsedDirectory();
    if (directory === undefined) return undefined;
    const dir = `${directory.path}/${partitionDirectoryName(topic, partition)}`;
    try {
      return this.#open(
        directory,
        { dir, topic, partition, topicId, config, logStartOffset: 0, recoveryPoint: 0 },
        true,
      );
    } catch (error) {
      directory.fail(error);
      return undefined;
    }
  }

  /** Stops serving the log at once; its files go after `file.delete.delay.ms`. */
  delete(log: Log): void {
    this.#remove(log, "delete");
  }

  /** Moves aside what no metadata speaks of any more. */
  removeStrays(isAssigned: (topic: string, partition: number, topicId: Uuid | undefined) => boolean): void {
    for (const log of this.#logs.values()) {
      if (isAssigned(log.topic, log.partition, log.topicId)) continue;
      this.#options.logger.warn({ log: log.name }, "No topic of the cluster has this log: it is moved aside");
      this.#remove(log, "stray");
    }
  }

  /** Offset up to which the partition was known to be committed when the broker last wrote it down. */
  checkpointedHighWatermark(topic: string, partition: number): Offset {
    return this.#highWatermarks.get(partitionDirectoryName(topic, partition)) ?? 0;
  }

  /** Starts the recurring work. */
  start(): void {
    const options = this.#options;
    const { initialDelayMs } = options;
    const work = this.#work;
    work.every(options.retentionIntervalMs, initialDelayMs, () => this.deleteOldSegments());
    work.every(options.recoveryPointIntervalMs, initialDelayMs, () => this.#checkpoint("recoveryPoint"));
    work.every(options.logStartIntervalMs, initialDelayMs, () => this.#checkpoint("logStart"));
    work.every(options.highWatermarkIntervalMs, options.highWatermarkIntervalMs, () =>
      this.#checkpoint("highWatermark"),
    );
    work.every(options.flushIntervalMs, initialDelayMs, () => {
      for (const log of this.#logs.values()) log.flushIfDue();
    });
    work.every(options.producerIdCheckIntervalMs, options.producerIdCheckIntervalMs, () => this.#expireProducers());
    work.every(idleReleaseIntervalMs, idleReleaseIntervalMs, () => {
      for (const log of this.#logs.values()) log.releaseIdle();
    });
  }

  /** Applies `retention.ms` and `retention.bytes` now. */
  deleteOldSegments(): void {
    const nowMs = this.#options.clock.wallMs();
    for (const log of this.#logs.values()) {
      const count = log.deleteOldSegments(nowMs, (remove, delayMs) => this.#removals.add(remove, delayMs));
      if (count > 0)
        this.#options.logger.info({ log: log.name, count, logStartOffset: log.logStartOffset }, "Deleted old segments");
    }
  }

  /** Closes all logs in good order, so that the next start needs no recovery. */
  close(brokerEpoch: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#work.close();
    this.#removals.close();
    for (const directory of this.#directories) directory.close(brokerEpoch);
    for (const directory of this.#directories) directory.release();
  }

  #openDirectory(path: string): LogDirectory {
    const { disk, logger, onDirectoryFailed } = this.#options;
    const onFailed = (): void =>
      onDirectoryFailed(
        path,
        this.#directories.every(({ isOnline }) => !isOnline),
      );
    return new LogDirectory({ path, disk, logger, onFailed });
  }

  #loadLogs(directory: LogDirectory): void {
    const { disk, excluded, logger, defaultConfig } = this.#options;
    for (const found of directoryContents(directory, excluded, disk)) {
      const { dir, kind, name } = found;
      if (kind === "stray") {
        logger.warn({ directory: dir }, "A stray log lies here: remove it when it is not needed");
      } else if (kind === "current") {
        this.#loadLog(directory, found);
      } else if (kind === "future") {
        logger.warn({ directory: dir }, "A log that was being moved here lies here; it is left as it is");
      } else {
        logger.info({ directory: name }, "Removing what is left of a deleted log");
        this.#removals.add(() => disk.remove(dir), defaultConfig.fileDeleteDelayMs);
      }
    }
  }

  #loadLog(directory: LogDirectory, found: FoundLog): void {
    const { name, highWatermark } = found;
    if (this.#logs.has(name)) {
      throw new DiskError("EDUPLICATE", `The log ${name} is in two log directories; one is ${directory.path}`);
    }
    if (!directory.hadCleanShutdown) this.#options.logger.debug({ log: name }, "Recovering the log");
    if (highWatermark !== undefined) this.#highWatermarks.set(name, highWatermark);
    this.#open(directory, { ...found, config: this.#options.defaultConfig });
  }

  #open(
    directory: LogDirectory,
    own: {
      dir: string;
      topic: string;
      partition: number;
      topicId?: Uuid;
      config: LogConfig;
      logStartOffset: Offset;
      recoveryPoint: Offset;
    },
    isNew = false,
  ): Log {
    const { disk, clock, random, logger, writeQueue } = this.#options;
    const log = Log.open({
      ...own,
      disk,
      clock,
      logger,
      writeQueue,
      hadCleanShutdown: isNew || directory.hadCleanShutdown,
      draw: () => random.float(),
      onDiskError: (error) => directory.fail(error),
    });
    log.highWatermark = this.checkpointedHighWatermark(log.topic, log.partition);
    this.#logs.set(log.name, log);
    this.#directoryOf.set(log, directory);
    directory.logs.add(log);
    return log;
  }

  #remove(log: Log, kind: "delete" | "stray"): void {
    const { disk, random } = this.#options;
    const directory = this.#directoryOf.get(log);
    this.#logs.delete(log.name);
    this.#directoryOf.delete(log);
    this.#highWatermarks.delete(log.name);
    directory?.logs.delete(log);
    if (directory === undefined || !directory.isOnline) return;
    const aside = `${directory.path}/${renamedDirectoryName(log.topic, log.partition, kind, random)}`;
    try {
      log.moveAside(aside);
    } catch (error) {
      directory.fail(error);
      return;
    }
    // As in Kafka, only people delete what nobody asked to be deleted.
    if (kind === "delete") this.#removals.add(() => disk.remove(aside), log.config.fileDeleteDelayMs);
  }

  #leastUsedDirectory(): LogDirectory | undefined {
    let chosen: LogDirectory | undefined;
    for (const directory of this.#directories) {
      if (directory.isOnline && directory.logs.size < (chosen?.logs.size ?? Infinity)) chosen = directory;
    }
    return chosen;
  }

  #expireProducers(): void {
    const nowMs = this.#options.clock.wallMs();
    for (const log of this.#logs.values()) log.producerState.expire(nowMs, this.#options.producerIdExpirationMs);
  }

  #checkpoint(kind: CheckpointKind): void {
    for (const directory of this.#directories) directory.checkpoints.writeInBackground(kind);
  }
}
