import { type Offset, type ProducerEpoch, type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { type Compute } from "../../io/ports.ts";
import { type BatchView } from "../../protocol/records/batch-header.ts";
import { RecordCursor } from "../../protocol/records/record-cursor.ts";
import { decompressBatch, payloadOf } from "../../protocol/records/record-iterator.ts";
import { emptyBatch, KeptRecords, rebuildBatch } from "./batch-rebuild.ts";
import { type CleanedTransactions } from "./cleaned-transactions.ts";
import { type CleanerCounts } from "./cleaner-counts.ts";
import { type OffsetMap } from "./offset-map.ts";

/** A batch may say of itself that it decompresses to anything. */
export const decompressedBytesMax = 1_073_741_824;

/** The last that a live producer has written to the log. */
export interface LastOfProducer {
  /** Of its last record; -1 when there is only a marker. */
  readonly lastDataOffset: Offset;
  readonly producerEpoch: ProducerEpoch;
}

export interface BatchFilterOptions {
  readonly map: OffsetMap;
  /** The map knows the newest offset of each key up to here; what lies behind stays. */
  readonly latestOffset: Offset;
  readonly transactions: CleanedTransactions;
  readonly producers: ReadonlyMap<ProducerId, LastOfProducer>;
  /** Where this round ends: the batch that ends there keeps the log from seeming shorter than it is. */
  readonly endOffset: Offset;
  readonly nowMs: TimestampMs;
  readonly deleteRetentionMs: number;
  readonly compute: Compute;
  readonly counts: CleanerCounts;
}

/** Decides, batch by batch, what of a log stays. */
export class BatchFilter {
  readonly #options: BatchFilterOptions;
  readonly #kept = new KeptRecords();

  constructor(options: BatchFilterOptions) {
    this.#options = options;
  }

  /** What takes the place of the batch; null when nothing does. A view of the batch itself when it stays as it is. */
  async filter(batch: BatchView): Promise<Buffer | null> {
    const { transactions, nowMs, deleteRetentionMs, compute, endOffset } = this.#options;
    const { isControl } = batch;
    const isOfNoUse = isControl ? transactions.isMarkerOfNothing(batch) : transactions.isAborted(batch);
    // A reader who has seen records of the transaction may still need its marker.
    const isDropped = isControl ? isOfNoUse && this.#isPastHorizon(batch) : isOfNoUse;
    const staysEmpty = this.#isLastOfProducer(batch) || batch.nextOffset === endOffset;
    if (isDropped && !staysEmpty) return this.#drop(batch);
    const payload = batch.isCompressed ? await decompressBatch(batch, compute, decompressedBytesMax) : payloadOf(batch);
    this.#select(batch, payload, isDropped);
    const kept = this.#kept;
    this.#options.counts.recordsKept += kept.count;
    if (kept.count === 0) return staysEmpty ? emptyBatch(batch) : null;
    const needsHorizon = !batch.hasDeleteHorizon && (kept.hasTombstone || (isControl && isOfNoUse));
    if (kept.count === batch.recordCount && !needsHorizon) return batch.bytes();
    const horizonMs = batch.hasDeleteHorizon ? batch.baseTimestamp : needsHorizon ? nowMs + deleteRetentionMs : -1;
    return rebuildBatch(batch, payload, kept, horizonMs, compute);
  }

  #drop(batch: BatchView): null {
    this.#options.counts.recordsRead += batch.recordCount;
    return null;
  }

  #isPastHorizon(batch: BatchView): boolean {
    return batch.hasDeleteHorizon && batch.baseTimestamp <= this.#options.nowMs;
  }

  /** The sequence number of its last batch is how a producer's next one is checked, and its epoch fences older ones. */
  #isLastOfProducer(batch: BatchView): boolean {
    if (!batch.hasProducerId) return false;
    const last = this.#options.producers.get(batch.producerId);
    if (last === undefined) return false;
    if (last.lastDataOffset >= 0) return batch.lastOffset === last.lastDataOffset;
    return batch.isControl && batch.producerEpoch === last.producerEpoch;
  }

  #select(batch: BatchView, payload: Buffer, isDropped: boolean): void {
    const { map, latestOffset, counts } = this.#options;
    const kept = this.#kept;
    kept.clear();
    const { isControl } = batch;
    const keepsTombstones = !this.#isPastHorizon(batch);
    const cursor = new RecordCursor(batch, payload);
    while (cursor.next()) {
      counts.recordsRead++;
      if (isDropped) continue;
      const isTombstone = cursor.valueSizeBytes < 0;
      if (!isControl && cursor.offset <= latestOffset) {
        if (cursor.keySizeBytes < 0) {
          counts.recordsWithoutKey++;
          continue;
        }
        if (isTombstone && !keepsTombstones) continue;
        const { keyStart } = cursor;
        if (cursor.offset < map.get(payload, keyStart, keyStart + cursor.keySizeBytes)) continue;
      }
      kept.add(cursor.restStart, cursor.end, cursor.timestamp, isTombstone);
    }
  }
}
