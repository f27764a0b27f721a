import { assert } from "../base/assert.ts";
import { type LeaderEpoch, type Offset, type TimestampMs, type Uuid } from "../base/brand.ts";
import { type Clock, type Compute, type Disk, type Logger } from "../io/ports.ts";
import { Errors } from "../protocol/errors.ts";
import { BatchView } from "../protocol/records/batch-header.ts";
import {
  type AppendFailure,
  appendFailure,
  type AppendOrigin,
  type AppendResult,
  type AppendSuccess,
} from "./append-result.ts";
import { LeaderEpochCache } from "./leader-epoch-cache.ts";
import { loadLog, restoreProducers, snapshotOffsets } from "./loader.ts";
import { type LogConfig } from "./log-config.ts";
import { readPartitionMetadata, syncPartitionMetadata, writePartitionMetadata } from "./partition-metadata.ts";
import { producerSnapshotPath, writeProducerSnapshot } from "./producer-snapshot.ts";
import { ProducerState } from "./producer-state.ts";
import { LogReader, type ReadResult } from "./log-reader.ts";
import { Segment, type SegmentPlace } from "./segment.ts";
import { type Segments } from "./segments.ts";
import { Tail } from "./tail-cache.ts";
import { offsetForTimestamp, offsetOfMaxTimestamp, type TimestampedOffset } from "./timestamp-search.ts";
import { type AbortedTransaction } from "./transaction-index.ts";
import { checkBatch, holdsBatch } from "./validator.ts";
import { type Writable, type WriteQueue } from "./write-queue.ts";

export interface LogOptions {
  /** The partition's directory, created when missing. */
  readonly dir: string;
  readonly topic: string;
  readonly partition: number;
  /** Written to `partition.metadata` when that has none. */
  readonly topicId?: Uuid;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly config: LogConfig;
  readonly logStartOffset: Offset;
  readonly recoveryPoint: Offset;
  readonly hadCleanShutdown: boolean;
  readonly writeQueue: WriteQueue;
  readonly logger: Logger;
  /** A random number in [0, 1), for the jitter of rolls. */
  readonly draw: () => number;
  /** A write or fsync failed: the directory can no longer be trusted. */
  readonly onDiskError: (error: unknown) => void;
}

/**
 * One partition's log in one directory.
 *
 *     logStartOffset   recoveryPoint      highWatermark   writtenOffset   logEndOffset
 *          |  flushed       |   page cache      |  not committed |  this turn's  |
 *
 * Append means ordered, written means that the operating system has it (it may be read and acknowledged), flushed means
 * durable. After a disk error every call that would rely on the disk answers KAFKA_STORAGE_ERROR.
 */
export class Log implements Writable {
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpochs: LeaderEpochCache;
  readonly producerState: ProducerState;
  /** Called at the end of a turn in which something was written. */
  onWritten: () => void = doNothing;

  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #draw: () => number;
  readonly #onDiskError: (error: unknown) => void;
  readonly #writeQueue: WriteQueue;
  readonly #segments: Segments;
  readonly #tail: Tail;
  readonly #reader: LogReader;
  #topicId: Uuid | undefined;
  #isTopicIdSynced = true;
  #dir: string;
  #config: LogConfig;
  #logStartOffset: Offset;
  #logEndOffset: Offset;
  #writtenOffset: Offset;
  #recoveryPoint: Offset;
  /** Where the first segment starts that has ended and of which the indexes are not durable yet. */
  #indexesUnsavedFrom: Offset = Infinity;
  #highWatermark: Offset;
  #isQueued = false;
  #isOffline = false;
  #isClosed = false;
  #lastFlushMs: number;
  #appendedSinceFlush = 0;

