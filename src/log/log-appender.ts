import { assert } from "../base/assert.ts";
import { type LeaderEpoch, type Offset, type TimestampMs } from "../base/brand.ts";
import { DiskError } from "../io/ports.ts";
import { Errors } from "../protocol/errors.ts";
import { BatchView, currentMagic } from "../protocol/records/batch-header.ts";
import { batchAt } from "../protocol/records/message-view.ts";
import {
  appended,
  appendedBefore,
  type AppendFailure,
  appendFailure,
  type AppendOrigin,
  type AppendResult,
  type AppendTransaction,
} from "./append-result.ts";
import { holdsBatchAt } from "./batch-scan.ts";
import { type LogFlusher } from "./log-flusher.ts";
import { type LogStorage } from "./log-storage.ts";
import { relativeOffsetMax } from "./segment/offset-index.ts";
import { type Segment } from "./segment/segment.ts";
import { checkBatch, holdsBatch } from "./validation/validator.ts";
import { type Writable, type WriteQueue } from "./write-queue.ts";

const noTransaction: AppendTransaction = {};

/** Puts batches at the end of a log, and hands them to the operating system when the turn of the event loop ends. */
export class LogAppender implements Writable {
  /** Called when more of the log counts as written. */
  onWritten: () => void = doNothing;
  /** It waits to be written: appends need not tell the queue. */
  isQueued = false;
  readonly #storage: LogStorage;
  readonly #flusher: LogFlusher;
  readonly #writeQueue: WriteQueue;
  #appendedBytes = 0;
  #writtenBytes = 0;
  #writing: Promise<void> | undefined;
  /** A flush is under way, and acknowledgements wait for it. */
  #isFlushAwaited = false;

  constructor(storage: LogStorage, flusher: LogFlusher, writeQueue: WriteQueue) {
    this.#storage = storage;
    this.#flusher = flusher;
    this.#writeQueue = writeQueue;
  }

  /** Bytes that count as written since the log was opened: a measure of progress that goes with `writtenOffset`. */
  get writtenBytes(): number {
    return this.#writtenBytes;
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
    transaction: AppendTransaction = noTransaction,
  ): AppendResult {
    const storage = this.#storage;
    if (!storage.isUsable) return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
    if (!holdsBatch(records)) return appendFailure(Errors.CORRUPT_MESSAGE, null);
    const { config, producerState } = storage;
    const batch = new BatchView(records, 0);
    const failure = checkBatch(batch, config, origin, nowMs, storage.name);
    if (failure !== null) return failure;
    if (batch.hasProducerId) {
      const isDeduplicated = origin === "client" && !batch.isControl;
      const duplicate = isDeduplicated ? producerState.findDuplicate(batch) : undefined;
      if (duplicate !== undefined) return appendedBefore(duplicate, storage.startOffset);
      const refusal = producerState.check(batch, origin, storage.endOffset, transaction);
      if (refusal !== null) return refusal;
    }
    batch.setBaseOffset(storage.endOffset);
    batch.setPartitionLeaderEpoch(leaderEpoch);
    const isAppendTime = config.messageTimestampType === "LogAppendTime" && origin !== "raft";
    if (isAppendTime) batch.setMaxTimestampAndType(nowMs, "logAppendTime");
    return this.#append(batch, nowMs) ?? appended(batch, isAppendTime ? nowMs : -1, storage.startOffset);
  }

  /** Appends batches as the leader has them; their offsets must be at or behind the log's end. */
  appendAsFollower(records: Buffer): AppendFailure | null {
    const storage = this.#storage;
    if (!storage.isUsable) return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
    const nowMs = storage.clock.wallMs();
    for (let start = 0; start < records.length;) {
      if (!holdsBatchAt(records, start)) return appendFailure(Errors.CORRUPT_MESSAGE, null);
      const batch = batchAt(records, start);
      if (!batch.isValidCrc()) return appendFailure(Errors.CORRUPT_MESSAGE, null);
      assert(batch.baseOffset >= storage.endOffset, "a follower's records come in order");
      const failure = this.#append(batch, nowMs);
      if (failure !== null) return failure;
      start = batch.end;
    }
    return null;
  }

