import { type Offset, type Uuid } from "../../base/brand.ts";
import { type Disk, DiskError, type Workers } from "../../io/ports.ts";
import { type LogCleaner } from "../cleaner/log-cleaner.ts";
import { DelayedRemovals } from "./delayed-removals.ts";
import { directoryContents, type FoundLog } from "./directory-contents.ts";
import { recoveredInPlaceBytesMax, recoverInThreads } from "./directory-recovery.ts";
import { indexedInPlaceBytesMax, indexInThreads } from "./index-repair.ts";
import { Log } from "../log.ts";
import { type LogConfig } from "../log-config.ts";
import { LogDirectories } from "./log-directories.ts";
import { type LogDirectory } from "./log-directory.ts";
import { areRivals, type AssignedReplicas, duplicateLogs, reconcile } from "./log-reconciliation.ts";
import { LogRegistry } from "./log-registry.ts";
import { LogRelocation } from "./log-relocation.ts";
import { LogUpkeep, type LogUpkeepOptions } from "./log-upkeep.ts";
import { type DirectoryKind, partitionDirectoryName, renamedDirectoryName } from "../log-files.ts";
import { NewLogs, type NewReplica } from "./new-logs.ts";
import { type ProducerSettings } from "../producers/producer-state.ts";
import { type RecoveredLog } from "../recovered-log.ts";
import { type WriteQueue } from "../write-queue.ts";

export interface LogManagerOptions extends LogUpkeepOptions {
  readonly directories: readonly string[];
  /** What `meta.properties` calls the directories (KIP-858); none where that is not tracked. */
  readonly directoryIds?: ReadonlyMap<string, Uuid>;
  /** Directories that were found broken before: they are offline from the start. */
  readonly failedDirectories?: readonly string[];
  /** Directories of partitions that are not ours to load: the metadata log's. */
  readonly excluded: ReadonlySet<string>;
  readonly defaultConfig: LogConfig;
  readonly disk: Disk;
  readonly writeQueue: WriteQueue;
  /** None: transactional batches are appended without verification. */
  readonly producerSettings?: ProducerSettings;
  /** `cordoned.log.dirs`: no new log goes there. */
  readonly isCordoned?: (directory: string) => boolean;
  /** A directory failed while the node runs, and its logs are offline; `isLast` when no directory is left. */
  readonly onDirectoryFailed: (directory: string, isLast: boolean) => void;
}

interface NewLog {
  readonly dir: string;
  readonly topic: string;
  readonly partition: number;
  readonly topicId?: Uuid;
  readonly config: LogConfig;
  readonly logStartOffset: Offset;
  readonly recoveryPoint: Offset;
  readonly highWatermark?: Offset | undefined;
  readonly cleanedOffset?: Offset | undefined;
  readonly recovered?: RecoveredLog | undefined;
  readonly isConfigKnown?: boolean;
  /** Its files were just made. */
  readonly isMade?: boolean;
}

/** The logs of a node in its directories: loads them at the start, makes them, moves them aside, promotes copies. */
export class LogManager {
  readonly #options: LogManagerOptions;
  readonly #directories: LogDirectories;
  readonly #logs = new LogRegistry();
  readonly #newLogs: NewLogs;
  readonly #removals: DelayedRemovals;
  readonly #relocation: LogRelocation;
  readonly #upkeep: LogUpkeep;
  /** What lies in the directories, until it is loaded. */
  readonly #contents = new Map<LogDirectory, readonly FoundLog[]>();
  /** What threads have recovered, by the directories of the logs. */
  readonly #recovered = new Map<string, RecoveredLog>();
  #isLoaded = false;
  #isClosed = false;

