import { type BufferPool } from "../base/buffer-pool.ts";
import { type LeaderEpoch, type Offset, type TimestampMs, type Uuid } from "../base/brand.ts";
import { type Compute } from "../io/ports.ts";
import { type AppendFailure, type AppendOrigin, type AppendResult, type AppendTransaction } from "./append-result.ts";
import { type LeaderEpochCache } from "./leader-epoch-cache.ts";
import { type LogConfig } from "./log-config.ts";
import { LogAppender } from "./log-appender.ts";
import { abandon, closeInOrder, goOffline, stopServing } from "./log-ending.ts";
import { bareTailBytesMaxDefault, LogFlusher } from "./log-flusher.ts";
import { type FileReadAllowance } from "./reading/file-read-allowance.ts";
import { LogLookup, type StorageError } from "./reading/log-lookup.ts";
import { LogReader, type ReadResult } from "./reading/log-reader.ts";
import { LogStorage, type LogStorageOptions } from "./log-storage.ts";
import { LogWriter } from "./log-writer.ts";
import { type ProducerState } from "./producers/producer-state.ts";
import { type RemoveLater } from "./removal.ts";
import { deleteOldSegments } from "./retention.ts";
import { type TimestampedOffset } from "./reading/timestamp-search.ts";
import { type AbortedTransaction } from "./segment/transaction-index.ts";
import { LogTruncation } from "./truncation.ts";
import { type WriteQueue } from "./write-queue.ts";

export interface LogOptions extends LogStorageOptions {
  readonly writeQueue: WriteQueue;
  /** So much at the log's end recovery may have to read although it is durable: for less no files are made that spare it that. */
  readonly bareTailBytesMax?: number | undefined;
  /** Something is about to be cut off: a recovery point that is written down may lie behind the log's own. */
  readonly beforeCut?: (log: Log) => void;
}

/**
 * One partition's log in one directory.
 *
 *     logStartOffset   recoveryPoint      highWatermark   writtenOffset   logEndOffset
 *          |  flushed       |   page cache      |  not committed |  this turn's  |
 *
 * Append means ordered, written means that the operating system has it (it may be read and acknowledged; with
 * `flush.messages` not before it is flushed), flushed means durable. After a disk error every call that would rely on the
 * disk answers KAFKA_STORAGE_ERROR.
 */
export class Log {
  readonly topic: string;
  readonly partition: number;
  /** As messages name the partition: "topic-0". */
  readonly name: string;
  readonly leaderEpochs: LeaderEpochCache;
  readonly producerState: ProducerState;
  /** Where it reads into. */
  readonly buffers: BufferPool;

  readonly #storage: LogStorage;
  readonly #flusher: LogFlusher;
  readonly #writer: LogWriter;
  readonly #appender: LogAppender;
  readonly #reader: LogReader;
  readonly #lookup: LogLookup;
  readonly #truncation: LogTruncation;
  #highWatermark: Offset;

