import { type Uuid } from "../base/brand.ts";
import { type Clock, DiskError, type Logger, type TimerHandle, type Timers } from "../io/ports.ts";
import { futureDirectoryNameFits } from "../log/log-files.ts";
import { type Log } from "../log/log.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import { type ErrorCode, errorName, Errors } from "../protocol/errors.ts";
import { ByteThrottle } from "./byte-throttle.ts";
import { MovingCopy } from "./moving-copy.ts";
import { type Partition } from "./partition.ts";
import { type MoveSurroundings, ReplicaMove } from "./replica-move.ts";

/** Has the metadata say in which directory of this broker a replica is. */
export type AssignDirectory = (topicId: Uuid, partition: number, directoryId: Uuid, onAccepted: () => void) => void;

export interface ReplicaMovesOptions {
  readonly logManager: LogManager;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly assignDirectory: AssignDirectory;
  /** `replica.alter.log.dirs.io.max.bytes.per.second`, as it is now. */
  readonly bytesPerSecond: () => number;
  readonly isCordoned: (directory: string) => boolean;
}

/** One step of a copy: little enough that a produce that waits for it does not notice. */
const stepBytes = 131_072;
const retryMs = 1_000;

/**
 * The replicas of this broker that move from one of its log directories to another. They take turns, one step a turn of
 * the event loop, and share one throttle.
 */
