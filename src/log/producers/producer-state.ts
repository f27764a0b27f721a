import { type Offset, type ProducerEpoch, type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { Errors } from "../../protocol/errors.ts";
import { type BatchView } from "../../protocol/records/batch-header.ts";
import { ControlType, parseControlRecord } from "../../protocol/records/control-records.ts";
import { RecordCursor } from "../../protocol/records/record-cursor.ts";
import { payloadOf } from "../../protocol/records/record-iterator.ts";
import { type AppendFailure, appendFailure, type AppendOrigin, type AppendTransaction } from "../append-result.ts";
import { OpenTransactions } from "./open-transactions.ts";
import { type CachedBatch, isInSequence, ProducerEntry } from "./producer-entry.ts";
import { type AbortedTransaction } from "../segment/transaction-index.ts";
import { VerificationGuard } from "./verification-guard.ts";

/** What may change while the broker runs, the same for all logs. */
export interface ProducerSettings {
  /** `transaction.partition.verification.enable` */
  verifiesTransactions: boolean;
}

const noVerification: ProducerSettings = { verifiesTransactions: false };
const producerEpochMax = 32_767;

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
  /** Producers whose first batch of a transaction waits for the coordinator's word. */
  readonly #guards = new Map<ProducerId, VerificationGuard>();
  readonly #settings: ProducerSettings;

  /** @param name the partition's, for messages */
  constructor(name: string, settings: ProducerSettings = noVerification) {
    this.#name = name;
    this.#settings = settings;
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

  /**
   * A transactional batch is on its way: what must be shown with it once the coordinator has confirmed the transaction;
   * null when the transaction goes on here, or the error that speaks against it.
   */
  startVerification(
    producerId: ProducerId,
    epoch: ProducerEpoch,
    sequence: number,
    bumpsEpoch: boolean,
    nowMs: TimestampMs,
  ): VerificationGuard | null | typeof Errors.INVALID_PRODUCER_EPOCH {
    const entry = this.#entries.get(producerId);
    if (entry !== undefined && epoch < entry.producerEpoch) return Errors.INVALID_PRODUCER_EPOCH;
    if (isOngoing(entry, epoch)) return null;
    let guard = this.#guards.get(producerId);
    if (guard === undefined) {
      guard = new VerificationGuard(nowMs, epoch, sequence, bumpsEpoch);
      this.#guards.set(producerId, guard);
    }
    guard.takeIn(epoch, sequence);
    return guard;
  }

  /** Why `batch`, of an idempotent producer, cannot be appended at `offset`; null when it can. */
  check(
    batch: BatchView,
    origin: AppendOrigin,
    offset: Offset,
    { guard = null, transactionVersion = 0 }: AppendTransaction = {},
  ): AppendFailure | null {
    const entry = this.#entries.get(batch.producerId);
    if (batch.isControl)
      return entry === undefined ? null : this.#checkMarker(batch, entry, offset, transactionVersion);
    const { producerEpoch } = batch;
    if (entry !== undefined && producerEpoch < entry.producerEpoch)
      return this.#staleEpoch(batch, entry, offset, "<", -1);
    const isUnverified =
      batch.isTransactional &&
      this.#settings.verifiesTransactions &&
      !isOngoing(entry, producerEpoch) &&
      (guard === null || guard !== this.#guards.get(batch.producerId));
    if (isUnverified) return appendFailure(Errors.INVALID_TXN_STATE, "Record was not part of an ongoing transaction");
    if (origin === "client") {
      const failure = this.#checkSequence(batch, entry, offset);
      if (failure !== null) return failure;
    }
    if (entry !== undefined && entry.transactionFirstOffset >= 0 && !batch.isTransactional) {
      return appendFailure(
        Errors.INVALID_TXN_STATE,
        `Expected transactional write from producer ${entry.producerId} at offset ${offset} in partition ${this.#name}`,
      );
    }
    return null;
  }

  #staleEpoch(
    { producerId, producerEpoch }: BatchView,
    entry: ProducerEntry,
    offset: Offset,
    comparison: string,
    transactionVersion: number,
  ): AppendFailure {
    return appendFailure(
      Errors.INVALID_PRODUCER_EPOCH,
      `Epoch of producer ${producerId} at offset ${offset} in ${this.#name} is ${producerEpoch}, which is ${comparison} the last seen epoch ${entry.producerEpoch} (TV${transactionVersion})`,
    );
  }

  #checkSequence(batch: BatchView, entry: ProducerEntry | undefined, offset: Offset): AppendFailure | null {
    const { producerEpoch, baseSequence, producerId } = batch;
    const guard = this.#guards.get(producerId);
    if (guard !== undefined) {
      // Each transaction has an epoch of its own and starts anew.
      const isLate = guard.bumpsEpoch && baseSequence !== 0 && (entry === undefined || entry.batches.length === 0);
      if (isLate || baseSequence > guard.lowestSequence) {
        const expected = isLate ? "0 (the first of an epoch)" : `${guard.lowestSequence} (earliest seen sequence)`;
        return this.#outOfOrder(producerId, offset, `${baseSequence} (incoming seq. number), ${expected}`);
      }
    }
    if (entry === undefined) return null;
    if (producerEpoch !== entry.producerEpoch) {
      if (baseSequence === 0 || entry.producerEpoch < 0) return null;
      const numbers = `${producerEpoch} (request epoch), ${baseSequence} (seq. number), ${entry.producerEpoch} (current producer epoch)`;
      return this.#outOfOrder(producerId, offset, numbers);
    }
    // A producer without an epoch has no sequence either.
    if (entry.producerEpoch < 0 || isInSequence(entry.lastSequence, baseSequence)) return null;
    const numbers = `${baseSequence} (incoming seq. number), ${entry.lastSequence} (current end sequence number)`;
    return this.#outOfOrder(producerId, offset, numbers);
  }

  #outOfOrder(producerId: ProducerId, offset: Offset, numbers: string): AppendFailure {
    return appendFailure(
      Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `Out of order sequence number for producer ${producerId} at offset ${offset} in partition ${this.#name}: ${numbers}`,
    );
  }

  /**
   * A coordinator of transaction.version 2 bumps the epoch before it writes the marker, so that a marker of the epoch that
   * the partition knows is a late one, unless it is the same one again: then its transaction has ended here.
   */
  #checkMarker(
    batch: BatchView,
    entry: ProducerEntry,
    offset: Offset,
    transactionVersion: number,
  ): AppendFailure | null {
    const { producerEpoch } = batch;
    const isBumped = transactionVersion >= 2;
    const isAgain = producerEpoch === entry.producerEpoch;
    const isRetry = isAgain && (entry.transactionFirstOffset < 0 || producerEpoch === producerEpochMax);
    if (producerEpoch < entry.producerEpoch || (isBumped && isAgain && !isRetry)) {
      return this.#staleEpoch(batch, entry, offset, isBumped ? "<=" : "<", transactionVersion);
    }
    return this.#checkCoordinator(batch, entry, offset);
  }

  #checkCoordinator(batch: BatchView, entry: ProducerEntry, offset: Offset): AppendFailure | null {
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
      if (this.#guards.size > 0 && batch.isTransactional) this.#dropGuard(batch);
    }
    this.endOffset = batch.nextOffset;
    return aborted;
  }

  /** What was verified has been used, or has ended with the transaction that it was for. */
  #dropGuard({ producerId, producerEpoch, isControl }: BatchView): void {
    const guard = this.#guards.get(producerId);
    // A late marker of the last transaction, which has the epoch of the next one.
    const isForNext = isControl && guard?.bumpsEpoch === true && guard.epoch === producerEpoch;
    if (!isForNext) this.#guards.delete(producerId);
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
    for (const [producerId, { startedMs }] of this.#guards) {
      if (nowMs - startedMs >= expirationMs) this.#guards.delete(producerId);
    }
  }

  /** Does what makes the state another one; where that throws, it is what it was. */
  remake(act: () => void): void {
    const { endOffset } = this;
    const entries = [...this.#entries.values()];
    const ended = [...this.transactions.ended()];
    try {
      act();
    } catch (error) {
      this.clear(endOffset);
      for (const entry of entries) this.restore(entry);
      this.transactions.restoreEnded(ended);
      throw error;
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

/** Whether the producer has begun a transaction in this epoch that has no marker yet. */
function isOngoing(entry: ProducerEntry | undefined, epoch: ProducerEpoch): boolean {
  return entry !== undefined && entry.transactionFirstOffset >= 0 && entry.producerEpoch === epoch;
}

/** The transaction marker of a control batch; undefined when compaction has emptied the batch. */
function markerOf(batch: BatchView): { isAbort: boolean; coordinatorEpoch: number } | undefined {
  const cursor = new RecordCursor(batch, payloadOf(batch));
  if (!cursor.next()) return undefined;
  const record = parseControlRecord(cursor.key(), cursor.value());
  if (record?.type !== ControlType.ABORT && record?.type !== ControlType.COMMIT) return undefined;
  return { isAbort: record.type === ControlType.ABORT, coordinatorEpoch: record.coordinatorEpoch };
}
