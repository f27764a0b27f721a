import { type Offset, type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { Errors } from "../../protocol/errors.ts";
import { type BatchView } from "../../protocol/records/batch-header.ts";
import { ControlType, parseControlRecord } from "../../protocol/records/control-records.ts";
import { RecordCursor } from "../../protocol/records/record-cursor.ts";
import { payloadOf } from "../../protocol/records/record-iterator.ts";
import { type AppendFailure, appendFailure, type AppendOrigin } from "../append-result.ts";
import { OpenTransactions } from "./open-transactions.ts";
import { type CachedBatch, isInSequence, ProducerEntry } from "./producer-entry.ts";
import { type AbortedTransaction } from "../segment/transaction-index.ts";

/**
 * The idempotent and transactional producers of a partition, as of `endOffset`. It is a function of the log: the loader
 * makes it from a snapshot and the batches behind it, with the same `update` that an append uses.
 */
export class ProducerState {
  /** The log up to here is in it. */
  endOffset: Offset = 0;
  readonly transactions = new OpenTransactions();
  readonly #name: string;
  readonly #entries = new Map<ProducerId, ProducerEntry>();

  /** @param name the partition's, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): Iterable<ProducerEntry> {
    return this.#entries.values();
  }

  get(producerId: ProducerId): ProducerEntry | undefined {
    return this.#entries.get(producerId);
  }

  /** The earlier batch that `batch` is a repetition of. */
  findDuplicate(batch: BatchView): CachedBatch | undefined {
    return this.#entries
      .get(batch.producerId)
      ?.findDuplicate(batch.producerEpoch, batch.baseSequence, batch.lastSequence);
  }

  /** Why `batch`, of an idempotent producer, cannot be appended at `offset`; null when it can. */
  check(batch: BatchView, origin: AppendOrigin, offset: Offset): AppendFailure | null {
    const entry = this.#entries.get(batch.producerId);
    if (entry === undefined) return null;
    const { producerEpoch } = batch;
    if (producerEpoch < entry.producerEpoch) {
      return appendFailure(
        Errors.INVALID_PRODUCER_EPOCH,
        `Epoch of producer ${entry.producerId} at offset ${offset} in ${this.#name} is ${producerEpoch}, which is smaller than the last seen epoch ${entry.producerEpoch}`,
      );
    }
    if (batch.isControl) return this.#checkMarker(batch, entry, offset);
    if (origin === "client") {
      const failure = this.#checkSequence(batch, entry, offset);
      if (failure !== null) return failure;
    }
    if (entry.transactionFirstOffset >= 0 && !batch.isTransactional) {
      return appendFailure(
        Errors.INVALID_TXN_STATE,
        `Expected transactional write from producer ${entry.producerId} at offset ${offset} in partition ${this.#name}`,
      );
    }
    return null;
  }

  #checkSequence(batch: BatchView, entry: ProducerEntry, offset: Offset): AppendFailure | null {
    const { producerEpoch, baseSequence } = batch;
    const producer = `producer ${entry.producerId}`;
    if (producerEpoch !== entry.producerEpoch) {
      if (baseSequence === 0 || entry.producerEpoch < 0) return null;
      return appendFailure(
        Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Invalid sequence number for new epoch of ${producer} at offset ${offset} in partition ${this.#name}: ${producerEpoch} (request epoch), ${baseSequence} (seq. number), ${entry.producerEpoch} (current producer epoch)`,
      );
    }
    if (isInSequence(entry.lastSequence, baseSequence)) return null;
    return appendFailure(
      Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `Out of order sequence number for ${producer} at offset ${offset} in partition ${this.#name}: ${baseSequence} (incoming seq. number), ${entry.lastSequence} (current end sequence number)`,
    );
  }

  #checkMarker(batch: BatchView, entry: ProducerEntry, offset: Offset): AppendFailure | null {
    const marker = markerOf(batch);
    if (marker === undefined || marker.coordinatorEpoch >= entry.coordinatorEpoch) return null;
    return appendFailure(
      Errors.TRANSACTION_COORDINATOR_FENCED,
      `Invalid coordinator epoch for producerId ${entry.producerId} at offset ${offset} in partition ${this.#name}: ${marker.coordinatorEpoch} (zombie), ${entry.coordinatorEpoch} (current)`,
    );
  }

  /**
   * Takes in a batch that is in the log now, with its final offsets. Returns the transaction that it aborted, which goes
   * to the transaction index.
   */
  update(batch: BatchView): AbortedTransaction | null {
    let aborted: AbortedTransaction | null = null;
    if (batch.hasProducerId) {
      if (batch.isControl) aborted = this.#endTransaction(batch);
      else this.#addBatch(batch);
    }
    this.endOffset = batch.nextOffset;
    return aborted;
  }

  #addBatch(batch: BatchView): void {
    const entry = this.#entryFor(batch.producerId);
    const lastOffset = batch.lastOffset;
    entry.addBatch(batch.producerEpoch, {
      lastSequence: batch.lastSequence,
      lastOffset,
      offsetDelta: batch.lastOffsetDelta,
      timestamp: batch.maxTimestamp,
    });
    if (batch.isTransactional && entry.transactionFirstOffset < 0) {
      entry.transactionFirstOffset = batch.baseOffset;
      this.transactions.begin(entry.producerId, batch.baseOffset);
    }
  }

  #endTransaction(batch: BatchView): AbortedTransaction | null {
    const marker = markerOf(batch);
    if (marker === undefined) return null;
    const entry = this.#entryFor(batch.producerId);
    entry.moveToEpoch(batch.producerEpoch);
    entry.coordinatorEpoch = marker.coordinatorEpoch;
    entry.lastTimestamp = batch.maxTimestamp;
    const firstOffset = entry.transactionFirstOffset;
    entry.transactionFirstOffset = -1;
    if (firstOffset < 0) return null;
    const lastOffset = batch.lastOffset;
    const lastStableOffset = this.transactions.end(firstOffset, lastOffset);
    return marker.isAbort ? { producerId: entry.producerId, firstOffset, lastOffset, lastStableOffset } : null;
  }

  /** Takes over a producer from a snapshot. */
  restore(entry: ProducerEntry): void {
    this.#entries.set(entry.producerId, entry);
    if (entry.transactionFirstOffset >= 0) this.transactions.begin(entry.producerId, entry.transactionFirstOffset);
  }

  /** Forgets producers that wrote nothing for `expirationMs` and have no open transaction. */
  expire(nowMs: TimestampMs, expirationMs: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.transactionFirstOffset < 0 && nowMs - entry.lastTimestamp >= expirationMs) {
        this.#entries.delete(entry.producerId);
      }
    }
  }

  clear(endOffset: Offset): void {
    this.#entries.clear();
    this.transactions.clear();
    this.endOffset = endOffset;
  }

  #entryFor(producerId: ProducerId): ProducerEntry {
    let entry = this.#entries.get(producerId);
    if (entry === undefined) {
      entry = new ProducerEntry(producerId);
      this.#entries.set(producerId, entry);
    }
    return entry;
  }
}

/** The transaction marker of a control batch; undefined when compaction has emptied the batch. */
function markerOf(batch: BatchView): { isAbort: boolean; coordinatorEpoch: number } | undefined {
  const cursor = new RecordCursor(batch, payloadOf(batch));
  if (!cursor.next()) return undefined;
  const record = parseControlRecord(cursor.key(), cursor.value());
  if (record?.type !== ControlType.ABORT && record?.type !== ControlType.COMMIT) return undefined;
  return { isAbort: record.type === ControlType.ABORT, coordinatorEpoch: record.coordinatorEpoch };
}