export class ReplicaMoves {
  readonly #options: ReplicaMovesOptions;
  readonly #moves = new Map<Partition, ReplicaMove>();
  readonly #active: ReplicaMove[] = [];
  readonly #throttle: ByteThrottle;
  readonly #surroundings: MoveSurroundings;
  #timer: TimerHandle | undefined;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: ReplicaMovesOptions) {
    this.#options = options;
    this.#throttle = new ByteThrottle(options.clock.monotonicMs());
    const { logManager, assignDirectory } = options;
    this.#surroundings = {
      assign: ({ topicId, index }, directoryId, onAccepted) => assignDirectory(topicId, index, directoryId, onAccepted),
      directoryIdOf: (log) => logManager.directoryOf(log)?.id,
      resume: ({ log }, future) => logManager.resumeFuture(log, future),
      promote: (partition, future) => this.#promote(partition, future),
      wake: (move) => this.#activate(move),
    };
  }

  get count(): number {
    return this.#moves.size;
  }

  /**
   * Begins to move a replica to another directory, or to bring it there when it comes to this broker, and returns the
   * error that Kafka gives. A move to elsewhere that is under way ends.
   */
  alter(topic: string, index: number, partition: Partition | undefined, path: string): ErrorCode {
    const { logManager, logger } = this.#options;
    if (!futureDirectoryNameFits(topic, index)) return Errors.INVALID_TOPIC_EXCEPTION;
    if (!logManager.directories.includes(path)) return Errors.LOG_DIR_NOT_FOUND;
    if (!logManager.isOnline(path)) return Errors.KAFKA_STORAGE_ERROR;
    if (this.#options.isCordoned(path)) return Errors.INVALID_REPLICA_ASSIGNMENT;
    if (partition?.isOffline) return Errors.KAFKA_STORAGE_ERROR;
    if (partition !== undefined) {
      const future = this.#moves.get(partition)?.future;
      if (future !== undefined && logManager.directoryOf(future)?.path !== path) this.cancel(partition);
    }
    logManager.prefer(topic, index, path);
    if (partition === undefined) return Errors.REPLICA_NOT_AVAILABLE;
    if (this.#moves.has(partition) || logManager.directoryOf(partition.log)?.path === path) return Errors.NONE;
    const future = this.#createFuture(partition.log, path);
    if (future === undefined) return Errors.KAFKA_STORAGE_ERROR;
    logger.info({ log: future.name, from: partition.log.dir, to: future.dir }, "Moving a replica to another directory");
    this.#begin(partition, future);
    return Errors.NONE;
  }

  /** The client is to try again when the system is short of something. */
  #createFuture(log: Log, path: string): Log | undefined {
    const { logManager, logger } = this.#options;
    try {
      return logManager.createFuture(log, path);
    } catch (thrown) {
      const error = DiskError.from(thrown);
      logger.warn({ error, log: log.name }, "The replica's copy could not be made");
      return undefined;
    }
  }

  /** The partition's move has told the controller where the replica is going to be, and tells it what comes of that. */
  hasAssigned(partition: Partition): boolean {
    return this.#moves.get(partition)?.hasAssigned === true;
  }

  /** Goes on with the move that a restart interrupted, if there was one. */
  resume(partition: Partition): void {
    const future = this.#options.logManager.future(partition.topic, partition.index);
    if (future === undefined || this.#moves.has(partition)) return;
    if (future.topicId !== undefined && future.topicId !== partition.topicId) return;
    this.#begin(partition, future);
  }

  /** Ends a move, if there is one, and deletes the copy. */
  cancel(partition: Partition): void {
    const move = this.#end(partition);
    if (move === undefined) return;
    move.cancel();
    this.#options.logManager.delete(move.future);
  }

  /** A directory failed: what moves from or to it stays where it is. */
  onDirectoryFailed(path: string): void {
    for (const [partition, move] of this.#moves) {
      const { dir } = partition.log;
      if (!dir.startsWith(`${path}/`) && !move.future.dir.startsWith(`${path}/`)) continue;
      this.#end(partition);
      move.cancel();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#active.length = 0;
    this.#moves.clear();
  }

  #begin(partition: Partition, future: Log): void {
    const move = new ReplicaMove(partition, future, this.#surroundings);
    this.#moves.set(partition, move);
    partition.copy = new MovingCopy(future);
    this.#activate(move);
  }

  #end(partition: Partition): ReplicaMove | undefined {
    const move = this.#moves.get(partition);
    if (move === undefined) return undefined;
    this.#moves.delete(partition);
    const { copy } = partition;
    partition.copy = undefined;
    copy?.deletedBefore(partition.lowWatermark);
    const index = this.#active.indexOf(move);
    if (index >= 0) this.#active.splice(index, 1);
    return move;
  }

  #activate(move: ReplicaMove): void {
    if (this.#isClosed || this.#moves.get(move.partition) !== move || this.#active.includes(move)) return;
    this.#active.push(move);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed || this.#active.length === 0) return;
    const { clock, timers, bytesPerSecond } = this.#options;
    this.#isScheduled = true;
    const run = (): void => {
      this.#isScheduled = false;
      this.#turn();
    };
    const waitMs = this.#throttle.waitMs(clock.monotonicMs(), bytesPerSecond());
    // At most a second: the rate may be raised meanwhile.
    if (waitMs > 0) this.#timer = timers.after(Math.min(waitMs, retryMs), run);
    else timers.endOfTurn(run);
  }

  #turn(): void {
    const { clock, bytesPerSecond } = this.#options;
    const mayCopy = this.#throttle.waitMs(clock.monotonicMs(), bytesPerSecond()) === 0;
    const move = mayCopy && !this.#isClosed ? this.#active.shift() : undefined;
    if (move !== undefined) this.#step(move);
    this.#schedule();
  }

  #step(move: ReplicaMove): void {
    const { logger, timers } = this.#options;
    const log = move.future.name;
    const { partition } = move;
    const progress = move.step(stepBytes, (bytes) => this.#throttle.spend(bytes));
    partition.copy?.deletedBefore(partition.lowWatermark);
    if (progress === "going on") this.#activate(move);
    if (progress === "done") logger.info({ log, directory: move.future.dir }, "The replica has moved");
    if (progress === "done" || progress === "failed") this.#end(partition);
    if (progress === "failed") move.cancel();
    if (progress !== "stuck") return;
    logger.error({ log, error: errorName(move.lastError) }, "The replica cannot be copied; trying again");
    timers.after(retryMs, () => this.#activate(move));
  }

  #promote(partition: Partition, future: Log): boolean {
    if (!this.#options.logManager.promoteFuture(partition.topic, partition.index)) return false;
    partition.replaceLog(future);
    return true;
  }
}