  /**
   * Locks the directories; `load` then takes the logs in them. A directory that fails is offline, and the others are used
   * all the same.
   * @throws DiskError when another process uses a directory (ELOCKED)
   */
  constructor(options: LogManagerOptions) {
    this.#options = options;
    this.#removals = new DelayedRemovals(options);
    const { disk, timers, random } = options;
    this.#relocation = new LogRelocation({
      disk,
      random,
      logs: this.#logs,
      removals: this.#removals,
      logger: options.logger,
    });
    this.#directories = new LogDirectories({
      paths: options.directories,
      ids: options.directoryIds ?? new Map(),
      failed: options.failedDirectories ?? [],
      disk,
      timers,
      logger: options.logger,
      onFailed: (directory, isLast) => this.#onFailed(directory, isLast),
    });
    this.#newLogs = new NewLogs({
      ...options,
      directories: this.#directories,
      discard: (directory, replica) => {
        const name = partitionDirectoryName(replica.topic, replica.partition);
        this.#relocation.discardFiles(directory, replica, `${directory.path}/${name}`);
      },
    });
    this.#upkeep = new LogUpkeep(options, this.#logs, this.#directories, this.#removals);
  }

  /**
   * Has threads do what is long about `load`: recovering the logs of directories that were not closed in good order. What
   * they have not done when it resolves, `load` does in place. Never rejects.
   *
   * @param threadsMax `num.recovery.threads.per.data.dir`
   * @param inPlaceBytesMax what few logs have to be read for is left when it is no more than this
   */
  async recover(workers: Workers, threadsMax: number, inPlaceBytesMax = recoveredInPlaceBytesMax): Promise<void> {
    const { disk, clock, logger, defaultConfig } = this.#options;
    const { indexIntervalBytes } = defaultConfig;
    const limits = { threadsMax, inPlaceBytesMax };
    const options = { ...limits, workers, disk, clock, logger, indexIntervalBytes, recovered: this.#recovered };
    const unclean = this.#directories.online().filter(({ hadCleanShutdown }) => !hadCleanShutdown);
    const recoverOne = async (directory: LogDirectory): Promise<void> => {
      let found: readonly FoundLog[] = [];
      directory.guardUnlessShort(() => (found = this.#contentsOf(directory)));
      await recoverInThreads(directory, found, options);
    };
    // What lacks descriptors now, `load` comes to again.
    await Promise.all(unclean.map((each) => recoverOne(each).catch((error: unknown) => void DiskError.from(error))));
  }

  /**
   * Loads every log; after a crash with recovery.
   * @throws DiskError when a log is in two directories (EDUPLICATE), when all directories have failed (ENODIR), or for want of
   * descriptors
   */
  load(): void {
    try {
      for (const directory of this.#directories.online()) {
        // Before loading: a process that is killed while it loads may leave half of its repairs behind.
        if (directory.guardUnlessShort(() => directory.beginUse())) this.#loadLogs(directory);
      }
      if (this.#directories.online().length === 0) {
        const all = this.directories.join(", ");
        throw new DiskError("ENODIR", `Shutdown broker because all log dirs in ${all} have failed`);
      }
    } catch (error) {
      this.#isClosed = true;
      this.#directories.release();
      throw error;
    }
    this.#recovered.clear();
    this.#contents.clear();
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
    return this.#directories
      .online()
      .map(({ id }) => id)
      .filter((id) => id !== undefined);
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

  futures(): Iterable<Log> {
    return this.#logs.futures.values();
  }

  /** Has the partition's log made in that directory when the partition comes to this broker. */
  prefer(topic: string, partition: number, directory: string): void {
    const name = partitionDirectoryName(topic, partition);
    const isThere = [this.#logs.current.get(name), this.#logs.futures.get(name)].some(
      (log) => log !== undefined && this.#logs.directoryOf(log)?.path === directory,
    );
    if (!isThere) this.#newLogs.prefer(name, directory);
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
    const name = partitionDirectoryName(topic, partition);
    const own = { topic, partition, topicId, config, logStartOffset: 0, recoveryPoint: 0 };
    for (let assigned = assignedDirectory; ; assigned = undefined) {
      const made = this.#newLogs.take(name, topicId);
      // It comes back with that directory, and must not lie in another one too by then.
      if (made?.isOnline === false) return undefined;
      const directory = made ?? this.#newLogs.directoryFor(name, assigned);
      if (directory === undefined) return undefined;
      const isMade = made !== undefined;
      const log = this.#make(directory, { ...own, dir: `${directory.path}/${name}`, isMade });
      if (log === undefined) continue;
      this.#logs.current.set(name, log);
      this.#newLogs.settled(name);
      return log;
    }
  }

  /**
   * Begins the future log of a partition in another directory; undefined when that fails, or when some directory is
   * offline: there may be a future log already.
   * @throws DiskError when the system is short of descriptors or memory: nothing of it is left
   */
  createFuture(current: Log, path: string): Log | undefined {
    try {
      const directory = this.#directories.findOnline(path);
      if (directory === undefined || this.#directories.hasOffline) return undefined;
      const { topic, partition, topicId, config } = current;
      const dir = `${directory.path}/${renamedDirectoryName(topic, partition, "future", this.#options.random)}`;
      const own = { dir, topic, partition, config, logStartOffset: 0, recoveryPoint: 0 };
      // What fails, fails before there is a copy that nobody moves.
      if (!current.storage.attempt(() => current.storage.cleaning?.abort())) return undefined;
      const log = this.#make(directory, topicId === undefined ? own : { ...own, topicId });
      if (log === undefined) return undefined;
      this.#logs.futures.set(log.name, log);
      this.#noteCompaction(current, log);
      return log;
    } finally {
      // What was asked for holds for this move, and not for a later topic of that name.
      this.#newLogs.settled(current.name);
    }
  }

  /** Makes of a future log that was found at the start a copy that can go on to follow `current`. */
  resumeFuture(current: Log, future: Log): void {
    const isCompactedAlike = future.cleanedOffset === current.cleanedOffset;
    // Its beginning may have failed before it said whose it is.
    if (current.topicId !== undefined) future.assignTopicId(current.topicId);
    future.updateConfig(current.config);
    future.settleRecovery(true);
    // While the copy's directory was offline nothing kept the cleaner off the log. What is gone from there, perhaps with the
    // tombstone that told of it, must not come back from here.
    if (!isCompactedAlike) future.truncateFullyAndStartAt(current.logStartOffset);
    this.#noteCompaction(current, future);
  }

  #noteCompaction(current: Log, future: Log): void {
    if (future.cleanedOffset === current.cleanedOffset) return;
    future.storage.cleanedOffset = current.cleanedOffset;
    this.#logs.directoryOf(future)?.checkpoints.writeInBackground("cleaned");
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
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#upkeep.close();
    this.#removals.close();
    // Nothing was in order yet.
    if (!this.#isLoaded) return this.#directories.release();
    this.#directories.close(brokerEpoch);
  }

  #contentsOf(directory: LogDirectory): readonly FoundLog[] {
    const { disk, excluded, logger } = this.#options;
    const contents = this.#contents.get(directory) ?? directoryContents(directory, excluded, disk, logger);
    this.#contents.set(directory, contents);
    return contents;
  }

  #loadLogs(directory: LogDirectory): void {
    const { logger, defaultConfig } = this.#options;
    directory.guardUnlessShort(() => {
      for (const found of this.#contentsOf(directory)) {
        const { dir, kind } = found;
        if (kind === "stray") {
          logger.warn({ directory: dir }, "A stray log lies here: remove it when it is not needed");
        } else if (kind === "delete") {
          this.#removals.add((remove) => remove(dir), defaultConfig.fileDeleteDelayMs);
        } else {
          this.#loadLog(directory, found, kind);
        }
        // The rest of a directory that failed is out of reach.
        if (!directory.isOnline) return;
      }
    });
  }

  #loadLog(directory: LogDirectory, found: FoundLog, kind: Exclude<DirectoryKind, "delete" | "stray">): void {
    const { name, dir } = found;
    const recovered = this.#recovered.get(dir);
    if (!directory.hadCleanShutdown) this.#options.logger.debug({ log: name }, "Recovering the log");
    const log = this.#open(directory, {
      ...found,
      recovered,
      config: this.#options.defaultConfig,
      isConfigKnown: false,
    });
    if (log === undefined) return;
    const others = kind === "future" ? this.#logs.futures : this.#logs.current;
    const other = others.get(name);
    if (other === undefined) others.set(name, log);
    else if (kind === "future" || areRivals(log, other)) throw duplicateLogs(log, other);
    else this.#logs.rivals.add(log);
  }

  /** As `#open`, of a new one. */
  #make(directory: LogDirectory, own: NewLog): Log | undefined {
    try {
      return this.#open(directory, own, true);
    } catch (error) {
      if (error instanceof DiskError && error.isShortage) this.#relocation.discardFiles(directory, own, own.dir);
      throw error;
    }
  }

  /**
   * Undefined when the disk fails, which takes the directory offline.
   * @throws DiskError when the system is short of descriptors or memory
   */
  #open(directory: LogDirectory, own: NewLog, isNew = false): Log | undefined {
    const { disk, clock, random, logger, writeQueue, producerSettings } = this.#options;
    let log: Log | undefined;
    directory.guardUnlessShort(() => {
      if (isNew) directory.checkpoints.forget(partitionDirectoryName(own.topic, own.partition));
      log = Log.open({
        ...own,
        disk,
        clock,
        logger,
        writeQueue,
        hadCleanShutdown: isNew || directory.hadCleanShutdown,
        ...(producerSettings === undefined ? {} : { producerSettings }),
        draw: () => random.float(),
        onDiskError: (error) => directory.fail(error),
        beforeCut: (cut) => directory.checkpoints.beforeCut(cut),
      });
      log.highWatermark = own.highWatermark ?? 0;
      this.#logs.place(log, directory);
    });
    return directory.isOnline ? log : undefined;
  }

  /** Its logs are out of reach; a topic that comes anew under one of their names may be somewhere else. */
  #onFailed(directory: LogDirectory, isLast: boolean): void {
    if (this.#isLoaded) this.#options.onDirectoryFailed(directory.path, isLast);
    for (const log of directory.logs) this.#logs.forget(log);
  }
}
