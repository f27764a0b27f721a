import { type Offset } from "../../src/base/brand.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { CorruptRecordError } from "../../src/protocol/records/errors.ts";
import { type AbortedTransaction } from "../../src/log/segment/transaction-index.ts";

/** A batch as it was appended. */
export interface ModelBatch {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly epoch: number;
  readonly timestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly isTransactional: boolean;
  /** Of the transaction's coordinator, in the marker that ends it; -1: it is no marker. */
  readonly coordinatorEpoch: number;
  readonly isAbort: boolean;
  /** When it was. */
  readonly appendedMs: number;
  readonly bytes: Buffer;
}

export interface MarkerFacts {
  readonly coordinatorEpoch: number;
  readonly isAbort: boolean;
}

export function modelBatch(bytes: Buffer, marker?: MarkerFacts, appendedMs = 0): ModelBatch {
  const view = new BatchView(bytes, 0);
  return {
    baseOffset: view.baseOffset,
    lastOffset: view.lastOffset,
    epoch: view.partitionLeaderEpoch,
    timestamp: view.maxTimestamp,
    producerId: view.producerId,
    producerEpoch: view.producerEpoch,
    baseSequence: view.baseSequence,
    lastSequence: view.baseSequence < 0 ? -1 : view.lastSequence,
    isTransactional: view.isTransactional,
    coordinatorEpoch: marker?.coordinatorEpoch ?? -1,
    isAbort: marker?.isAbort ?? false,
    appendedMs,
    bytes,
  };
}

/** What a log's producers are, made from its batches alone. */
export interface ModelProducer {
  epoch: number;
  coordinatorEpoch: number;
  lastSequence: number;
  lastOffset: Offset;
  transactionFirstOffset: Offset;
}

export interface ModelTransactions {
  readonly producers: Map<number, ModelProducer>;
  readonly aborted: AbortedTransaction[];
}

export function producersOf(history: readonly ModelBatch[]): ModelTransactions {
  const producers = new Map<number, ModelProducer>();
  const aborted: AbortedTransaction[] = [];
  for (const batch of history) {
    const { producerId, lastOffset } = batch;
    if (producerId < 0) continue;
    const known = producers.get(producerId);
    const isSameEpoch = known?.epoch === batch.producerEpoch;
    const firstOffset = known?.transactionFirstOffset ?? -1;
    if (batch.coordinatorEpoch < 0) {
      producers.set(producerId, {
        epoch: batch.producerEpoch,
        coordinatorEpoch: known?.coordinatorEpoch ?? -1,
        lastSequence: batch.lastSequence,
        lastOffset,
        transactionFirstOffset: firstOffset < 0 && batch.isTransactional ? batch.baseOffset : firstOffset,
      });
      continue;
    }
    producers.set(producerId, {
      epoch: batch.producerEpoch,
      coordinatorEpoch: batch.coordinatorEpoch,
      lastSequence: isSameEpoch && known !== undefined ? known.lastSequence : -1,
      lastOffset: isSameEpoch && known !== undefined ? known.lastOffset : -1,
      transactionFirstOffset: -1,
    });
    if (firstOffset < 0 || !batch.isAbort) continue;
    let lastStableOffset = lastOffset + 1;
    for (const { transactionFirstOffset } of producers.values()) {
      if (transactionFirstOffset >= 0) lastStableOffset = Math.min(lastStableOffset, transactionFirstOffset);
    }
    aborted.push({ producerId, firstOffset, lastOffset, lastStableOffset });
  }
  return { producers, aborted };
}

export interface ModelEpoch {
  readonly epoch: number;
  readonly startOffset: Offset;
}

/** The leader epochs of the records from `logStartOffset` on. */
export function epochsOf(history: readonly ModelBatch[], logStartOffset: Offset): ModelEpoch[] {
  const epochs: ModelEpoch[] = [];
  for (const { epoch, baseOffset, lastOffset } of history) {
    if (lastOffset < logStartOffset || epochs.at(-1)?.epoch === epoch) continue;
    epochs.push({ epoch, startOffset: Math.max(baseOffset, logStartOffset) });
  }
  return epochs;
}

