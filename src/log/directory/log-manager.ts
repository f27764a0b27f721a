import { type Uuid } from "../../base/brand.ts";
import { inOneTurn, overTurns } from "../../io/next-turn.ts";
import { type Workers } from "../../io/ports.ts";
import { type LogCleaner } from "../cleaner/log-cleaner.ts";
import { type Log } from "../log.ts";
import { type LogConfig } from "../log-config.ts";
import { partitionDirectoryName } from "../log-files.ts";
import { DelayedRemovals } from "./delayed-removals.ts";
import { recoveredInPlaceBytesMax } from "./directory-recovery.ts";
import { FutureLogs } from "./future-logs.ts";
import { indexedInPlaceBytesMax, indexInThreads } from "./index-repair.ts";
import { LogDirectories } from "./log-directories.ts";
import { type LogDirectory } from "./log-directory.ts";
import { LogLoading, type LogLoadingOptions } from "./log-loading.ts";
import { LogOpener, type LogOpenerOptions } from "./log-opener.ts";
import { type AssignedReplicas, reconcile } from "./log-reconciliation.ts";
import { LogRegistry } from "./log-registry.ts";
import { LogRelocation } from "./log-relocation.ts";
import { LogUpkeep, type LogUpkeepOptions } from "./log-upkeep.ts";
import { NewLogs, type NewLogsOptions, type NewReplica } from "./new-logs.ts";

export interface LogManagerOptions extends LogLoadingOptions, LogOpenerOptions, NewLogsOptions, LogUpkeepOptions {
  readonly directories: readonly string[];
  /** What `meta.properties` calls the directories (KIP-858); none where that is not tracked. */
  readonly directoryIds?: ReadonlyMap<string, Uuid>;
  /** Directories that were found broken before: they are offline from the start. */
  readonly failedDirectories?: readonly string[];
  /** A directory failed while the node runs, and its logs are offline; `isLast` when no directory is left. */
  readonly onDirectoryFailed: (directory: string, isLast: boolean) => void;
}

/** The logs of a node in its directories: the front of the parts that load, open, make, copy, move and look after them. */
export class LogManager {
  readonly #options: LogManagerOptions;
  readonly #directories: LogDirectories;
  readonly #logs = new LogRegistry();
  readonly #removals: DelayedRemovals;
  readonly #relocation: LogRelocation;
  readonly #loading: LogLoading;
  readonly #newLogs: NewLogs;
  readonly #futures: FutureLogs;
  readonly #upkeep: LogUpkeep;
  #isLoaded = false;
  #isClosed = false;

  /**
   * Locks the directories; `load` then takes the logs in them. A directory that fails is offline, and the others are used
   * all the same.
   * @throws DiskError when another process uses a directory (ELOCKED)
   */
  constructor(options: LogManagerOptions) {
    this.#options = options;
    const { disk, timers, random, logger } = options;
    const logs = this.#logs;
    const removals = new DelayedRemovals(options);
    const relocation = new LogRelocation({ disk, random, logs, removals, logger });
    const directories = new LogDirectories({
      paths: options.directories,
      ids: options.directoryIds ?? new Map(),
      failed: options.failedDirectories ?? [],
      disk,
      timers,
      logger,
      onFailed: (directory, isLast) => this.#onFailed(directory, isLast),
    });
    const opener = new LogOpener(options, logs, relocation);
    this.#removals = removals;
    this.#relocation = relocation;
    this.#directories = directories;
    this.#loading = new LogLoading(options, { directories, logs, opener, removals });
    this.#newLogs = new NewLogs(options, { directories, logs, opener, relocation });
    this.#futures = new FutureLogs(random, { directories, logs, opener });
    this.#upkeep = new LogUpkeep(options, logs, directories, removals);
  }

  /**
   * Has threads do what is long about `load`: recovering the logs of directories that were not closed in good order. What
   * they have not done when it resolves, `load` does in place. Never rejects.
   *
   * @param threadsMax `num.recovery.threads.per.data.dir`
   * @param inPlaceBytesMax what few logs have to be read for is left when it is no more than this
   */
  recover(workers: Workers, threadsMax: number, inPlaceBytesMax = recoveredInPlaceBytesMax): Promise<void> {
    return this.#loading.recover(workers, threadsMax, inPlaceBytesMax);
  }

