import { type Offset, type ProducerId } from "../../base/brand.ts";
import { type BatchView } from "../../protocol/records/batch-header.ts";
import { ControlType, controlTypeOf } from "../../protocol/records/control-records.ts";
import { RecordCursor } from "../../protocol/records/record-cursor.ts";
import { payloadOf } from "../../protocol/records/record-iterator.ts";
import { type AbortedTransaction } from "../segment/transaction-index.ts";

interface OpenAborted {
  readonly transaction: AbortedTransaction;
  hasBatches: boolean;
}

/**
 * Follows the transactions while the batches of a log go by in order, and says what of them is of no use any more: the
 * records of one that was aborted, and the marker of one of which no batch is left.
 */
export class CleanedTransactions {
  /** By first offset. */
  readonly #aborted: readonly AbortedTransaction[];
  #next = 0;
  readonly #openAborted = new Map<ProducerId, OpenAborted>();
  readonly #openCommitted = new Set<ProducerId>();
  readonly #onAbortKept: (transaction: AbortedTransaction) => void;

  /**
   * @param aborted all that overlap the range that goes by
   * @param onAbortKept told of a transaction when its marker goes by and batches of it are left: readers need it in the
   * index still
   */
  constructor(aborted: readonly AbortedTransaction[], onAbortKept: (transaction: AbortedTransaction) => void) {
    this.#aborted = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset);
    this.#onAbortKept = onAbortKept;
  }

  /** Whether the batch, of records, is of an aborted transaction. */
  isAborted(batch: BatchView): boolean {
    this.#openUpTo(batch.lastOffset);
    if (!batch.isTransactional) return false;
    const open = this.#openAborted.get(batch.producerId);
    if (open === undefined) {
      this.#openCommitted.add(batch.producerId);
      return false;
    }
    open.hasBatches = true;
    return true;
  }

  /** Whether the control batch marks the end of a transaction of which nothing is left. */
  isMarkerOfNothing(batch: BatchView): boolean {
    this.#openUpTo(batch.lastOffset);
    const cursor = new RecordCursor(batch, payloadOf(batch));
    // Compaction has taken the marker already; the batch stood for its producer.
    if (!cursor.next()) return true;
    const type = controlTypeOf(cursor.key());
    if (type === ControlType.COMMIT) return !this.#openCommitted.delete(batch.producerId);
    if (type !== ControlType.ABORT) return false;
    const open = this.#openAborted.get(batch.producerId);
    this.#openAborted.delete(batch.producerId);
    if (open === undefined || !open.hasBatches) return true;
    this.#onAbortKept(open.transaction);
    return false;
  }

  #openUpTo(offset: Offset): void {
    for (; this.#next < this.#aborted.length; this.#next++) {
      const transaction = this.#aborted[this.#next]!;
      if (transaction.firstOffset > offset) return;
      if (!this.#openAborted.has(transaction.producerId)) {
        this.#openAborted.set(transaction.producerId, { transaction, hasBatches: false });
      }
    }
  }
}
