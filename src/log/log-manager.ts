import { type Offset, type Uuid } from "../base/brand.ts";
import {
  type Clock,
  type Disk,
  DiskError,
  type FileLock,
  type Logger,
  type Random,
  type TimerHandle,
  type Timers,
} from "../io/ports.ts";
import { readCleanShutdown, removeCleanShutdown, writeCleanShutdown } from "./clean-shutdown.ts";
import { Log } from "./log.ts";
import { type LogConfig } from "./log-config.ts";
import { parsePartitionDirectoryName, partitionDirectoryName, renamedDirectoryName } from "./log-files.ts";
import {
  highWatermarkCheckpointName,
  logStartCheckpointName,
  type PartitionOffset,
  offsetCheckpointText,
  readOffsetCheckpoint,
  replaceOffsetCheckpoint,
  recoveryPointCheckpointName,
  writeOffsetCheckpoint,
} from "./offset-checkpoint.ts";
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

/** One of `log.dirs`. */
interface LogDirectory {
  readonly path: string;
  readonly hadCleanShutdown: boolean;
  /** Of the registration before the last clean shutdown; undefined after a crash. */
  readonly brokerEpoch: number | undefined;
  isOnline: boolean;
}

const idleReleaseIntervalMs = 60_000;
const timerMsMax = 2_147_483_647;

/** The logs of a node in its directories, and the work on them that recurs. */
export class LogManager {
  readonly #options: LogManagerOptions;
  readonly #directories: LogDirectory[] = [];
  readonly #locks: FileLock[] = [];
  readonly #logs = new Map<string, Log>();
  readonly #directoryOf = new Map<Log, LogDirectory>();
  readonly #highWatermarks = new Map<string, Offset>();
  /** Removals that wait for `file.delete.delay.ms`. */
  readonly #removals = new Set<{ readonly timer: TimerHandle; readonly remove: () => void }>();
  readonly #timers = new Set<TimerHandle>();
  /** What the checkpoint files say, by path, as far as this process wrote them. */
  readonly #checkpointTexts = new Map<string, string>();
  readonly #checkpointsUnderWay = new Set<string>();
  #isClosed = false;

  /**
   * Locks the directories and loads every log in them; after a crash with recovery.
   * @throws DiskError with code ELOCKED when another process uses a directory
   */
  constructor(options: LogManagerOptions) {
    this.#options = options;
    try {
      for (const path of options.directories) this.#directories.push(this.#openDirectory(path));
      for (const directory of this.#directories) this.#loadLogs(directory);
      // From here on the directories are in use: a crash must be seen as one.
      for (const { path } of this.#directories) removeCleanShutdown(options.disk, path);
    } catch (error) {
      for (const lock of this.#locks) lock.release();
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
        topic,
        partition,
        { dir, topicId, config, logStartOffset: 0, recoveryPoint: 0 },
        true,
      );
    } catch (error) {
      this.#onDiskError(directory, error);
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
    this.#every(options.retentionIntervalMs, initialDelayMs, () => this.deleteOldSegments());
    this.#every(options.recoveryPointIntervalMs, initialDelayMs, () => this.#checkpointRecoveryPoints());
    this.#every(options.logStartIntervalMs, initialDelayMs, () => this.#checkpointLogStarts());
    this.#every(options.highWatermarkIntervalMs, options.highWatermarkIntervalMs, () =>
      this.#checkpointHighWatermarks(),
    );
    this.#every(options.flushIntervalMs, initialDelayMs, () => {
      for (const log of this.#logs.values()) log.flushIfDue();
    });
    this.#every(options.producerIdCheckIntervalMs, options.producerIdCheckIntervalMs, () => this.#expireProducers());
    this.#every(idleReleaseIntervalMs, idleReleaseIntervalMs, () => {
      for (const log of this.#logs.values()) log.releaseIdle();
    });
  }

