import { assert } from "../base/assert.ts";
import { type LeaderEpoch, type Offset, type TimestampMs } from "../base/brand.ts";
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
import { holdsBatchAt } from "./batch-bytes.ts";
import { type LogFlusher } from "./log-flusher.ts";
import { type LogStorage } from "./log-storage.ts";
import { type LogWriter } from "./log-writer.ts";
import { relativeOffsetMax } from "./segment/offset-index.ts";
import { type Segment } from "./segment/segment.ts";
import { checkBatch, holdsBatch } from "./validation/batch-check.ts";

const noTransaction: AppendTransaction = {};

/** Puts batches at the end of a log, in memory; a `LogWriter` has them written. */
export class LogAppender {
  readonly #storage: LogStorage;
  readonly #flusher: LogFlusher;
  readonly #writer: LogWriter;

  constructor(storage: LogStorage, flusher: LogFlusher, writer: LogWriter) {
    this.#storage = storage;
    this.#flusher = flusher;
    this.#writer = writer;
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
      const duplicate = origin === "client" ? producerState.findDuplicate(batch) : undefined;
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
    const { leaderEpochs, partitionMetadata } = storage;
    // Records of which the next start does not find whose they are would be set aside.
    if (partitionMetadata.isPending && !storage.attempt(() => partitionMetadata.write())) {
      return appendFailure(Errors.KAFKA_STORAGE_ERROR, null);
    }
    // From here on nothing fails: bytes in the tail that no segment counts would be written in the place of the next ones.
    if (partitionLeaderEpoch > leaderEpochs.latestEpoch) leaderEpochs.assign(partitionLeaderEpoch, baseOffset);
    storage.tail.append(segment, batch.bytes());
    segment.append(sizeInBytes, lastOffset, maxTimestamp);
    const aborted = storage.producerState.update(batch);
    if (aborted !== null) segment.indexes.transactions.append(aborted);
    storage.endOffset = lastOffset + 1;
    this.#writer.onAppended(sizeInBytes);
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
}