  private constructor(options: LogOptions) {
    const { disk, dir, clock } = options;
    this.#disk = disk;
    this.#clock = clock;
    this.#logger = options.logger;
    this.#draw = options.draw;
    this.#onDiskError = options.onDiskError;
    this.#writeQueue = options.writeQueue;
    this.#dir = dir;
    this.topic = options.topic;
    this.partition = options.partition;
    this.#config = options.config;
    disk.mkdir(dir);
    this.#topicId = readPartitionMetadata(disk, dir);
    if (options.topicId !== undefined) this.assignTopicId(options.topicId);
    this.leaderEpochs = new LeaderEpochCache(disk, dir, () => this.#logEndOffset);
    this.producerState = new ProducerState(this.name);
    // The epoch cache asks for the end while the log is being loaded.
    this.#logEndOffset = 0;
    const loaded = loadLog({
      disk,
      clock,
      logger: options.logger,
      directory: dir,
      name: this.name,
      placeOf: () => this.#place(),
      logStartOffset: options.logStartOffset,
      recoveryPoint: options.recoveryPoint,
      hadCleanShutdown: options.hadCleanShutdown,
      leaderEpochs: this.leaderEpochs,
      producerState: this.producerState,
    });
    this.#segments = loaded.segments;
    this.#logStartOffset = loaded.logStartOffset;
    this.#logEndOffset = loaded.logEndOffset;
    this.#writtenOffset = loaded.logEndOffset;
    this.#recoveryPoint = Math.min(
      options.hadCleanShutdown ? loaded.logEndOffset : options.recoveryPoint,
      loaded.logEndOffset,
    );
    this.#highWatermark = loaded.logStartOffset;
    this.#lastFlushMs = clock.monotonicMs();
    this.#tail = new Tail(this.#writeQueue.tailCache);
    this.#reader = new LogReader(this.#segments, this.#tail, this.#writeQueue.readBuffers);
  }

  /** Opens what is in the directory, after a crash with recovery; synchronous, since it happens before anyone is served. */
  static open(options: LogOptions): Log {
    return new Log(options);
  }

  /** As messages name the partition: "topic-0". */
  get name(): string {
    return `${this.topic}-${this.partition}`;
  }

  get dir(): string {
    return this.#dir;
  }

  get topicId(): Uuid | undefined {
    return this.#topicId;
  }