/** What one partition's log has to be, as far as those who used it know. */
export class PartitionModel {
  /** All that was appended, what retention has removed too. */
  batches: ModelBatch[] = [];
  /** Where the log is without a batch: 0, or where it was told to start anew. */
  emptyAt: Offset = 0;
  /** The operating system has what lies before it: a process that ends does not take it along. */
  writtenOffset: Offset = 0;
  /** Durable: a loss of power does not take it either. */
  flushedOffset: Offset = 0;
  /** Where the log started. */
  logStartOffset: Offset = 0;
  /** The furthest that it ever started: a crash may bring back records that were deleted, but not their epochs. */
  logStartOffsetMax: Offset = 0;
  /** What was truncated, and may come back with a loss of power since no fsync followed. */
  stale: ModelBatch[][] = [];
  /** Committed, and so never truncated again; followed for compacted logs, which rely on it. */
  committedOffset: Offset = 0;
  /** Whether transactions end with an abort, by producer and first offset: what was decided once stays decided. */
  decisions = new Map<string, boolean>();
  /** Somebody damaged snapshots, beside which batches may have gone: nobody knows what transactions began in those. */
  hasLostSnapshots = false;
  /**
   * Somebody damaged the recovery point: a start reads the log from its beginning and, as Kafka does, takes nothing from
   * snapshots behind that. A compacted log may lack a producer's last batch there: it was not the last one when the log
   * was cleaned, and what came behind it has been cut since.
   */
  hasLostRecoveryPoint = false;
  /** It is, or was, a copy that began where the log did: of what was before it knows what there is of producers alone. */
  isCopy = false;
  /** It is compacted, or was so once: what is there says nothing of what was appended. */
  isCompacted = false;
  /** A bit of a time index flipped: where entries ascend all the same, nobody can tell. */
  hasDoubtfulTimes = false;
  /** A truncation failed half way: what it should have cut may be there after the death of the process too. */
  isTorn = false;

  get endOffset(): Offset {
    const last = this.batches.at(-1);
    return last === undefined ? this.emptyAt : Math.max(this.holeEnd, last.lastOffset + 1);
  }

  append(batch: ModelBatch): void {
    this.batches.push(batch);
  }

  /** Records before it are deleted, as far as the process knows. */
  observeStart(logStartOffset: Offset): void {
    this.logStartOffset = Math.max(this.logStartOffset, logStartOffset);
    this.logStartOffsetMax = Math.max(this.logStartOffsetMax, logStartOffset);
  }

  /** Takes in what the log says of itself. */
  observe(log: { writtenOffset: Offset; recoveryPoint: Offset }): void {
    this.writtenOffset = Math.max(this.writtenOffset, log.writtenOffset);
    this.flushedOffset = Math.max(this.flushedOffset, log.recoveryPoint);
    const isPastTruncation = this.stale.length > 0 && this.flushedOffset > this.#truncatedAt;
    if (isPastTruncation) this.stale = [];
  }

  #truncatedAt: Offset = 0;
  /** Where a compacted log ended at its last start: perhaps behind a hole. */
  holeEnd: Offset = 0;

  /**
   * @param holeEnd where an empty segment is what is left behind a hole; 0 when there is none
   * @param activeStart where the segment begins that is the last one now
   */
  truncateTo(offset: Offset, holeEnd: Offset, activeStart: Offset): void {
    if (offset >= this.endOffset) return;
    // Within a hole nothing is cut but what lies behind it: the log then ends with its last batch, or with that segment.
    const found = this.batches.findIndex((batch) => batch.lastOffset >= offset);
    const index = found < 0 ? this.batches.length : found;
    this.stale.push(this.batches);
    this.batches = this.batches.slice(0, index);
    // There was a hole before the first batch, and it is cut as well.
    if (index === 0 && offset < this.emptyAt) this.emptyAt = activeStart;
    this.holeEnd = holeEnd;
    this.#truncatedAt = Math.max(this.#truncatedAt, this.endOffset);
    this.writtenOffset = Math.min(this.writtenOffset, this.endOffset);
    this.flushedOffset = Math.min(this.flushedOffset, this.endOffset);
  }

  /** The log was found like this after a restart. */
  adopt(history: ModelBatch[], logStartOffset: Offset, endOffset: Offset): void {
    const { isCompacted } = this;
    // A log that has lost what its start lies behind goes on there without any batch, though one may have held its start.
    this.batches = history.at(-1)?.lastOffset === endOffset - 1 || isCompacted ? history : [];
    if (this.batches.length === 0) this.emptyAt = endOffset;
    this.holeEnd = isCompacted ? endOffset : 0;
    this.logStartOffset = logStartOffset;
    this.writtenOffset = endOffset;
    this.flushedOffset = Math.min(this.flushedOffset, endOffset);
    this.isTorn = false;
  }

  forgetStale(): void {
    this.stale = [];
    this.#truncatedAt = 0;
  }
}

export function splitBatches(records: Buffer): Buffer[] {
  return Array.from(batches(records), (each) => Buffer.from(each.bytes()));
}

/** The batches that a file begins with: a loss of power may have left anything behind them. */
export function soundBatches(bytes: Buffer): BatchView[] {
  const found: BatchView[] = [];
  try {
    for (const batch of batches(bytes)) found.push(batch);
  } catch (error) {
    if (!(error instanceof CorruptRecordError)) throw error;
  }
  return found;
}
