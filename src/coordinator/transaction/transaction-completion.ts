import { type LeaderEpoch, type TimestampMs } from "../../base/brand.ts";
import { type Logger, type Timers } from "../../io/ports.ts";
import { errorName, Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type TransactionMarkers } from "./transaction-markers.ts";
import { partitionsIn, type TopicPartition, type Transaction } from "./transaction.ts";

export interface TransactionCompletionOptions {
  readonly markers: TransactionMarkers;
  /** Whether the partition is in the metadata: of one that was deleted nobody needs to hear how the transaction ended. */
  readonly partitionExists: (partition: TopicPartition) => boolean;
  /** Writes that the transaction is complete; resolves with a client's error when that could not be written. */
  readonly complete: (transaction: Transaction, completedAtMs: TimestampMs) => Promise<ErrorCode>;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** A prepared transaction on its way to be complete. */
interface Work {
  readonly transaction: Transaction;
  readonly coordinatorEpoch: LeaderEpoch;
  readonly preparedAtMs: TimestampMs;
  /** Partitions without a marker so far. */
  partitions: TopicPartition[];
  /** To be called when there is nothing more to do. */
  readonly waiting: Set<() => void>;
}

/** How long to wait before what failed is tried again. */
const retryDelayMs = 50;

/**
 * Brings prepared transactions to their end: a marker into each partition, again until it is there, then the record that all
 * is done. A later decision about the same id replaces what is under way, which is then dropped at its next step.
 */
export class TransactionCompletion {
  readonly #options: TransactionCompletionOptions;
  readonly #workById = new Map<string, Work>();
  #isClosed = false;

  constructor(options: TransactionCompletionOptions) {
    this.#options = options;
  }

  start(transaction: Transaction, coordinatorEpoch: LeaderEpoch, preparedAtMs: TimestampMs): void {
    const partitions = partitionsIn(transaction.partitions);
    const work: Work = { transaction, coordinatorEpoch, preparedAtMs, partitions, waiting: new Set() };
    this.#end(transaction.transactionalId);
    this.#workById.set(transaction.transactionalId, work);
    void this.#run(work);
  }

  /** Drops what belongs to another coordinator now. */
  drop(isDropped: (transactionalId: string) => boolean): void {
    for (const transactionalId of this.#workById.keys()) {
      if (isDropped(transactionalId)) this.#end(transactionalId);
    }
  }

  /** Resolves when the id's transaction is complete, but after so long at the latest. */
  whenDone(transactionalId: string, patienceMs: number): Promise<void> {
    const work = this.#workById.get(transactionalId);
    if (work === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        work.waiting.delete(done);
        resolve();
      };
      const timer = this.#options.timers.after(patienceMs, done);
      work.waiting.add(done);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.drop(() => true);
  }

  /** The partitions of the id's transaction that have no marker yet; undefined when none are being written. */
  remaining(transactionalId: string): readonly TopicPartition[] | undefined {
    return this.#workById.get(transactionalId)?.partitions;
  }

  async #run(work: Work): Promise<void> {
    await this.#writeMarkers(work);
    if (!this.#isCurrent(work)) return;
    if (work.partitions.length > 0) this.#retry(work);
    else await this.#complete(work);
  }

  async #writeMarkers(work: Work): Promise<void> {
    const { markers, partitionExists, logger } = this.#options;
    const { transactionalId, producerId, producerEpoch, status, clientVersion } = work.transaction;
    const partitions = work.partitions.filter(partitionExists);
    if (partitions.length < work.partitions.length) {
      logger.info(
        { transactionalId, partitions: work.partitions.length - partitions.length },
        "partitions of a transaction are gone",
      );
      work.partitions = partitions;
    }
    if (partitions.length === 0) return;
    const marker = {
      producerId,
      producerEpoch,
      coordinatorEpoch: work.coordinatorEpoch,
      isCommit: status === "PrepareCommit",
      transactionVersion: clientVersion,
      partitions,
    };
    const [codes = []] = await markers.write([marker]);
    if (!this.#isCurrent(work)) return;
    const fatal = codes.find(isFatal);
    if (fatal !== undefined) {
      logger.warn(
        { transactionalId, error: errorName(fatal) },
        "another producer or coordinator has ended a transaction",
      );
      this.#end(transactionalId);
      return;
    }
    work.partitions = partitions.filter((_, index) => !isSettled(codes[index] ?? Errors.UNKNOWN_SERVER_ERROR));
    if (work.partitions.length === 0) return;
    const errors = [...new Set(codes)].filter((code) => !isSettled(code)).map(errorName);
    logger.debug({ transactionalId, errors }, "markers of a transaction not written, trying again");
  }

  async #complete(work: Work): Promise<void> {
    const { complete, logger } = this.#options;
    const { transaction, preparedAtMs } = work;
    const { transactionalId } = transaction;
    const errorCode = await complete(transaction, preparedAtMs);
    if (!this.#isCurrent(work)) return;
    switch (errorCode) {
      case Errors.NONE:
      // Whoever coordinates the id now, or loads it, finds it prepared and completes it.
      case Errors.NOT_COORDINATOR:
      case Errors.COORDINATOR_LOAD_IN_PROGRESS:
        this.#end(transactionalId);
        return;
      default:
        logger.warn({ transactionalId, error: errorName(errorCode) }, "end of a transaction not written, trying again");
        this.#retry(work);
    }
  }

  #end(transactionalId: string): void {
    const work = this.#workById.get(transactionalId);
    if (work === undefined) return;
    this.#workById.delete(transactionalId);
    for (const done of work.waiting) done();
  }

  #retry(work: Work): void {
    this.#options.timers.after(retryDelayMs, () => {
      if (this.#isCurrent(work)) void this.#run(work);
    });
  }

  #isCurrent(work: Work): boolean {
    return !this.#isClosed && this.#workById.get(work.transaction.transactionalId) === work;
  }
}

/** The partition needs no marker any more: it has one, or its format can hold neither the marker nor the transaction. */
function isSettled(code: ErrorCode): boolean {
  return code === Errors.NONE || code === Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT || code === Errors.UNSUPPORTED_VERSION;
}

/** The transaction is not ours to end any more. */
function isFatal(code: ErrorCode): boolean {
  return code === Errors.INVALID_PRODUCER_EPOCH || code === Errors.TRANSACTION_COORDINATOR_FENCED;
}