  /** Notes which topic the log belongs to, unless that is known. */
  assignTopicId(topicId: Uuid): void {
    if (this.#topicId !== undefined) return;
    this.#topicId = topicId;
    this.#isTopicIdSynced = false;
    writePartitionMetadata(this.#disk, this.#dir, topicId);
  }

  get config(): LogConfig {
    return this.#config;
  }

  get logStartOffset(): Offset {
    return this.#logStartOffset;
  }

  get logEndOffset(): Offset {
    return this.#logEndOffset;
  }

  get writtenOffset(): Offset {
    return this.#writtenOffset;
  }

  /** Where recovery has to start: it takes the segments that end before it, and their indexes, as they are. */
  get recoveryPoint(): Offset {
    const durableOffset = this.#durableOffset;
    // Should the active segment end right here, then with indexes that are not durable: recovery has to come by it.
    const mayEndHere = durableOffset === this.#logEndOffset && durableOffset > this.#segments.active.baseOffset;
    return mayEndHere && !this.#isClosed ? durableOffset - 1 : durableOffset;
  }

  get #durableOffset(): Offset {
    return Math.min(this.#recoveryPoint, this.#indexesUnsavedFrom);
  }

  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  set highWatermark(offset: Offset) {
    this.#highWatermark = Math.min(Math.max(offset, this.#logStartOffset), this.#logEndOffset);
    this.producerState.transactions.onHighWatermark(this.#highWatermark);
  }

  get lastStableOffset(): Offset {
    const unstable = this.producerState.transactions.firstUnstableOffset;
    // The records that an open transaction began with may have been deleted.
    return unstable < 0 ? this.#highWatermark : Math.min(Math.max(unstable, this.#logStartOffset), this.#highWatermark);
  }

  get sizeBytes(): number {
    return this.#segments.sizeBytes();
  }

  get isOffline(): boolean {
    return this.#isOffline;
  }

  /**
   * Appends the one batch that `records` begins with, in one synchronous stretch: its offsets and leader epoch are written
   * into `records`, then the bytes are copied. A repetition of an idempotent producer's batch is answered with where the
   * first one stands.
   */
  appendAsLeader(records: Buffer, leaderEpoch: LeaderEpoch, origin: AppendOrigin, nowMs: TimestampMs): AppendResult {
    if (this.#isOffline || this.#isClosed) return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
    if (!holdsBatch(records)) return appendFailure(Errors.CORRUPT_MESSAGE, null);
    const batch = new BatchView(records, 0);
    const failure = checkBatch(batch, this.#config, origin, nowMs, this.name);
    if (failure !== null) return failure;
    if (batch.hasProducerId && !batch.isControl) {
      const duplicate = origin === "client" ? this.producerState.findDuplicate(batch) : undefined;
      if (duplicate !== undefined) return this.#duplicateOf(duplicate);
    }
    if (batch.hasProducerId) {
      const refusal = this.producerState.check(batch, origin, this.#logEndOffset);
      if (refusal !== null) return refusal;
    }
    batch.setBaseOffset(this.#logEndOffset);
    batch.setPartitionLeaderEpoch(leaderEpoch);
    const isAppendTime = this.#config.messageTimestampType === "LogAppendTime" && origin === "client";
    if (isAppendTime) batch.setMaxTimestampAndType(nowMs, "logAppendTime");
    return this.#append(batch, nowMs) ?? this.#success(batch, isAppendTime ? nowMs : -1);
  }

  /** Notes that `epoch` starts at the log's end: recovery, and followers that truncate, rely on that before its records. */
  beginEpoch(epoch: LeaderEpoch): void {
    this.#guarded(() => this.leaderEpochs.assign(epoch, this.#logEndOffset));
  }

  /** Appends batches as the leader has them; their offsets must be at or behind the log's end. */
  appendAsFollower(records: Buffer): AppendFailure | null {
    if (this.#isOffline || this.#isClosed) return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
    const nowMs = this.#clock.wallMs();
    for (let start = 0; start < records.length;) {
      const rest = records.subarray(start);
      if (!holdsBatch(rest)) return appendFailure(Errors.CORRUPT_MESSAGE, null);
      const batch = new BatchView(rest, 0);
      if (!batch.isValidCrc()) return appendFailure(Errors.CORRUPT_MESSAGE, null);
      assert(batch.baseOffset >= this.#logEndOffset, "a follower's records come in order");
      const failure = this.#append(batch, nowMs);
      if (failure !== null) return failure;
      start += batch.sizeInBytes;
    }
    return null;
  }

  #append(batch: BatchView, nowMs: TimestampMs): AppendFailure | null {
    const { sizeInBytes, lastOffset, maxTimestamp, baseOffset, partitionLeaderEpoch } = batch;
    let segment = this.#segments.active;
    if (segment.shouldRoll(this.#config, sizeInBytes, lastOffset, maxTimestamp, nowMs)) {
      const rolled = this.#guarded(() => this.roll(baseOffset));
      if (!rolled) return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
      segment = this.#segments.active;
    }
    if (partitionLeaderEpoch > this.leaderEpochs.latestEpoch) {
      if (!this.#guarded(() => this.leaderEpochs.assign(partitionLeaderEpoch, baseOffset))) {
        return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
      }
    }
    this.#tail.append(segment, batch.bytes());
    segment.append(sizeInBytes, lastOffset, maxTimestamp);
    const aborted = this.producerState.update(batch);
    if (aborted !== null) segment.transactionIndex.append(aborted);
    this.#logEndOffset = lastOffset + 1;
    this.#appendedSinceFlush += lastOffset + 1 - baseOffset;
    if (!this.#isQueued) {
      this.#isQueued = true;
      this.#writeQueue.add(this);
    }
    return null;
  }

  #success(batch: BatchView, logAppendTimeMs: TimestampMs): AppendSuccess {
    return {
      ok: true,
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      maxTimestamp: batch.maxTimestamp,
      logAppendTimeMs,
      logStartOffset: this.#logStartOffset,
      duplicate: false,
    };
  }

  #duplicateOf(batch: { lastOffset: Offset; offsetDelta: number; timestamp: TimestampMs }): AppendSuccess {
    return {
      ok: true,
      baseOffset: batch.lastOffset - batch.offsetDelta,
      lastOffset: batch.lastOffset,
      maxTimestamp: batch.timestamp,
      // As in Kafka whatever the type of the topic's timestamps is: the time of the batch that is there.
      logAppendTimeMs: batch.timestamp,
      logStartOffset: this.#logStartOffset,
      duplicate: true,
    };
  }

  /** @internal for the write queue */
  writePending(): void {
    this.#isQueued = false;
    if (this.#isOffline || this.#isClosed || this.#writtenOffset === this.#logEndOffset) return;
    if (!this.#guarded(() => this.#writeActive())) return;
    this.#writtenOffset = this.#logEndOffset;
    this.onWritten();
    if (this.#appendedSinceFlush >= this.#config.flushMessages) this.#flushInBackground();
  }

  #writeActive(): void {
    const segment = this.#segments.active;
    if (segment.writtenBytes === segment.sizeBytes) return;
    segment.file.use().write(this.#tail.unwritten(segment), segment.writtenBytes);
    segment.writtenBytes = segment.sizeBytes;
  }

  /** Whole batches from the one that holds `startOffset`, none with records at or behind `upperBound`. */
  read(startOffset: Offset, maxBytes: number, upperBound: Offset, minOneBatch: boolean): ReadResult {
    // A closed log's files may have gone or be another log's: a look at them would seem to be a failure of the disk.
    if (this.#isOffline || this.#isClosed) return { ok: false, error: Errors.KAFKA_STORAGE_ERROR };
    if (startOffset < this.#logStartOffset || startOffset > this.#logEndOffset) {
      return { ok: false, error: Errors.OFFSET_OUT_OF_RANGE };
    }
    const limit = Math.min(upperBound, this.#writtenOffset);
    let result: ReadResult = { ok: false, error: Errors.KAFKA_STORAGE_ERROR };
    this.#guarded(() => {
      result = this.#reader.read(startOffset, maxBytes, limit, minOneBatch);
    });
    return result;
  }

  /** The aborted transactions that a reader of `[startOffset, endOffset)` has to leave out, by their markers. */
  abortedTransactions(startOffset: Offset, endOffset: Offset): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    for (const segment of this.#segments.from(startOffset)) {
      if (segment.transactionIndex.collect(startOffset, endOffset, found)) break;
    }
    return found;
  }

  /** The first record that is not older than `timestamp`. */
  offsetForTimestamp(timestamp: TimestampMs, compute: Compute): Promise<TimestampedOffset | undefined> {
    return offsetForTimestamp(this.#segments, this.#logStartOffset, timestamp, compute);
  }

  /** The first record with the largest timestamp. */
  offsetOfMaxTimestamp(compute: Compute): Promise<TimestampedOffset | undefined> {
    return offsetOfMaxTimestamp(this.#segments, compute);
  }

  /** The bases and sizes of the segments, the active one last. */
  segmentSizes(): { readonly baseOffset: Offset; readonly sizeBytes: number }[] {
    return this.#segments.all().map(({ baseOffset, sizeBytes }) => ({ baseOffset, sizeBytes }));
  }

  /** Starts a new segment at `baseOffset` (the log's end when left out). The old one is flushed in the background. */
  roll(baseOffset: Offset = this.#logEndOffset): void {
    this.#writeActive();
    const old = this.#segments.active;
    // An active segment without a batch is as good as a new one, unless the log starts anew further on.
    if (old.sizeBytes === 0 && old.baseOffset === baseOffset) return;
    old.finishIndexes();
    old.saveIndexes(false);
    this.#indexesUnsavedFrom = Math.min(this.#indexesUnsavedFrom, old.baseOffset);
    writeProducerSnapshot(this.#disk, producerSnapshotPath(this.#dir, baseOffset), this.producerState.entries());
    this.#segments.add(Segment.create(this.#place(), baseOffset, this.#clock.wallMs()));
    if (!this.#isClosed) this.#flushInBackground();
  }

  /** Makes everything appended before the call durable; resolves when it is. Rejects when the disk failed. */
  async flush(): Promise<void> {
    if (this.#isOffline || this.#isClosed) return;
    const target = this.#logEndOffset;
    this.#lastFlushMs = this.#clock.monotonicMs();
    this.#appendedSinceFlush = 0;
    const from = this.#durableOffset;
    if (target <= from) return;
    const { active } = this.#segments;
    try {
      this.#writeActive();
      const segments = this.#segments.from(from);
      const hasNewFiles = segments.some(({ baseOffset }) => baseOffset >= from);
      for (const segment of segments) {
        if (this.#segments.has(segment)) await segment.flush(segment !== this.#segments.active);
        // Its files may have another name now, or be gone.
        if (this.#isClosed) return;
      }
      if (this.#syncSmallFiles() || hasNewFiles) this.#disk.syncDirectory(this.#dir);
    } catch (error) {
      if (this.#isClosed) return;
      this.#fail(error);
      throw error;
    }
    this.#recoveryPoint = Math.max(this.#recoveryPoint, Math.min(target, this.#logEndOffset));
    // A segment that ended meanwhile waits for the next flush.
    this.#indexesUnsavedFrom = active === this.#segments.active ? Infinity : active.baseOffset;
  }

  #flushInBackground(): void {
    // A failure has been told to the owner of the directory by then.
    this.flush().catch(doNothing);
  }

  /** As `flush`, before it returns. */
  flushSync(): void {
    this.#writeActive();
    for (const segment of this.#segments.from(this.#durableOffset)) {
      segment.file.sync();
      if (segment !== this.#segments.active) segment.saveIndexes(true);
    }
    this.#syncSmallFiles();
    this.#disk.syncDirectory(this.#dir);
    this.#recoveryPoint = this.#logEndOffset;
    this.#indexesUnsavedFrom = Infinity;
  }

  /** True when there was something to sync, and the directory has to be synced too. */
  #syncSmallFiles(): boolean {
    const hadEpochs = this.leaderEpochs.sync();
    if (this.#isTopicIdSynced) return hadEpochs;
    syncPartitionMetadata(this.#disk, this.#dir);
    this.#isTopicIdSynced = true;
    return true;
  }

  /** Flushes when `flush.ms` have passed since the last time. */
  flushIfDue(): void {
    const isDue = this.#clock.monotonicMs() - this.#lastFlushMs >= this.#config.flushMs;
    if (isDue && this.#recoveryPoint < this.#logEndOffset) this.#flushInBackground();
  }

  /** Moves the log's start up to `offset`, at most to the high watermark; what lies before can no longer be read. */
  maybeIncrementLogStartOffset(offset: Offset): boolean {
    const target = Math.min(offset, this.#highWatermark);
    if (target <= this.#logStartOffset) return false;
    this.#logStartOffset = target;
    return this.#guarded(() => this.leaderEpochs.truncateFromStart(target));
  }

  /**
   * Takes the segments out of the log that retention has no use for: older than `retention.ms`, beyond `retention.bytes`,
   * or before the log's start. Returns how many. The files go after `file.delete.delay.ms`, through `removeLater`.
   */
  deleteOldSegments(nowMs: TimestampMs, removeLater: (remove: () => void, delayMs: number) => void): number {
    if (this.#isOffline) return 0;
    let count = 0;
    this.#guarded(() => {
      count = this.#deleteSegments(this.#deletableSegments(nowMs), removeLater);
    });
    return count;
  }

  #deleteSegments(deletable: readonly Segment[], removeLater: (remove: () => void, delayMs: number) => void): number {
    if (deletable.length === 0) return 0;
    // The log always has a segment to write to.
    if (deletable.length === this.#segments.count) this.roll();
    for (const segment of deletable) {
      this.#segments.remove(segment);
      segment.markDeleted();
      removeLater(() => segment.remove(), this.#config.fileDeleteDelayMs);
    }
    this.maybeIncrementLogStartOffset(this.#segments.first.baseOffset);
    for (const offset of snapshotOffsets(this.#disk, this.#dir)) {
      if (offset < this.#segments.first.baseOffset) this.#disk.remove(producerSnapshotPath(this.#dir, offset));
    }
    return deletable.length;
  }

  #deletableSegments(nowMs: TimestampMs): Segment[] {
    const { retentionMs, retentionBytes, isDeleted } = this.#config;
    const all = this.#segments.all();
    let excessBytes = retentionBytes < 0 ? -1 : this.sizeBytes - retentionBytes;
    const deletable: Segment[] = [];
    for (const [index, segment] of all.entries()) {
      const next = all[index + 1];
      const endOffset = next?.baseOffset ?? this.#logEndOffset;
      if (endOffset > this.#highWatermark || (next === undefined && segment.sizeBytes === 0)) break;
      const isBeforeStart = next !== undefined && endOffset <= this.#logStartOffset;
      const isOld = isDeleted && retentionMs >= 0 && nowMs - segment.ageTimestamp > retentionMs;
      const isExcess = isDeleted && excessBytes >= segment.sizeBytes && excessBytes > 0;
      if (!isBeforeStart && !isOld && !isExcess) break;
      excessBytes -= segment.sizeBytes;
      deletable.push(segment);
    }
    return deletable;
  }

  /** Cuts everything at and behind `offset`. */
  truncateTo(offset: Offset): void {
    if (offset >= this.#logEndOffset) return;
    assert(offset >= this.#logStartOffset, "a log is not truncated before its start");
    this.#writeActive();
    this.#tail.clear();
    const nowMs = this.#clock.wallMs();
    for (const segment of this.#segments.from(offset)) {
      if (segment.baseOffset < offset || segment === this.#segments.first) segment.truncateTo(offset, nowMs);
      else {
        this.#segments.remove(segment);
        segment.remove();
      }
    }
    this.#afterTruncation(this.#segments.active.readNextOffset());
    this.#restoreProducerState();
  }

  /** Empties the log and lets it go on at `offset`. */
  truncateFullyAndStartAt(offset: Offset): void {
    this.#tail.clear();
    for (const segment of this.#segments.all().slice()) {
      this.#segments.remove(segment);
      segment.remove();
    }
    for (const snapshot of snapshotOffsets(this.#disk, this.#dir)) {
      this.#disk.remove(producerSnapshotPath(this.#dir, snapshot));
    }
    this.#segments.add(Segment.create(this.#place(), offset, this.#clock.wallMs()));
    this.leaderEpochs.clear();
    this.producerState.clear(offset);
    this.#logStartOffset = offset;
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset);
    this.#afterTruncation(offset);
  }

  #afterTruncation(logEndOffset: Offset): void {
    this.#logEndOffset = logEndOffset;
    this.#writtenOffset = logEndOffset;
    this.#recoveryPoint = Math.min(this.#recoveryPoint, logEndOffset);
    this.highWatermark = this.#highWatermark;
    this.leaderEpochs.truncateFromEnd(logEndOffset);
    for (const offset of snapshotOffsets(this.#disk, this.#dir)) {
      if (offset > logEndOffset) this.#disk.remove(producerSnapshotPath(this.#dir, offset));
    }
  }

  #restoreProducerState(): void {
    const { name, producerState } = this;
    const own = { disk: this.#disk, directory: this.#dir, logger: this.#logger, logStartOffset: this.#logStartOffset };
    restoreProducers({ ...own, name, producerState }, this.#segments, this.#logEndOffset);
    producerState.endOffset = this.#logEndOffset;
  }

  updateConfig(config: LogConfig): void {
    this.#config = config;
  }

  /** Frees memory and descriptors of segments that nobody used for a while. */
  releaseIdle(): void {
    for (const segment of this.#segments.all()) if (segment !== this.#segments.active) segment.releaseIfUnused();
  }

  /** Flushes, so that the next start needs no recovery, and closes the files. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#isOffline) {
      this.flushSync();
      const { active } = this.#segments;
      active.finishIndexes();
      for (const segment of this.#segments.all()) if (segment === active) segment.saveIndexes(true);
      writeProducerSnapshot(
        this.#disk,
        producerSnapshotPath(this.#dir, this.#logEndOffset),
        this.producerState.entries(),
      );
    }
    this.#closeFiles();
  }

  /** Moves the directory aside under `name` and stops serving it; `remove` then deletes the files. */
  moveAside(directory: string): void {
    this.#isClosed = true;
    this.#tail.clear();
    this.#closeFiles();
    this.#disk.rename(this.#dir, directory);
    this.#dir = directory;
  }

  #closeFiles(): void {
    for (const segment of this.#segments.all()) segment.close();
  }

  /** Its log directory failed elsewhere: nothing here is relied on any more. */
  goOffline(): void {
    this.#isOffline = true;
  }

  #guarded(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #fail(error: unknown): void {
    if (this.#isOffline) return;
    this.#isOffline = true;
    this.#logger.error({ error, log: this.name }, "The log's disk failed");
    this.#onDiskError(error);
  }

  #place(): SegmentPlace {
    const { segmentMs, segmentJitterMs, indexIntervalBytes } = this.#config;
    const rollJitterMs = Math.floor(this.#draw() * Math.min(segmentJitterMs, segmentMs));
    return { disk: this.#disk, directory: this.#dir, rollJitterMs, indexIntervalBytes };
  }
}

function doNothing(): void {}