  /**
   * Loads every log; after a crash with recovery.
   * @throws DiskError when a log is in two directories (EDUPLICATE), when all directories have failed (ENODIR), or for want of
   * descriptors
   */
  load(): void {
    try {
      this.#loading.load();
    } catch (error) {
      this.#isClosed = true;
      this.#directories.release();
      throw error;
    }
    this.#isLoaded = true;
  }

  /** Has threads make the indexes of large segments that have lost them; after `load`. Never rejects. */
  indexInThreads(workers: Workers, threadsMax: number, sizeBytesLeast = indexedInPlaceBytesMax): Promise<void> {
    return indexInThreads(this.#logs.all(), sizeBytesLeast, workers, threadsMax, this.#options.logger);
  }

  get directories(): readonly string[] {
    return this.#directories.paths;
  }

  /** Calls `act` when all logs that are being written together are written; at once when none is. */
  whenAllAreWritten(act: () => void): void {
    this.#options.writeQueue.whenAllAreWritten(act);
  }

  /** So much waits to be written that nobody should send more without waiting. */
  get isDiskBehind(): boolean {
    return this.#options.writeQueue.isBehind;
  }

  /** The broker epoch of the last clean shutdown; -1 when some directory had none (KIP-966). */
  get previousBrokerEpoch(): number {
    return this.#directories.previousBrokerEpoch;
  }

  /** Whether the last user of the directory stopped in good order, so that nothing in it needs recovery. */
  hadCleanShutdown(directory: string): boolean {
    return this.#directories.hadCleanShutdown(directory);
  }

  isOnline(directory: string): boolean {
    return this.#directories.findOnline(directory) !== undefined;
  }

  /** The directory with that id may be one that is offline: it is none of those that work, and some do not. */
  mayBeOffline(directoryId: Uuid): boolean {
    return this.#directories.mayBeOffline(directoryId);
  }

  /** Ids of the directories that work. */
  onlineDirectoryIds(): Uuid[] {
    return this.#directories.onlineIds();
  }

  /** The log directory that a current or future log is in. */
  directoryOf(log: Log): LogDirectory | undefined {
    return this.#logs.directoryOf(log);
  }

  /** The current logs. */
  logs(): Iterable<Log> {
    return this.#logs.current.values();
  }

  /** Current and future logs. */
  allLogs(): Iterable<Log> {
    return this.#logs.all();
  }

  get(topic: string, partition: number): Log | undefined {
    return this.#logs.current.get(partitionDirectoryName(topic, partition));
  }

  /** The copy of a replica that is moved to another directory. */
  future(topic: string, partition: number): Log | undefined {
    return this.#logs.futures.get(partitionDirectoryName(topic, partition));
  }

  /** All such copies. */
  futures(): Iterable<Log> {
    return this.#logs.futures.values();
  }

  /** Has the partition's log made in that directory when the partition comes to this broker. */
  prefer(topic: string, partition: number, directory: string): void {
    this.#newLogs.prefer(topic, partition, directory);
  }

  /**
   * Makes the files of partitions that have no log here off the event loop; `getOrCreate` takes them then, or makes what this
   * could not make. Never rejects.
   */
  async makeFiles(replicas: readonly NewReplica[]): Promise<void> {
    await this.#newLogs.make(replicas.filter(({ topic, partition }) => this.get(topic, partition) === undefined));
  }

  /** Lets go of files that were made for partitions which will not come any more, because the node stops. */
  abandonFiles(): void {
    this.#newLogs.abandon();
  }

  /**
   * The partition's log, made when there is none. A directory of an earlier topic of the same name is moved aside.
   * Undefined when no directory can take it, or when it may lie in one that is offline.
   * @throws DiskError when the system is short of descriptors or memory: nothing of it is left, and it is worth another try
   *
   * @param assignedDirectory id of the directory that the metadata has for it; undefined when it names none
   */
  getOrCreate(
    topic: string,
    partition: number,
    topicId: Uuid,
    config: LogConfig,
    assignedDirectory?: Uuid,
  ): Log | undefined {
    const existing = this.get(topic, partition);
    if (existing !== undefined) {
      if (existing.topicId === undefined || existing.topicId === topicId) {
        existing.assignTopicId(topicId);
        existing.updateConfig(config);
        existing.settleRecovery();
        return existing;
      }
      this.#options.logger.warn(
        { log: existing.name, topicId: existing.topicId },
        "Moving the log of a deleted topic aside",
      );
      this.#relocation.setAside(existing);
    }
    return this.#newLogs.open({ topic, partition, topicId, assignedDirectory, config });
  }