  #append(batch: BatchView, nowMs: TimestampMs): AppendFailure | null {
    const storage = this.#storage;
    const { sizeInBytes, lastOffset, maxTimestamp, baseOffset, partitionLeaderEpoch } = batch;
    const segment = this.#segmentFor(batch, nowMs);
    if (segment === null) return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
    const { latestEpoch, isPending } = storage.leaderEpochs;
    // Messages of old formats tell no epoch.
    if ((isPending && partitionLeaderEpoch >= 0) || partitionLeaderEpoch > latestEpoch) {
      const isNoted = storage.attempt(() => storage.leaderEpochs.assign(partitionLeaderEpoch, baseOffset));
      if (!isNoted) return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
    }
    const { partitionMetadata } = storage;
    // Records of which the next start does not find whose they are would be set aside.
    if (partitionMetadata.isPending && !storage.attempt(() => partitionMetadata.write())) {
      return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
    }
    // From here on nothing fails: bytes in the tail that no segment counts would be written in the place of the next ones.
    storage.tail.append(segment, batch.bytes());
    segment.append(sizeInBytes, lastOffset, maxTimestamp);
    const aborted = storage.producerState.update(batch);
    if (aborted !== null) segment.indexes.transactions.append(aborted);
    storage.endOffset = lastOffset + 1;
    this.#appendedBytes += sizeInBytes;
    if (!this.isQueued) {
      this.isQueued = true;
      this.#writeQueue.add(this);
    }
    return null;
  }

  /** The segment that a batch goes to, with all in memory that the batch changes; null when the disk failed. */
  #segmentFor(batch: BatchView, nowMs: TimestampMs): Segment | null {
    const storage = this.#storage;
    const { sizeInBytes, lastOffset, maxTimestamp } = batch;
    try {
      let segment = storage.segments.active;
      if (segment.shouldRoll(storage.config, sizeInBytes, lastOffset, maxTimestamp, nowMs)) {
        if (!this.roll(this.#startFor(batch))) return null;
        segment = storage.segments.active;
      }
      segment.prepareAppend(batch.isControl);
      return segment;
    } catch (error) {
      storage.refuse(error);
      return null;
    }
  }

  /** Where a segment starts that begins with the batch: of a compressed message only the last offset is known. */
  #startFor({ magic, baseOffset, lastOffset }: BatchView): Offset {
    return magic === currentMagic ? baseOffset : Math.max(this.#storage.endOffset, lastOffset - relativeOffsetMax);
  }

  /**
   * Starts a new segment at `baseOffset`; false when the disk failed. The old one is flushed in the background.
   */
  roll(baseOffset: Offset): boolean {
    const storage = this.#storage;
    return storage.isUsable && storage.attempt(() => this.#roll(storage, baseOffset));
  }

  #roll(storage: LogStorage, baseOffset: Offset): void {
    const old = storage.segments.active;
    // An active segment without a batch is as good as a new one, unless the log starts anew further on.
    if (old.sizeBytes === 0 && old.baseOffset === baseOffset) return;
    old.indexes.finish();
    old.indexes.save(false);
    this.#flusher.onSegmentEnded(old.baseOffset);
    storage.producerSnapshots.write(baseOffset);
    storage.addSegment(baseOffset);
    storage.writeBehind.onSegmentEnded(old);
    this.#flusher.flushInBackground();
  }

  /** Hands what was appended to the operating system; never throws because of the disk. */
  writePending(): void {
    const storage = this.#storage;
    this.isQueued = false;
    if (!storage.isUsable || storage.writtenOffset === storage.endOffset) return;
    try {
      storage.writeBehind.writeAll();
    } catch (error) {
      storage.refuse(error);
      this.#retryLater();
      return;
    }
    this.#onHandedOver(storage.endOffset, this.#appendedBytes);
  }

  /** Hands what was appended before the call to the operating system, in the way that is best now, and tells nobody. */
  async handOver(): Promise<void> {
    const storage = this.#storage;
    const segments = storage.writeBehind.segments().map((segment) => ({ segment, end: segment.sizeBytes }));
    const isBehind = (): boolean =>
      storage.isUsable && segments.some(({ segment, end }) => segment.writtenBytes < Math.min(end, segment.sizeBytes));
    const writeNow = (): void => storage.writeBehind.writeAll();
    // Once for what a thread is writing already, once for the rest, and once where somebody else was faster.
    for (let tries = 0; tries < 3 && isBehind(); tries++) {
      if (await this.#writeQueue.writeBetweenTurns(this, writeNow)) break;
    }
    // A thread that could not write has left it to be tried again later, and the flush would not be one.
    if (isBehind()) writeNow();
  }

  get pendingBytes(): number {
    return this.#storage.isUsable ? this.#storage.writeBehind.sizeBytes : 0;
  }

  get isWriting(): boolean {
    return this.#storage.writeBehind.isWriting;
  }

  /** As `writePending`, off the event loop; resolves when the log has told that it is written. */
  writePendingAsync(): Promise<void> {
    return (this.#writing = this.#writeAside());
  }

  /** Resolves when no thread is writing to the log any more: due before it is cut. */
  async settle(): Promise<void> {
    while (this.isWriting) await this.#writing;
  }

  async #writeAside(): Promise<void> {
    const storage = this.#storage;
    this.isQueued = false;
    if (!storage.isUsable || storage.writtenOffset === storage.endOffset) return;
    const { endOffset, tail } = storage;
    const appendedBytes = this.#appendedBytes;
    const { clears } = tail;
    try {
      await storage.writeBehind.writeAllAsync();
    } catch (error) {
      // A log that is closed or abandoned meanwhile has been written by then, or has no need of it.
      if (!storage.isClosed) storage.refuse(error);
      this.#retryLater();
      return;
    }
    // After a cut the log's end is another one; whoever could not wait for this write has told of a later one.
    if (!storage.isUsable || clears !== tail.clears || endOffset <= storage.writtenOffset) return;
    this.#onHandedOver(endOffset, appendedBytes);
  }

  /** The operating system has the log up to there. */
  #onHandedOver(endOffset: Offset, appendedBytes: number): void {
    if (this.#isFlushAwaited) return;
    if (this.#flusher.isDueByCount) void this.#acknowledgeFlushed();
    else this.#acknowledge(endOffset, appendedBytes);
  }

  /** What could not be written waits in the tail. */
  #retryLater(): void {
    if (!this.#storage.isUsable || this.isQueued) return;
    this.isQueued = true;
    this.#writeQueue.addLater(this);
  }

  get isFlushAwaited(): boolean {
    return this.#isFlushAwaited;
  }

  #acknowledge(offset: Offset, appendedBytes: number): void {
    this.#writtenBytes = appendedBytes;
    this.#storage.writtenOffset = Math.min(offset, this.#storage.endOffset);
    this.onWritten();
  }

  /** As in Kafka, where the append itself flushes: what makes up `flush.messages` is durable when it is acknowledged. */
  async #acknowledgeFlushed(): Promise<void> {
    this.#isFlushAwaited = true;
    const { endOffset } = this.#storage;
    const appendedBytes = this.#appendedBytes;
    try {
      await this.#flusher.flush();
    } catch (error) {
      DiskError.from(error);
      // The owner of the directory has been told, if that failed.
      this.#isFlushAwaited = false;
      if (!this.#storage.isUsable) return this.#writeQueue.goOn(this);
      this.isQueued = true;
      this.#writeQueue.addLater(this);
      return;
    }
    this.#isFlushAwaited = false;
    if (!this.#storage.isUsable) return this.#writeQueue.goOn(this);
    // Of a log that was cut meanwhile, what came in the place of the cut was not in that flush.
    const flushedOffset = Math.min(endOffset, this.#flusher.flushedOffset);
    this.#acknowledge(Math.max(flushedOffset, this.#storage.writtenOffset), appendedBytes);
    // What was appended meanwhile has not been acknowledged, whether or not it is written.
    this.#writeQueue.goOn(this);
    if (this.isQueued || this.#storage.writtenOffset === this.#storage.endOffset) return;
    this.isQueued = true;
    this.#writeQueue.add(this);
  }
}

function doNothing(): void {}