  /** Applies `retention.ms` and `retention.bytes` now. */
  deleteOldSegments(): void {
    const nowMs = this.#options.clock.wallMs();
    for (const log of this.#logs.values()) {
      const count = log.deleteOldSegments(nowMs, (remove, delayMs) => this.#removeLater(remove, delayMs));
      if (count > 0)
        this.#options.logger.info({ log: log.name, count, logStartOffset: log.logStartOffset }, "Deleted old segments");
    }
  }

  /** Closes all logs in good order, so that the next start needs no recovery. */
  close(brokerEpoch: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    for (const { timer, remove } of this.#removals) {
      timer.cancel();
      this.#quietly(remove);
    }
    for (const directory of this.#directories) {
      if (directory.isOnline) this.#closeDirectory(directory, brokerEpoch);
    }
    for (const lock of this.#locks) lock.release();
  }

  #closeDirectory(directory: LogDirectory, brokerEpoch: number): void {
    try {
      for (const log of this.#logsIn(directory)) log.close();
      this.#checkpoint(directory, recoveryPointCheckpointName, (log) => log.recoveryPoint);
      this.#checkpoint(directory, logStartCheckpointName, logStartOf);
      this.#checkpoint(directory, highWatermarkCheckpointName, (log) => log.highWatermark);
      writeCleanShutdown(this.#options.disk, directory.path, brokerEpoch);
    } catch (error) {
      this.#options.logger.error(
        { error, directory: directory.path },
        "The directory could not be closed in good order",
      );
    }
  }

  #openDirectory(path: string): LogDirectory {
    const { disk } = this.#options;
    disk.mkdir(path);
    this.#locks.push(lockDirectory(disk, path));
    const cleanShutdown = readCleanShutdown(disk, path);
    return {
      path,
      hadCleanShutdown: cleanShutdown !== undefined,
      brokerEpoch: cleanShutdown?.brokerEpoch,
      isOnline: true,
    };
  }

  #loadLogs(directory: LogDirectory): void {
    const { disk, excluded, logger, defaultConfig } = this.#options;
    const recoveryPoints = this.#readCheckpoint(directory, recoveryPointCheckpointName);
    const logStarts = this.#readCheckpoint(directory, logStartCheckpointName);
    for (const [name, offset] of this.#readCheckpoint(directory, highWatermarkCheckpointName)) {
      this.#highWatermarks.set(name, offset);
    }
    for (const name of disk.list(directory.path)) {
      const parsed = parsePartitionDirectoryName(name);
      const dir = `${directory.path}/${name}`;
      if (parsed === undefined || excluded.has(name) || !disk.stat(dir).isDirectory) continue;
      if (parsed.kind === "stray") {
        logger.warn({ directory: dir }, "A stray log lies here: remove it when it is not needed");
        continue;
      }
      if (parsed.kind !== "current") {
        this.#removeLater(() => disk.remove(dir), defaultConfig.fileDeleteDelayMs);
        continue;
      }
      if (this.#logs.has(name)) {
        throw new DiskError("EDUPLICATE", `The log ${name} is in two log directories; one is ${directory.path}`);
      }
      if (!directory.hadCleanShutdown) logger.debug({ log: name }, "Recovering the log");
      this.#open(directory, parsed.topic, parsed.partition, {
        dir,
        config: defaultConfig,
        logStartOffset: logStarts.get(name) ?? 0,
        recoveryPoint: recoveryPoints.get(name) ?? 0,
      });
    }
  }

  #open(
    directory: LogDirectory,
    topic: string,
    partition: number,
    own: { dir: string; topicId?: Uuid; config: LogConfig; logStartOffset: Offset; recoveryPoint: Offset },
    isNew = false,
  ): Log {
    const { disk, clock, random, logger, writeQueue } = this.#options;
    const log = Log.open({
      ...own,
      topic,
      partition,
      disk,
      clock,
      logger,
      writeQueue,
      hadCleanShutdown: isNew || directory.hadCleanShutdown,
      draw: () => random.float(),
      onDiskError: (error) => this.#onDiskError(directory, error),
    });
    log.highWatermark = this.checkpointedHighWatermark(topic, partition);
    this.#logs.set(log.name, log);
    this.#directoryOf.set(log, directory);
    return log;
  }

  #remove(log: Log, kind: "delete" | "stray"): void {
    const { disk, random } = this.#options;
    const directory = this.#directoryOf.get(log);
    this.#logs.delete(log.name);
    this.#directoryOf.delete(log);
    this.#highWatermarks.delete(log.name);
    if (directory === undefined || !directory.isOnline) return;
    const aside = `${directory.path}/${renamedDirectoryName(log.topic, log.partition, kind, random)}`;
    try {
      log.moveAside(aside);
    } catch (error) {
      this.#onDiskError(directory, error);
      return;
    }
    // As in Kafka, only people delete what nobody asked to be deleted.
    if (kind === "delete") this.#removeLater(() => disk.remove(aside), log.config.fileDeleteDelayMs);
  }

  #removeLater(remove: () => void, delayMs: number): void {
    const timer = this.#options.timers.after(Math.min(delayMs, timerMsMax), () => {
      this.#removals.delete(removal);
      this.#quietly(remove);
    });
    const removal = { timer, remove };
    this.#removals.add(removal);
  }

  /** What cannot be deleted now is deleted at the next start. */
  #quietly(remove: () => void): void {
    try {
      remove();
    } catch (error) {
      this.#options.logger.warn({ error }, "A file could not be deleted");
    }
  }

  #leastUsedDirectory(): LogDirectory | undefined {
    let chosen: LogDirectory | undefined;
    let fewest = Infinity;
    for (const directory of this.#directories) {
      if (!directory.isOnline) continue;
      const count = this.#directories.length === 1 ? 0 : [...this.#logsIn(directory)].length;
      if (count < fewest) [chosen, fewest] = [directory, count];
    }
    return chosen;
  }

  *#logsIn(directory: LogDirectory): Generator<Log> {
    for (const log of this.#logs.values()) if (this.#directoryOf.get(log) === directory) yield log;
  }

  #onDiskError(directory: LogDirectory, error: unknown): void {
    if (!directory.isOnline) return;
    directory.isOnline = false;
    this.#options.logger.error({ error, directory: directory.path }, "The log directory failed: it is taken offline");
    for (const log of this.#logsIn(directory)) log.goOffline();
    this.#options.onDirectoryFailed(
      directory.path,
      this.#directories.every(({ isOnline }) => !isOnline),
    );
  }

  #expireProducers(): void {
    const nowMs = this.#options.clock.wallMs();
    for (const log of this.#logs.values()) log.producerState.expire(nowMs, this.#options.producerIdExpirationMs);
  }

  #checkpointRecoveryPoints(): void {
    for (const directory of this.#directories) {
      this.#checkpointInBackground(directory, recoveryPointCheckpointName, (log) => log.recoveryPoint);
    }
  }

  #checkpointLogStarts(): void {
    for (const directory of this.#directories)
      this.#checkpointInBackground(directory, logStartCheckpointName, logStartOf);
  }

  #checkpointHighWatermarks(): void {
    for (const directory of this.#directories) {
      this.#checkpointInBackground(directory, highWatermarkCheckpointName, (log) => log.highWatermark);
    }
  }

  /** Writes a checkpoint in the background, when it says something new and none of its name is being written. */
  #checkpointInBackground(directory: LogDirectory, name: string, offsetOf: (log: Log) => Offset | undefined): void {
    if (!directory.isOnline) return;
    const path = `${directory.path}/${name}`;
    const text = offsetCheckpointText(this.#offsets(directory, offsetOf));
    if (this.#checkpointTexts.get(path) === text || this.#checkpointsUnderWay.has(path)) return;
    this.#checkpointsUnderWay.add(path);
    replaceOffsetCheckpoint(this.#options.disk, path, text, () => !this.#isClosed)
      .then(() => this.#checkpointTexts.set(path, text))
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#onDiskError(directory, error);
      })
      .finally(() => this.#checkpointsUnderWay.delete(path));
  }

  #checkpoint(directory: LogDirectory, name: string, offsetOf: (log: Log) => Offset | undefined): void {
    writeOffsetCheckpoint(this.#options.disk, `${directory.path}/${name}`, this.#offsets(directory, offsetOf));
  }

  #offsets(directory: LogDirectory, offsetOf: (log: Log) => Offset | undefined): PartitionOffset[] {
    const offsets: PartitionOffset[] = [];
    for (const log of this.#logsIn(directory)) {
      const offset = offsetOf(log);
      if (offset !== undefined) offsets.push({ topic: log.topic, partition: log.partition, offset });
    }
    return offsets;
  }

  #readCheckpoint(directory: LogDirectory, name: string): Map<string, Offset> {
    const path = `${directory.path}/${name}`;
    const offsets = readOffsetCheckpoint(this.#options.disk, path);
    if (offsets === undefined) {
      this.#options.logger.warn({ file: path }, "The checkpoint is damaged: its offsets are taken as 0");
    }
    return new Map(offsets?.map(({ topic, partition, offset }) => [partitionDirectoryName(topic, partition), offset]));
  }

  #every(intervalMs: number, delayMs: number, act: () => void): void {
    if (intervalMs > timerMsMax) return;
    const run = (afterMs: number): void => {
      const timer = this.#options.timers.after(Math.min(afterMs, timerMsMax), () => {
        this.#timers.delete(timer);
        act();
        if (!this.#isClosed) run(intervalMs);
      });
      this.#timers.add(timer);
    };
    run(delayMs);
  }
}

/** As in Kafka, only a start that differs from what the segments say is worth a line. */
function logStartOf(log: Log): Offset | undefined {
  const first = log.segmentSizes()[0]?.baseOffset ?? 0;
  return log.logStartOffset > first ? log.logStartOffset : undefined;
}

function lockDirectory(disk: Disk, path: string): FileLock {
  try {
    return disk.lock(`${path}/.lock`);
  } catch (error) {
    if (!(error instanceof DiskError) || error.code !== "ELOCKED") throw error;
    throw new DiskError(
      "ELOCKED",
      `Failed to acquire lock on file .lock in ${path}. A Kafka instance in another process is using this directory.`,
    );
  }
}
