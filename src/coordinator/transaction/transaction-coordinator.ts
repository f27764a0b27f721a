import { type LeaderEpoch, type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { type Clock, type Logger, type Timers } from "../../io/ports.ts";
import { type ApiRequest } from "../../protocol/apis.ts";
import { errorName, Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type CoordinatorRuntime } from "../runtime/coordinator-runtime.ts";
import { clientErrorOf } from "../runtime/operation-errors.ts";
import { partitionFor } from "../runtime/partition-for.ts";
import { type Result } from "../runtime/ticket.ts";
import { abortTimedOutWith } from "./abort-timed-out.ts";
import { addPartitions, type AddPartitionsRequest } from "./add-partitions.ts";
import { completeTransaction } from "./complete-transaction.ts";
import { describeTransaction, type DescribedTransaction } from "./describe-transaction.ts";
import {
  endTransaction,
  needsProducerId,
  sendMarkersAgain,
  type EndTransactionRequest,
  type EndTransactionResponse,
} from "./end-transaction.ts";
import { initProducer, type InitProducerRequest, type InitProducerResponse } from "./init-producer-id.ts";
import { listTransactions, matchingTransactions, type ListTransactionsResponse } from "./list-transactions.ts";
import { TransactionCompletion } from "./transaction-completion.ts";
import { type TransactionCoordinatorConfig } from "./transaction-config.ts";
import { type TransactionMarkers } from "./transaction-markers.ts";
import { type TransactionRecord } from "./transaction-records.ts";
import { transactionShard } from "./transaction-shard.ts";
import { type TransactionState, type TransactionTurn } from "./transaction-state.ts";
import { noProducerEpoch, noProducerId, noTimeoutMs, type TopicPartition, type Transaction } from "./transaction.ts";
import { verifyPartitions } from "./verify-partitions.ts";

export type ProducerIdResult = { readonly errorCode: ErrorCode; readonly producerId: ProducerId };

export interface TransactionCoordinatorOptions {
  readonly config: TransactionCoordinatorConfig;
  readonly createRuntime: (
    shard: ReturnType<typeof transactionShard>,
  ) => CoordinatorRuntime<TransactionState, TransactionRecord>;
  readonly markers: TransactionMarkers;
  /** A producer id that nobody had before, from the controller. */
  readonly takeProducerId: () => Promise<ProducerIdResult>;
  readonly partitionExists: (partition: TopicPartition) => boolean;
  /** Of `__transaction_state` when it is there, else what it will be created with. */
  readonly partitionCount: () => number;
  /** The cluster's level of `transaction.version`. */
  readonly transactionVersion: () => number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

export interface InitProducerCall extends InitProducerRequest {
  readonly enableTwoPhaseCommit: boolean;
  readonly keepPreparedTransaction: boolean;
}

/** When to look again whether a record made it into the log that should have. */
const doubtDelayMs = 100;

export interface AddOrVerifyRequest extends Omit<AddPartitionsRequest, "clientVersion"> {
  /** The partitions must be in the transaction already; else they are added to it. */
  readonly verifyOnly: boolean;
}

/** About as long as clients, and brokers that ask for them, wait between attempts. */
const patienceMs = 20;

/**
 * The transactions of this node, as request handlers and other coordinators see them: finds the shard of a transactional id,
 * gets producer ids where a shard needs one, and brings prepared transactions to their end.
 */
export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions;
  readonly #runtime: CoordinatorRuntime<TransactionState, TransactionRecord>;
  readonly #completion: TransactionCompletion;
  /** Leader epochs of the partitions that this node leads. */
  readonly #epochs = new Map<number, LeaderEpoch>();
  #isActive = true;

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options;
    const { config, transactionVersion, markers, partitionExists, timers, logger } = options;
    const effects = {
      onPrepared: (transaction: Transaction) => this.#onPrepared(transaction),
      onPreparedInDoubt: (transaction: Transaction) => this.#onPreparedInDoubt(transaction),
      onTimedOutWithoutEpochs: (transaction: Transaction) => void this.#abortWithNewId(transaction),
    };
    this.#runtime = options.createRuntime(transactionShard({ config, effects, transactionVersion }));
    this.#completion = new TransactionCompletion({
      markers,
      partitionExists,
      complete: (...ended) => this.#complete(...ended),
      timers,
      logger,
    });
  }

  partitionFor(transactionalId: string): number {
    return partitionFor(transactionalId, this.#options.partitionCount());
  }

  /** This node leads a partition of `__transaction_state` from now on. Resolves when it is loaded. */
  async onElection(partition: number, leaderEpoch: LeaderEpoch): Promise<void> {
    if (!this.#isActive || leaderEpoch <= (this.#epochs.get(partition) ?? -1)) return;
    this.#dropCompletions(partition);
    this.#epochs.set(partition, leaderEpoch);
    await this.#runtime.elect(partition, leaderEpoch);
  }

  /** Whether it was told so, by `onElection`. */
  leads(partition: number): boolean {
    return this.#runtime.leads(partition);
  }

  /** This node does not lead it any more; no epoch when the partition was deleted. */
  onResignation(partition: number, leaderEpoch?: LeaderEpoch): void {
    const current = this.#epochs.get(partition);
    if (current === undefined || (leaderEpoch !== undefined && leaderEpoch < current)) return;
    this.#epochs.delete(partition);
    this.#dropCompletions(partition);
    this.#runtime.resign(partition, leaderEpoch);
  }

  /** Whoever waits hears NOT_COORDINATOR, and requests that come later COORDINATOR_NOT_AVAILABLE. */
  close(): void {
    this.#isActive = false;
    this.#completion.close();
    this.#runtime.close();
  }

  /** For an id that is not empty. Tests in the order of Kafka's. */
  async initProducer(call: InitProducerCall): Promise<InitProducerResponse> {
    const refusal = this.#refusalOf(call.transactionalId) ?? this.#refusalOfInit(call);
    if (refusal !== undefined) return withoutProducer(refusal);
    const timeoutMs = call.enableTwoPhaseCommit ? noTimeoutMs : call.timeoutMs;
    return this.#withProducerId(call.transactionalId, (turn, freeId) =>
      initProducer(turn, { ...call, timeoutMs }, freeId),
    );
  }

  async endTransaction(request: EndTransactionRequest): Promise<EndTransactionResponse> {
    const refusal = this.#refusalOf(request.transactionalId);
    if (refusal !== undefined) return withoutProducer(refusal);
    return this.#withProducerId(request.transactionalId, (turn, freeId) => endTransaction(turn, request, freeId));
  }

  /** All of the partitions become part of the transaction, or none. */
  async addPartitions(request: AddPartitionsRequest): Promise<ErrorCode> {
    const refusal = this.#refusalOf(request.transactionalId);
    if (refusal !== undefined) return refusal;
    const result = await this.#runtime.write<ErrorCode>(this.partitionFor(request.transactionalId), (turn, ticket) =>
      turn.reply(ticket, addPartitions(turn, request)),
    );
    return responseOf(result, (errorCode) => errorCode);
  }

  /**
   * The same, but while the producer's last transaction is not complete it waits for that: a moment here saves the client a
   * second attempt.
   */
  async addPartitionsPatiently(request: AddPartitionsRequest): Promise<ErrorCode> {
    const errorCode = await this.addPartitions(request);
    if (errorCode !== Errors.CONCURRENT_TRANSACTIONS) return errorCode;
    await this.#completion.whenDone(request.transactionalId, patienceMs);
    return this.addPartitions(request);
  }

  /** A code for each partition: TRANSACTION_ABORTABLE when the open transaction does not have it. */
  verifyPartitions(request: Omit<AddPartitionsRequest, "clientVersion">): ErrorCode[] {
    const refusal = this.#refusalOf(request.transactionalId);
    if (refusal !== undefined) return request.partitions.map(() => refusal);
    const result = this.#runtime.read(this.partitionFor(request.transactionalId), (state) =>
      verifyPartitions(state, request),
    );
    return responseOf(result, (errorCode) => request.partitions.map(() => errorCode));
  }

  /**
   * AddPartitionsToTxn as brokers ask it, before the first record of a transaction goes into a partition: a code for each
   * partition; COORDINATOR_NOT_AVAILABLE where nobody coordinates the id.
   */
  async addOrVerify({ verifyOnly, ...request }: AddOrVerifyRequest): Promise<readonly ErrorCode[]> {
    const { transactionalId, partitions } = request;
    const all = (errorCode: ErrorCode) => partitions.map(() => errorCode);
    if (!this.#epochs.has(this.partitionFor(transactionalId))) return all(Errors.COORDINATOR_NOT_AVAILABLE);
    if (verifyOnly) return this.verifyPartitions(request);
    return all(await this.addPartitionsPatiently({ ...request, clientVersion: 2 }));
  }

  describeTransactions(transactionalIds: readonly string[]): DescribedTransaction[] {
    return transactionalIds.map((transactionalId) => {
      const refusal = this.#refusalOf(transactionalId);
      if (refusal !== undefined) return { transactionalId, errorCode: refusal };
      const result = this.#runtime.read(this.partitionFor(transactionalId), (state) =>
        describeTransaction(state, transactionalId, this.#completion.remaining(transactionalId)),
      );
      return responseOf(result, (errorCode) => ({ transactionalId, errorCode }));
    });
  }

  /** The transactions of all partitions that this node leads. */
  listTransactions(request: ApiRequest<"listTransactions">): ListTransactionsResponse {
    if (!this.#isActive) return { errorCode: Errors.COORDINATOR_NOT_AVAILABLE };
    return listTransactions((read) => this.#runtime.readAll(read), request, this.#options.clock.wallMs());
  }

  /** The same of those whose ids match the request's pattern, for which `matchesId` stands. */
  listMatching(
    request: ApiRequest<"listTransactions">,
    matchesId: (transactionalId: string) => boolean,
  ): Promise<ListTransactionsResponse> {
    return matchingTransactions(this.listTransactions(request), matchesId, this.#options.timers);
  }

  #refusalOf(transactionalId: string): ErrorCode | undefined {
    if (!this.#isActive) return Errors.COORDINATOR_NOT_AVAILABLE;
    return transactionalId === "" ? Errors.INVALID_REQUEST : undefined;
  }

  #refusalOfInit(call: InitProducerCall): ErrorCode | undefined {
    const { isTwoPhaseCommitEnabled, timeoutMsMax } = this.#options.config;
    if (call.enableTwoPhaseCommit && !isTwoPhaseCommitEnabled) return Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    // Kafka 4.3 has the flag in the protocol, and nothing behind it.
    if (call.keepPreparedTransaction) return Errors.UNSUPPORTED_VERSION;
    const isTimeoutValid = call.enableTwoPhaseCommit || (call.timeoutMs > 0 && call.timeoutMs <= timeoutMsMax);
    return isTimeoutValid ? undefined : Errors.INVALID_TRANSACTION_TIMEOUT;
  }

  /** Runs an operation; when it cannot go on without a new producer id, gets one and runs it again. */
  async #withProducerId<T extends { readonly errorCode: ErrorCode }>(
    transactionalId: string,
    operation: (turn: TransactionTurn, freeId: ProducerId | undefined) => T | typeof needsProducerId,
  ): Promise<T | EndTransactionResponse> {
    const run = async (freeId: ProducerId | undefined) => {
      const result = await this.#runtime.write<T | typeof needsProducerId>(
        this.partitionFor(transactionalId),
        (turn, ticket) => turn.reply(ticket, operation(turn, freeId)),
      );
      return result.ok ? result.response : withoutProducer(clientErrorOf(result.error));
    };
    const response = await run(undefined);
    if (response !== needsProducerId) return response;
    const { errorCode, producerId } = await this.#options.takeProducerId();
    // Older clients take other errors for the end of all things.
    if (errorCode !== Errors.NONE) return withoutProducer(Errors.COORDINATOR_LOAD_IN_PROGRESS);
    const second = await run(producerId);
    return second === needsProducerId ? withoutProducer(Errors.COORDINATOR_LOAD_IN_PROGRESS) : second;
  }

  #onPrepared(transaction: Transaction): void {
    const epoch = this.#epochs.get(this.partitionFor(transaction.transactionalId));
    if (epoch !== undefined && this.#isActive) this.#completion.start(transaction, epoch, this.#options.clock.wallMs());
  }

  #onPreparedInDoubt(transaction: Transaction): void {
    this.#options.timers.after(doubtDelayMs, () => {
      void this.#runtime.write<undefined>(this.partitionFor(transaction.transactionalId), (turn, ticket) => {
        sendMarkersAgain(turn, transaction);
        turn.reply(ticket, undefined);
      });
    });
  }

  async #complete(transaction: Transaction, completedAtMs: TimestampMs): Promise<ErrorCode> {
    const partition = this.partitionFor(transaction.transactionalId);
    const result = await this.#runtime.write<ErrorCode>(partition, (turn, ticket) => {
      completeTransaction(turn, transaction, completedAtMs);
      turn.reply(ticket, Errors.NONE);
    });
    return responseOf(result, (errorCode) => errorCode);
  }

  async #abortWithNewId(transaction: Transaction): Promise<void> {
    const { takeProducerId, logger } = this.#options;
    const { transactionalId } = transaction;
    const { errorCode, producerId } = await takeProducerId();
    // The next round tries again.
    if (errorCode !== Errors.NONE) {
      logger.warn({ transactionalId, error: errorName(errorCode) }, "no producer id to abort a transaction with");
      return;
    }
    await this.#runtime.write<undefined>(this.partitionFor(transactionalId), (turn, ticket) => {
      abortTimedOutWith(turn, transaction, producerId);
      turn.reply(ticket, undefined);
    });
  }

  #dropCompletions(partition: number): void {
    this.#completion.drop((transactionalId) => this.partitionFor(transactionalId) === partition);
  }
}

function withoutProducer(errorCode: ErrorCode): EndTransactionResponse {
  return { errorCode, producerId: noProducerId, producerEpoch: noProducerEpoch };
}

function responseOf<T>(result: Result<T>, onError: (error: ErrorCode) => T): T {
  return result.ok ? result.response : onError(clientErrorOf(result.error));
}
