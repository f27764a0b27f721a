import { type ProducerEpoch, type ProducerId } from "../base/brand.ts";
import { type Clock, type Timers } from "../io/ports.ts";
import { type VerificationGuard } from "../log/producers/verification-guard.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { type Partition } from "./partition.ts";

/** What the leader of partitions asks the coordinator of a transaction: AddPartitionsToTxn as brokers send it. */
export interface VerificationRequest {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** The partitions must be in the transaction already; else they are added to it. */
  readonly verifyOnly: boolean;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

/** Reaches the coordinator of a transaction; bound to the transaction coordinator. */
export interface TransactionVerifier {
  /**
   * The coordinator's own error codes, one a partition in their order; NONE: the partition is in the ongoing transaction.
   * COORDINATOR_NOT_AVAILABLE when nobody is the coordinator. Never rejects.
   */
  addOrVerify(request: VerificationRequest): Promise<readonly ErrorCode[]>;
}

/**
 * What the client that sent a request can do, by the request's version: `legacy` knows no TRANSACTION_ABORTABLE,
 * `abortable` does, and `implicitAdd` has the partition added to the transaction with its first batch (KIP-890).
 */
export type TransactionSupport = "legacy" | "abortable" | "implicitAdd";

export function produceTransactionSupport(apiVersion: number): TransactionSupport {
  if (apiVersion >= 12) return "implicitAdd";
  return apiVersion === 11 ? "abortable" : "legacy";
}

/** A partition that a transactional batch is for. */
export interface WantedPartition {
  readonly partition: Partition;
  /** Of the batch; -1 where there is none. */
  readonly baseSequence: number;
}

export interface WantedTransaction {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly support: TransactionSupport;
  readonly partitions: readonly WantedPartition[];
}

/** What comes of it for one partition. */
export interface Verification {
  /** As the coordinator says it, but for what older clients do not know. */
  readonly errorCode: ErrorCode;
  /** To be shown with the append; null when the transaction goes on in this partition, or verification is off. */
  readonly guard: VerificationGuard | null;
}

export interface TransactionVerificationOptions {
  readonly verifier: TransactionVerifier;
  readonly clock: Clock;
  readonly timers: Timers;
  /** `transaction.partition.verification.enable`, as it is now. */
  readonly isEnabled: () => boolean;
  /** `add.partitions.to.txn.retry.backoff.ms`: the longest pause. The first ones are short, since asking costs little. */
  readonly retryBackoffMs: number;
  /** `add.partitions.to.txn.retry.backoff.max.ms`, at most `request.timeout.ms` */
  readonly retryMsMax: number;
}

const notNeeded: Verification = { errorCode: Errors.NONE, guard: null };

/** Makes sure that what is written within a transaction is known to its coordinator before it is in a log (KIP-890). */
export class TransactionVerification {
  readonly #options: TransactionVerificationOptions;

  constructor(options: TransactionVerificationOptions) {
    this.#options = options;
  }

  /** One result a partition, in their order; no promise when the coordinator need not be asked. */
  start(wanted: WantedTransaction): readonly Verification[] | Promise<readonly Verification[]> {
    const isAdded = wanted.support === "implicitAdd";
    if (!isAdded && !this.#options.isEnabled()) return wanted.partitions.map(() => notNeeded);
    const nowMs = this.#options.clock.wallMs();
    const begun = wanted.partitions.map(({ partition, baseSequence }): Verification => {
      const begin = partition.startVerification(wanted.producerId, wanted.producerEpoch, baseSequence, isAdded, nowMs);
      return typeof begin === "number" ? { errorCode: begin, guard: null } : { errorCode: Errors.NONE, guard: begin };
    });
    return begun.some(({ guard }) => guard !== null) ? this.#ask(wanted, begun) : begun;
  }

  /**
   * As `start`; while the coordinator is still ending the producer's last transaction it is asked again for a short time,
   * since it costs a client more to send its records anew.
   */
  startPatiently(wanted: WantedTransaction): readonly Verification[] | Promise<readonly Verification[]> {
    const started = this.start(wanted);
    if (!(started instanceof Promise) || wanted.support !== "implicitAdd") return started;
    return this.#untilNotConcurrent(wanted, started);
  }

  async #untilNotConcurrent(
    wanted: WantedTransaction,
    first: Promise<readonly Verification[]>,
  ): Promise<readonly Verification[]> {
    const { clock, timers, retryBackoffMs, retryMsMax } = this.#options;
    const startedMs = clock.monotonicMs();
    let results = await first;
    let delayMs = 1;
    while (results.some(({ errorCode }) => errorCode === Errors.CONCURRENT_TRANSACTIONS)) {
      if (clock.monotonicMs() - startedMs >= retryMsMax) break;
      await new Promise<void>((resolve) => void timers.after(delayMs, resolve));
      delayMs = Math.min(2 * delayMs, retryBackoffMs);
      results = await this.start(wanted);
    }
    return results;
  }

  async #ask(wanted: WantedTransaction, begun: readonly Verification[]): Promise<readonly Verification[]> {
    const { transactionalId, producerId, producerEpoch, support } = wanted;
    const asked = wanted.partitions.filter((_, index) => begun[index]!.guard !== null);
    const codes = await this.#options.verifier.addOrVerify({
      transactionalId,
      producerId,
      producerEpoch,
      verifyOnly: support !== "implicitAdd",
      partitions: asked.map(({ partition }) => ({ topic: partition.topic, partition: partition.index })),
    });
    let next = 0;
    return begun.map((verification) => {
      if (verification.guard === null) return verification;
      return {
        errorCode: toProducers(codes[next++] ?? Errors.UNKNOWN_SERVER_ERROR, support),
        guard: verification.guard,
      };
    });
  }
}

/** What a producer expects to hear in place of what the coordinator says to brokers. */
function toProducers(errorCode: ErrorCode, support: TransactionSupport): ErrorCode {
  if (errorCode === Errors.PRODUCER_FENCED) return Errors.INVALID_PRODUCER_EPOCH;
  if (errorCode === Errors.TRANSACTION_ABORTABLE && support === "legacy") return Errors.INVALID_TXN_STATE;
  return errorCode;
}
