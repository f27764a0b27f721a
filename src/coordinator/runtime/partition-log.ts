import { type Offset, type ProducerEpoch, type ProducerId } from "../../base/brand.ts";
import { type ErrorCode } from "../../protocol/errors.ts";

/** A partition of one of the internal topics that coordinators keep their state in. */
export interface CoordinatorPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What became of an append: it is in the log, or not at all. */
export type AppendOutcome =
  | {
      readonly ok: true;
      /** Offset that the batch's first record got. */
      readonly baseOffset: Offset;
      /**
       * Resolves when the high watermark has passed the batch (NONE), or with the error when the batch will never be in the
       * log after all. When leadership is lost meanwhile it may stay pending: `CoordinatorRuntime.resign` ends the wait.
       */
      readonly committed: Promise<ErrorCode>;
    }
  | { readonly ok: false; readonly error: ErrorCode };

/** A batch as it is to be appended, or why it cannot be. */
export type PreparedBatch =
  | { readonly ok: true; readonly records: Buffer }
  | { readonly ok: false; readonly error: ErrorCode };

/** Who writes in a transaction. */
export interface TransactionalProducer {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/** How the coordinator of a transaction is asked about one: by clients that have added the partition, or that have not. */
export type VerificationKind = "verify" | "verify, abortable errors" | "add";

/** What the log gives whoever asks for verification, and wants back with the write: no marker came in between. */
export type VerificationGuard = object;

export type Verification =
  | {
      readonly ok: true;
      /** undefined when none is needed: the log knows the transaction. */ readonly guard:
        | VerificationGuard
        | undefined;
    }
  | { readonly ok: false; readonly error: ErrorCode };

/** What an append of a transaction's records, or of its marker, comes with. */
export interface TransactionAppend {
  readonly guard?: VerificationGuard | undefined;
  /** Of markers: 0 to 2, as the transaction's coordinator wrote it. */
  readonly transactionVersion?: number;
}

/** How coordinators write to their partitions; bound to the replicas of this node. */
export interface PartitionWriter {
  /**
   * Makes of a batch what its topic wants: checks the records and compresses them in another way (`compression.type`).
   * undefined when the batch can be appended as it is.
   */
  prepare(partition: CoordinatorPartition, batch: Buffer): Promise<PreparedBatch> | undefined;
  /**
   * Appends one prepared batch at the end of the log before it returns; batches stand in the log in the order of the calls.
   * It fails with NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, KAFKA_STORAGE_ERROR, MESSAGE_TOO_LARGE, INVALID_TIMESTAMP, …;
   * batches of transactions also with INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED.
   */
  append(partition: CoordinatorPartition, batch: Buffer, transaction?: TransactionAppend): AppendOutcome;
  /** The largest batch that `append` takes (`max.message.bytes` of the topic). */
  batchSizeBytesMax(partition: CoordinatorPartition): number;
  /** Finds out, before a write in a transaction, whether the partition is part of it; "add" makes it so. Never rejects. */
  verifyTransaction(
    partition: CoordinatorPartition,
    producer: TransactionalProducer,
    kind: VerificationKind,
  ): Promise<Verification>;
}

export type LoadOutcome =
  | { readonly ok: true; /** Offset that the next record will get. */ readonly endOffset: Offset }
  | { readonly ok: false; readonly error: ErrorCode };

/** How coordinators read their partitions back; bound to the replicas of this node. */
export interface PartitionLoader {
  /**
   * Reads the partition from its log start offset to its log end offset: whole batches as they stand in the log, in order.
   * Waits for `onRecords` before it reads on, and lets the event loop turn in between. Control batches are handed over
   * too. It never rejects but with what `onRecords` rejects with.
   */
  load(partition: CoordinatorPartition, onRecords: (records: Buffer) => Promise<void>): Promise<LoadOutcome>;
}