  /**
   * Begins the future log of a partition in another directory; undefined when that fails, or when some directory is
   * offline: there may be a future log already.
   * @throws DiskError when the system is short of descriptors or memory: nothing of it is left
   */
  createFuture(current: Log, path: string): Log | undefined {
    try {
      return this.#futures.create(current, path);
    } finally {
      // What was asked for holds for this move, and not for a later topic of that name.
      this.#newLogs.settled(current.name);
    }
  }

  /**
   * Makes of a future log that was found at the start a copy that can go on to follow `current`.
   * @throws DiskError when the system is short of descriptors or memory: it is to be called again then
   */
  resumeFuture(current: Log, future: Log): void {
    this.#futures.resume(current, future);
  }

  /**
   * Puts the future log of a partition in the place of its current one, whose files then go. False when a disk failed, or
   * for want of descriptors: the current one is whole then.
   */
  promoteFuture(topic: string, partition: number): boolean {
    return this.#relocation.promoteFuture(topic, partition);
  }

  /** Stops serving the log at once; its files go after `file.delete.delay.ms`. */
  delete(log: Log): void {
    this.#relocation.delete(log);
  }

  /** As `delete`, off the event loop: other logs may take their names when it resolves. Never rejects. */
  deleteAside(logs: readonly Log[]): Promise<void> {
    return this.#relocation.deleteAside(logs);
  }

  /**
   * Brings the logs in line with the metadata, once that is known: `reconcile` in log-reconciliation.ts.
   * @throws DiskError (EDUPLICATE) when a partition is in two directories
   */
  reconcile(assigned: AssignedReplicas): void {
    const { logger } = this.#options;
    reconcile({ logs: this.#logs, directories: this.#directories, relocation: this.#relocation, logger }, assigned);
  }

  /** Starts the recurring work. */
  start(): void {
    this.#upkeep.start();
  }

  /** `producer.id.expiration.ms` */
  get producerIdExpirationMs(): number {
    return this.#upkeep.producerIdExpirationMs;
  }

  set producerIdExpirationMs(expirationMs: number) {
    this.#upkeep.producerIdExpirationMs = expirationMs;
  }

  /** Undefined when `log.cleaner.enable` is false. */
  get cleaner(): LogCleaner | undefined {
    return this.#upkeep.cleaner;
  }

  /** Applies `retention.ms` and `retention.bytes` now. */
  deleteOldSegments(): void {
    this.#upkeep.deleteOldSegments();
  }

  /** Does without holding the event loop up what `close` would otherwise have to do. */
  async prepareClose(): Promise<void> {
    await this.#upkeep.prepareClose();
    await this.#removals.finish();
  }

  /** Closes all logs in good order, so that the next start needs no recovery. */
  close(brokerEpoch: number): void {
    inOneTurn(this.#closing(brokerEpoch));
  }

  /** As `close`, without holding the event loop up. */
  async closeOverTurns(brokerEpoch: number): Promise<void> {
    await overTurns(this.#closing(brokerEpoch), this.#options.timers);
  }

  *#closing(brokerEpoch: number): Generator<void, void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#upkeep.close();
    this.#removals.close();
    // Nothing was in order yet.
    if (!this.#isLoaded) return this.#directories.release();
    yield* this.#directories.closing(brokerEpoch);
  }

  /** Its logs are out of reach; a topic that comes anew under one of their names may be somewhere else. */
  #onFailed(directory: LogDirectory, isLast: boolean): void {
    if (this.#isLoaded) this.#options.onDirectoryFailed(directory.path, isLast);
    for (const log of directory.logs) this.#logs.forget(log);
  }
}
