import {
  type LeaderEpoch,
  type NodeId,
  type Offset,
  type ProducerEpoch,
  type ProducerId,
  type TimestampMs,
  type Uuid,
} from "../base/brand.ts";
import { type AppendOrigin, appendFailure, type AppendResult, type AppendTransaction } from "../log/append-result.ts";
import { type EpochEndOffset } from "../log/leader-epoch-cache.ts";
import { type Log } from "../log/log.ts";
import { type VerificationGuard } from "../log/producers/verification-guard.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { highWatermarkOf } from "./high-watermark.ts";
import { type MovingCopy } from "./moving-copy.ts";
import { type OffsetWaiter, OffsetWaiters } from "./offset-waiters.ts";

/** A parked fetch that looks at this partition. */
export interface ProgressWatcher {
  /** More can be read than before, or the partition went away. Called at the end of a turn, never within an append. */
  onProgress(partition: Partition): void;
}

/** What became of a wish to delete the records before an offset. */
export interface DeletedRecords {
  readonly errorCode: ErrorCode;
  /** Up to where they are gone wherever they lay; -1 with an error. */
  readonly lowWatermark: Offset;
  /** Up to where they are meant to go. */
  readonly requiredOffset: Offset;
}

/** How far a reader may see. */
export type ReadBound = "logEnd" | "highWatermark" | "lastStable";

/**
 * One partition that has a replica on this broker. Who leads it and who is in sync comes from the metadata; how far the
 * records are committed is decided here.
 */
export class Partition {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly index: number;
  /** The current one: another when the replica has moved to another directory. */
  log: Log;
  /** Of the log, while the replica moves to another directory. */
  copy: MovingCopy | undefined = undefined;

  readonly #brokerId: NodeId;
  /** What `readableBytes` were more than `log` counts, when it took the place of another. */
  #earlierBytes = 0;
  #registration: PartitionRegistration;
  #offlineError: ErrorCode = Errors.NONE;
  readonly #written = new OffsetWaiters();
  readonly #committed = new OffsetWaiters();
  readonly #watchers = new Set<ProgressWatcher>();

  constructor(
    brokerId: NodeId,
    topic: string,
    topicId: Uuid,
    index: number,
    log: Log,
    registration: PartitionRegistration,
  ) {
    this.#brokerId = brokerId;
    this.topic = topic;
    this.topicId = topicId;
    this.index = index;
    this.log = log;
    this.#registration = registration;
    log.onWritten = () => this.#onWritten();
  }

  /** Its directory failed, or it is not served here any more. */
  get isOffline(): boolean {
    return this.#offlineError !== Errors.NONE;
  }

  /** Goes on with a copy of the log that has everything and lies in another directory. */
  replaceLog(log: Log): void {
    this.log.onWritten = () => {};
    log.onWritten = () => this.#onWritten();
    this.#earlierBytes = this.readableBytes - log.writtenBytes;
    this.log = log;
  }

  get leaderEpoch(): LeaderEpoch {
    return this.#registration.leaderEpoch;
  }

  get leaderId(): NodeId {
    return this.#registration.leader;
  }

  get isLeader(): boolean {
    return this.#registration.leader === this.#brokerId;
  }

  get registration(): PartitionRegistration {
    return this.#registration;
  }

  get highWatermark(): Offset {
    return this.log.highWatermark;
  }

  /**
   * Bytes written since this broker hosts the partition; a measure of progress, not a position. What this turn has
   * appended, or waits for a flush, is not in it yet: a fetch that comes before must see it as news afterwards.
   */
  get readableBytes(): number {
    return this.#earlierBytes + this.log.writtenBytes;
  }

  /** Another broker that the metadata lists as a replica. */
  hasFollower(id: NodeId): boolean {
    return id !== this.#brokerId && this.#registration.replicas.includes(id);
  }

  /** Takes over what the metadata says now. */
  update(registration: PartitionRegistration): void {
    const wasLeader = this.isLeader;
    const before = this.#registration;
    this.#registration = registration;
    if (this.isLeader && (!wasLeader || registration.leaderEpoch > before.leaderEpoch)) this.#becomeLeader();
    else if (wasLeader && !this.isLeader) this.#failWaiters(Errors.NOT_LEADER_OR_FOLLOWER);
    else if (this.isLeader) this.#advanceHighWatermark();
  }

  /** Call once when the partition has been set up and this broker may lead it. */
  start(): void {
    if (this.isLeader) this.#becomeLeader();
  }