  private constructor(options: LogOptions) {
    const { writeQueue } = options;
    this.topic = options.topic;
    this.partition = options.partition;
    this.buffers = writeQueue.bufferPool;
    this.#storage = new LogStorage(options, writeQueue);
    this.name = this.#storage.name;
    this.leaderEpochs = this.#storage.leaderEpochs;
    this.producerState = this.#storage.producerState;
    const recoveryPoint = options.hadCleanShutdown ? Infinity : options.recoveryPoint;
    const { bareTailBytesMax = bareTailBytesMaxDefault } = options;
    this.#flusher = new LogFlusher(this.#storage, recoveryPoint, () => this.#writer.handOver(), bareTailBytesMax);
    this.#writer = new LogWriter(this.#storage, this.#flusher, writeQueue);
    this.#appender = new LogAppender(this.#storage, this.#flusher, this.#writer);
    this.#reader = new LogReader(this.#storage, this.buffers, writeQueue.readAhead);
    this.#lookup = new LogLookup(this.#storage, this.#writer, writeQueue);
    this.#truncation = new LogTruncation(this.#storage, this.#flusher, {
      beforeCut: () => options.beforeCut?.(this),
      // It lies within the log again.
      afterCut: () => (this.highWatermark = this.#highWatermark),
    });
    this.#highWatermark = this.#storage.startOffset;
  }

  /** Opens what is in the directory, after a crash with recovery; synchronous, since it happens before anyone is served. */
  static open(options: LogOptions): Log {
    return new Log(options);
  }

  get dir(): string {
    return this.#storage.directory.path;
  }

  /** The log was compacted up to here; undefined when it never was. */
  get cleanedOffset(): Offset | undefined {
    return this.#storage.cleanedOffset;
  }

  /** For those who look after it: cleaner, checkpoints, copies, the repair of indexes. */
  get storage(): LogStorage {
    return this.#storage;
  }

  get topicId(): Uuid | undefined {
    return this.#storage.partitionMetadata.topicId;
  }

  /** Notes which topic the log belongs to, unless that is known; at the latest with the first record. */
  assignTopicId(topicId: Uuid): void {
    this.#storage.attempt(() => this.#storage.partitionMetadata.assign(topicId));
  }

  get config(): LogConfig {
    return this.#storage.config;
  }

  updateConfig(config: LogConfig): void {
    this.#storage.configure(config);
  }

  get logStartOffset(): Offset {
    return this.#storage.startOffset;
  }

  get logEndOffset(): Offset {
    return this.#storage.endOffset;
  }

  get writtenOffset(): Offset {
    return this.#storage.writtenOffset;
  }

  /** Bytes that count as written since the log was opened: a measure of progress that goes with `writtenOffset`. */
  get writtenBytes(): number {
    return this.#writer.writtenBytes;
  }

  /** What lies before it is durable, although recovery may begin earlier: not every index is. */
  get flushedOffset(): Offset {
    return this.#flusher.flushedOffset;
  }

  /** Where recovery has to start: it takes the segments that end before it, and their indexes, as they are. */
  get recoveryPoint(): Offset {
    return this.#flusher.recoveryPoint;
  }

  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  set highWatermark(offset: Offset) {
    this.#highWatermark = Math.min(Math.max(offset, this.logStartOffset), this.logEndOffset);
    this.producerState.transactions.onHighWatermark(this.#highWatermark);
  }

  get lastStableOffset(): Offset {
    const unstable = this.producerState.transactions.firstUnstableOffset;
    // The records that an open transaction began with may have been deleted.
    return unstable < 0 ? this.#highWatermark : Math.min(Math.max(unstable, this.logStartOffset), this.#highWatermark);
  }

  get sizeBytes(): number {
    return this.#storage.segments.sizeBytes();
  }

  /** The bases and sizes of the segments, the active one last. */
  segmentSizes(): { readonly baseOffset: Offset; readonly sizeBytes: number }[] {
    return this.#storage.segments.all().map(({ baseOffset, sizeBytes }) => ({ baseOffset, sizeBytes }));
  }

  get isOffline(): boolean {
    return this.#storage.isOffline;
  }

  /** Called at the end of a turn in which something was written. */
  set onWritten(callback: () => void) {
    this.#writer.onWritten = callback;
  }

  /**
   * Appends the one batch that `records` begins with, in one synchronous stretch: its offsets and leader epoch are written
   * into `records`, then the bytes are copied. A repetition of an idempotent producer's batch is answered with where the
   * first one stands.
   */
  appendAsLeader(
    records: Buffer,
    leaderEpoch: LeaderEpoch,
    origin: AppendOrigin,
    nowMs: TimestampMs,
    transaction?: AppendTransaction,
  ): AppendResult {
    return this.#appender.appendAsLeader(records, leaderEpoch, origin, nowMs, transaction);
  }

  /** Appends batches as the leader has them; their offsets must be at or behind the log's end. */
  appendAsFollower(records: Buffer): AppendFailure | null {
    return this.#appender.appendAsFollower(records);
  }

  /**
   * Starts a new segment at the log's end; false when the disk failed. The old one is flushed in the background.
   */
  roll(): boolean {
    return this.#appender.roll(this.logEndOffset);
  }

  /** Hands what was appended to the operating system now, without waiting for the turn's end. */
  writePending(): void {
    this.#writer.writePending();
  }

  /** A thread is writing to the log, which must not be cut meanwhile. */
  get isWriting(): boolean {
    return this.#storage.writeBehind.isWriting;
  }

  /** Whether there are bytes that the operating system does not have. */
  get hasUnwritten(): boolean {
    return this.#storage.writeBehind.sizeBytes > 0;
  }

  /** Resolves when no thread is writing to the log any more, until something is appended again: due before it is cut. */
  settle(): Promise<void> {
    return this.#writer.settle();
  }

  /** Notes that `epoch` starts at the log's end: followers that truncate rely on that before its records. */
  beginEpoch(epoch: LeaderEpoch): void {
    this.leaderEpochs.assign(epoch, this.logEndOffset);
  }

  /**
   * Whole batches from the one that holds `startOffset`, none with records at or behind `upperBound`. With an allowance
   * they lie in memory that is to be given back to `buffers` when nobody reads it any more.
   */
  read(
    startOffset: Offset,
    maxBytes: number,
    upperBound: Offset,
    minOneBatch: boolean,
    allowance?: FileReadAllowance,
  ): ReadResult {
    return this.#reader.read(startOffset, maxBytes, upperBound, minOneBatch, allowance);
  }

  /** The aborted transactions that a reader of `[startOffset, endOffset)` has to leave out, by their markers. */
  abortedTransactions(startOffset: Offset, endOffset: Offset): AbortedTransaction[] | StorageError {
    return this.#lookup.abortedTransactions(startOffset, endOffset);
  }

  /** The first record that is not older than `timestamp`; undefined when there is none. */
  offsetForTimestamp(timestamp: TimestampMs, compute: Compute): Promise<TimestampedOffset | StorageError | undefined> {
    return this.#lookup.offsetForTimestamp(timestamp, compute);
  }

  /** The first record with the largest timestamp; undefined when none has one. */
  offsetOfMaxTimestamp(compute: Compute): Promise<TimestampedOffset | StorageError | undefined> {
    return this.#lookup.offsetOfMaxTimestamp(compute);
  }

  /** Makes everything appended before the call durable; resolves when it is. Rejects when the disk failed. */
  flush(): Promise<void> {
    return this.#flusher.flush();
  }

  /** Called once a second: whether `advanceRecoveryPoint` is due. */
  tick(): boolean {
    return this.#storage.isUsable && this.#flusher.tick();
  }

  /**
   * Does off the event loop what `close` would otherwise have to do; nothing more is appended. A failing disk does not reject
   * it.
   * @throws DiskError when the system is short of descriptors: it is worth another try
   */
  async prepareClose(): Promise<void> {
    if (this.#storage.isUsable) await this.#flusher.prepareClose();
  }

  /** Flushes in the background, so that recovery has little to read; a failing disk does not reject it. */
  advanceRecoveryPoint(): Promise<void> {
    return this.#flusher.advanceRecoveryPoint();
  }

  /** Flushes when `flush.ms` have passed since the last time. */
  flushIfDue(): void {
    this.#flusher.flushIfDue();
  }

  /** Moves the log's start up to `offset`, at most to the high watermark; what lies before can no longer be read. */
  maybeIncrementLogStartOffset(offset: Offset): boolean {
    const target = Math.min(offset, this.#highWatermark);
    if (target <= this.logStartOffset) return false;
    this.#storage.startOffset = target;
    this.leaderEpochs.truncateFromStart(target);
    return true;
  }

  /**
   * Takes the segments out of the log that retention has no use for, and returns how many; when they are
   * `deletedAtOnceMax`, there may be more. The files go after `file.delete.delay.ms`, through `removeLater`.
   */
  deleteOldSegments(nowMs: TimestampMs, removeLater: RemoveLater): number {
    const storage = this.#storage;
    // A copy counts as committed what its source has committed, and may not have written it yet.
    const committedOffset = Math.min(this.#highWatermark, storage.writtenOffset);
    const count = deleteOldSegments(storage, this.#appender, committedOffset, nowMs, removeLater);
    if (count > 0) this.maybeIncrementLogStartOffset(storage.segments.first.baseOffset);
    return count;
  }

  /** Nothing is left that `settleRecovery` has to decide; until then only another recovery finds it. */
  get isSettled(): boolean {
    return this.#storage.holes.length === 0;
  }

  /**
   * Decides what recovery has left open. To be called once when the topic's configuration is known, before anybody is served.
   *
   * @param isCopy of a log that has what is cut here: then it is cut at what may have been compacted away, too
   * @throws DiskError when the system is short of descriptors or memory: it is to be called again then
   */
  settleRecovery({ isCopy } = { isCopy: false }): void {
    if (this.#storage.isUsable) this.#truncation.cutAtHole(isCopy);
    // What a killed process left is in the page cache alone. A repeated batch of it is acknowledged from now on, and nothing
    // else would flush it: with `flush.messages` no more may be lost of it than of what is appended.
    if (this.#storage.isUsable) this.#flusher.settleRecovery();
  }

  /**
   * Cuts everything at and behind `offset`.
   * @throws DiskError when the system is short of descriptors or memory: the log is as it was
   */
  truncateTo(offset: Offset): void {
    if (this.#storage.isUsable) this.#truncation.truncateTo(offset);
  }

  /** Empties the log and lets it go on at `offset`; as `truncateTo`. */
  truncateFullyAndStartAt(offset: Offset): void {
    if (this.#storage.isUsable) this.#truncation.startAt(offset);
  }

  /** Frees memory and descriptors of segments that nobody used for a while. */
  releaseIdle(): void {
    const { segments } = this.#storage;
    this.#storage.guard(() => {
      for (const segment of segments.all()) if (segment !== segments.active) segment.releaseIfUnused();
    });
  }

  /**
   * Flushes, so that the next start needs no recovery, and closes the files. Throws when the disk fails; where the system is
   * short of descriptors it may be called again.
   */
  close(): void {
    closeInOrder(this.#storage, this.#flusher);
  }

  /** Moves the directory aside under another name and stops serving it; the caller then deletes the files. */
  moveAside(directory: string): void {
    this.abandon();
    this.#storage.moveTo(directory);
  }

  /** As `moveAside`, with the renaming off the event loop. */
  moveAsideAsync(directory: string): Promise<void> {
    this.abandon();
    return this.#storage.moveToAsync(directory);
  }

  /** Stops serving it as it is: what was not written is lost. */
  abandon(): void {
    abandon(this.#storage);
  }

  /** Gives the directory another name and goes on serving it. Throws when the disk fails. */
  rename(directory: string): void {
    this.#storage.cleaning?.abort();
    this.#storage.moveTo(directory);
  }

  /** Forgets the newest bytes, which the operating system has, so that they take no memory from other logs. */
  releaseTail(): void {
    if (this.writtenOffset === this.logEndOffset) this.#storage.tail.clear();
  }

  /** Its log directory failed elsewhere: nothing here is relied on any more. `goOffline` is to follow, in a turn to come. */
  stopServing(): void {
    stopServing(this.#storage);
  }

  /** As `stopServing`, and closes the files: the volume can be taken away. */
  goOffline(): void {
    goOffline(this.#storage);
  }
}
