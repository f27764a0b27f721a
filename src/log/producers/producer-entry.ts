import { type Offset, type ProducerEpoch, type ProducerId, type TimestampMs } from "../../base/brand.ts";

/** How many of its last batches a producer may send again and be answered with their offsets. */
const cachedBatchesMax = 5;

const sequenceModulus = 2_147_483_648;

/** A batch as it is remembered: enough to know it again and to answer it. */
export interface CachedBatch {
  readonly lastSequence: number;
  readonly lastOffset: Offset;
  /** Number of its records, less one. */
  readonly offsetDelta: number;
  readonly timestamp: TimestampMs;
}

/** What a partition knows of an idempotent producer. */
export class ProducerEntry {
  readonly producerId: ProducerId;
  producerEpoch: ProducerEpoch = -1;
  /** Epoch of the transaction coordinator that wrote the last marker; -1 when there was none. */
  coordinatorEpoch = -1;
  lastTimestamp: TimestampMs = -1;
  /** First offset of the open transaction; -1 when none is open. */
  transactionFirstOffset: Offset = -1;
  /** The oldest first, all of `producerEpoch`. */
  readonly batches: CachedBatch[] = [];

  constructor(producerId: ProducerId) {
    this.producerId = producerId;
  }

  /** Sequence number of the last record; -1 when it is not known. */
  get lastSequence(): number {
    return this.batches.at(-1)?.lastSequence ?? -1;
  }

  /** Offset of the last record; -1 when it is not known. */
  get lastDataOffset(): Offset {
    return this.batches.at(-1)?.lastOffset ?? -1;
  }

  addBatch(epoch: ProducerEpoch, batch: CachedBatch): void {
    this.moveToEpoch(epoch);
    if (this.batches.length === cachedBatchesMax) this.batches.shift();
    this.batches.push(batch);
    this.lastTimestamp = batch.timestamp;
  }

  moveToEpoch(epoch: ProducerEpoch): void {
    if (this.producerEpoch === epoch) return;
    this.producerEpoch = epoch;
    this.batches.length = 0;
  }

  /** The cached batch that has exactly these sequence numbers. */
  findDuplicate(epoch: ProducerEpoch, firstSequence: number, lastSequence: number): CachedBatch | undefined {
    if (epoch !== this.producerEpoch) return undefined;
    for (const batch of this.batches) {
      if (batch.lastSequence === lastSequence && firstSequenceOf(batch) === firstSequence) return batch;
    }
    return undefined;
  }
}

function firstSequenceOf(batch: CachedBatch): number {
  const first = batch.lastSequence - batch.offsetDelta;
  return first < 0 ? first + sequenceModulus : first;
}

/** Whether `next` is what follows `last`: sequence numbers wrap from 2^31 - 1 to 0. */
export function isInSequence(last: number, next: number): boolean {
  return next === last + 1 || (next === 0 && last === sequenceModulus - 1);
}