  #becomeLeader(): void {
    this.log.beginEpoch(this.leaderEpoch);
    this.#advanceHighWatermark();
  }

  /**
   * Appends one batch as the leader. The records are ordered when this returns; they may be acknowledged when a waiter on
   * the offset behind them is told.
   */
  appendAsLeader(
    records: Buffer,
    origin: AppendOrigin,
    nowMs: TimestampMs,
    transaction?: AppendTransaction,
  ): AppendResult {
    const error = this.leaderError(-1);
    if (error !== Errors.NONE) return appendFailure(error, null);
    return this.log.appendAsLeader(records, this.leaderEpoch, origin, nowMs, transaction);
  }

  /**
   * Before a transactional batch is appended: what has to be shown with it once the coordinator has confirmed that the
   * partition belongs to the transaction; null when the transaction goes on here, or the error that speaks against it.
   */
  startVerification(
    producerId: ProducerId,
    epoch: ProducerEpoch,
    sequence: number,
    bumpsEpoch: boolean,
    nowMs: TimestampMs,
  ): VerificationGuard | null | ErrorCode {
    const error = this.leaderError(-1);
    if (error !== Errors.NONE) return error;
    return this.log.producerState.startVerification(producerId, epoch, sequence, bumpsEpoch, nowMs);
  }

  /** Whether acks=all can be promised at the moment. */
  hasEnoughInSync(minInSyncReplicas: number): boolean {
    // The leader alone can always be required: a minimum beyond the replicas would make the topic read-only.
    return this.#registration.isr.length >= Math.min(minInSyncReplicas, this.#registration.replicas.length);
  }

  /**
   * Why the leader of `currentLeaderEpoch` (-1: whoever leads) cannot be asked here; NONE when it can.
   * `FENCED_LEADER_EPOCH` is an older epoch than this broker's, `UNKNOWN_LEADER_EPOCH` a newer one.
   */
  leaderError(currentLeaderEpoch: LeaderEpoch): ErrorCode {
    if (this.#offlineError !== Errors.NONE) return this.#offlineError;
    const epochError = this.epochError(currentLeaderEpoch);
    if (epochError !== Errors.NONE) return epochError;
    return this.isLeader ? Errors.NONE : Errors.NOT_LEADER_OR_FOLLOWER;
  }

  epochError(currentLeaderEpoch: LeaderEpoch): ErrorCode {
    if (currentLeaderEpoch === -1 || currentLeaderEpoch === this.leaderEpoch) return Errors.NONE;
    return currentLeaderEpoch < this.leaderEpoch ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
  }

  /** The offset that a reader stops before. */
  bound(bound: ReadBound): Offset {
    if (bound === "logEnd") return this.log.writtenOffset;
    return bound === "highWatermark" ? this.log.highWatermark : this.log.lastStableOffset;
  }

  endOffsetFor(epoch: LeaderEpoch): EpochEndOffset {
    return this.log.leaderEpochs.endOffsetFor(epoch);
  }

  /** Tells `waiter` when the operating system has the records before its offset (acks=1). */
  whenWritten(waiter: OffsetWaiter): void {
    if (this.log.writtenOffset >= waiter.requiredOffset) waiter.onReached();
    else this.#written.add(waiter);
  }

  /** Tells `waiter` when the in-sync replicas have the records before its offset (acks=all). */
  whenCommitted(waiter: OffsetWaiter): void {
    if (this.log.highWatermark >= waiter.requiredOffset) waiter.onReached();
    else this.#committed.add(waiter);
  }

  /** How many fetches wait for this partition. */
  get watcherCount(): number {
    return this.#watchers.size;
  }

  watch(watcher: ProgressWatcher): void {
    this.#watchers.add(watcher);
  }

  unwatch(watcher: ProgressWatcher): void {
    this.#watchers.delete(watcher);
  }

  /** Up to where records are deleted in the log and in its copy: either may be what is left of the replica. */
  get lowWatermark(): Offset {
    const { logStartOffset } = this.log;
    return this.copy === undefined ? logStartOffset : Math.min(logStartOffset, this.copy.log.logStartOffset);
  }

  /** Deletes records before `offset`; -1 stands for the high watermark. */
  deleteRecordsBefore(offset: Offset): DeletedRecords {
    const requiredOffset = offset === -1 ? this.log.highWatermark : offset;
    if (requiredOffset < 0 || requiredOffset > this.log.highWatermark) {
      return { errorCode: Errors.OFFSET_OUT_OF_RANGE, lowWatermark: -1, requiredOffset };
    }
    this.log.maybeIncrementLogStartOffset(requiredOffset);
    this.#notifyWatchers();
    return { errorCode: Errors.NONE, lowWatermark: this.lowWatermark, requiredOffset };
  }

  /** The partition's directory failed: nothing of it can be served until the broker restarts. */
  goOffline(): void {
    this.#offlineError = Errors.KAFKA_STORAGE_ERROR;
    this.#failWaiters(Errors.KAFKA_STORAGE_ERROR);
  }

  /** The partition is not served here any more; whoever waits, or still holds on to it, is told `errorCode`. */
  stop(errorCode: ErrorCode): void {
    this.#offlineError = errorCode;
    this.#failWaiters(errorCode);
  }

  #onWritten(): void {
    this.#written.reached(this.log.writtenOffset);
    if (this.isLeader) this.#advanceHighWatermark();
  }

  #advanceHighWatermark(): void {
    const { isr } = this.#registration;
    const { log } = this;
    log.highWatermark = highWatermarkOf(log.highWatermark, this.#brokerId, log.writtenOffset, isr, []);
    this.#committed.reached(log.highWatermark);
    this.#notifyWatchers();
  }

  #notifyWatchers(): void {
    // A watcher that is done leaves the set while it is walked, which a Set allows.
    for (const watcher of this.#watchers) watcher.onProgress(this);
  }

  #failWaiters(errorCode: ErrorCode): void {
    this.#written.failAll(errorCode);
    this.#committed.failAll(errorCode);
    this.copy?.failAll(errorCode);
    this.#notifyWatchers();
  }
}
