import { javaHashOrder } from "../../../base/java-hash.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { errorName, Errors } from "../../../protocol/errors.ts";
import { partitionHash } from "../../command/java-hash-order.ts";
import { DisconnectError, KafkaError } from "../kafka-error.ts";
import { partitionName, type TopicPartition } from "../topic-partition.ts";
import { type AdminCalls } from "./admin-calls.ts";
import { FinalError, isStaleLeader, throwUnlessFine, TransactionCalls } from "./transaction-calls.ts";

export type ProducerState =
  ApiResponse<"describeProducers">["topics"][number]["partitions"][number]["activeProducers"][number];

export interface TransactionDescription {
  readonly coordinatorId: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly state: string;
  readonly timeoutMs: number;
  /** Undefined while no transaction is open. */
  readonly startTimeMs: number | undefined;
  readonly partitions: readonly TopicPartition[];
}

export interface TransactionListing {
  readonly coordinatorId: number;
  readonly transactionalId: string;
  readonly producerId: number;
  readonly state: string;
}

export interface TransactionFilter {
  readonly producerIds?: readonly number[];
  readonly durationMs?: number | undefined;
  readonly idPattern?: string | undefined;
}

/** A transaction to abort in one partition, whatever its coordinator says. */
export interface AbortSpec extends TopicPartition {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
}

const handlers = "org.apache.kafka.clients.admin.internals";

/** What an administrator can ask and do about transactions. Each operation retries what may pass. */
export class TransactionAdmin {
  readonly #calls: AdminCalls;
  readonly #transactions: TransactionCalls;

  constructor(calls: AdminCalls) {
    this.#calls = calls;
    this.#transactions = new TransactionCalls(calls);
  }

  /** The transactional ids of every broker, in the order of the brokers' ids. */
  async list(filter: TransactionFilter): Promise<TransactionListing[]> {
    const { brokers } = await this.#calls.ask("listTransactions", "describeCluster", {});
    const ids = brokers.map(({ brokerId }) => brokerId).sort((a, b) => a - b);
    const found = await Promise.all(ids.map((id) => this.#transactionsOf(id, filter)));
    return found.flat();
  }

  async describe(transactionalId: string): Promise<TransactionDescription> {
    const about = `DescribeTransactions request for transactionalId \`${transactionalId}\` failed`;
    const { broker, answer } = await this.#transactions.fromCoordinator(
      transactionalId,
      "describeTransactions",
      async (connection) => {
        const { transactionStates } = await connection.send("describeTransactions", {
          transactionalIds: [transactionalId],
        });
        const [state] = transactionStates;
        if (state === undefined) throw new DisconnectError();
        throwUnlessFine(state.errorCode, {
          [Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED]: `${about} due to authorization failure`,
          [Errors.TRANSACTIONAL_ID_NOT_FOUND]: `${about} because the ID could not be found`,
          otherwise: `${about} due to unexpected error`,
        });
        return state;
      },
    );
    const partitions = answer.topics.flatMap(({ topic, partitions: indexes }) =>
      indexes.map((partition) => ({ topic, partition })),
    );
    return {
      coordinatorId: broker,
      producerId: answer.producerId,
      producerEpoch: answer.producerEpoch,
      state: answer.transactionState,
      timeoutMs: answer.transactionTimeoutMs,
      startTimeMs: answer.transactionStartTimeMs < 0 ? undefined : answer.transactionStartTimeMs,
      partitions: javaHashOrder(partitions, partitionHash),
    };
  }

  /** Ends the open transaction of an id, and fences its producer. */
  async forceTerminate(transactionalId: string): Promise<void> {
    const about = `InitProducerId request for transactionalId \`${transactionalId}\` failed due to`;
    await this.#transactions.fromCoordinator(transactionalId, "fenceProducer", async (connection) => {
      const { errorCode } = await connection.send("initProducerId", {
        transactionalId,
        transactionTimeoutMs: this.#calls.cluster.options.requestTimeoutMs,
      });
      throwUnlessFine(errorCode, {
        [Errors.CLUSTER_AUTHORIZATION_FAILED]: `${about} cluster authorization failure`,
        [Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED]: `${about} transactional ID authorization failure`,
        otherwise: `${about} unexpected error`,
      });
    });
  }

  /** The producers that a partition knows, asked of its leader or of `brokerId`. */
  async describeProducers(where: TopicPartition, brokerId?: number): Promise<readonly ProducerState[]> {
    const { topic, partition } = where;
    const name = partitionName(where);
    const about = "Failed to describe active producers for partition";
    return this.#transactions.fromReplica(where, "describeProducers", brokerId, async (connection) => {
      const answer = await connection.send("describeProducers", {
        topics: [{ name: topic, partitionIndexes: [partition] }],
      });
      const result = answer.topics[0]?.partitions[0];
      if (result === undefined) throw new DisconnectError();
      const { errorCode, errorMessage } = result;
      if (errorCode === Errors.NOT_LEADER_OR_FOLLOWER && brokerId !== undefined) {
        this.#complain("DescribeProducersHandler", errorCode, errorMessage, {
          line: `Not leader error in \`DescribeProducers\` response for partition ${name} for brokerId ${brokerId} set in options`,
        });
        throw new FinalError(errorCode, `${about} ${name} on brokerId ${brokerId}`);
      }
      if (errorCode !== Errors.NONE && !isStaleLeader(errorCode)) {
        const what =
          errorCode === Errors.INVALID_TOPIC_EXCEPTION
            ? "Invalid topic"
            : errorCode === Errors.TOPIC_AUTHORIZATION_FAILED
              ? "Authorization failed"
              : "Unexpected error";
        this.#complain("DescribeProducersHandler", errorCode, errorMessage, {
          line: `${what} in \`DescribeProducers\` response for partition ${name}`,
        });
      }
      throwUnlessFine(errorCode, {
        [Errors.INVALID_TOPIC_EXCEPTION]: `Failed to fetch metadata for partition ${name} due to invalid topic error: ${errorMessage ?? new KafkaError(errorCode).message}`,
        [Errors.TOPIC_AUTHORIZATION_FAILED]: `${about} ${name} due to authorization failure on topic \`${topic}\``,
        otherwise: `${about} ${name} due to unexpected error`,
      });
      return result.activeProducers;
    });
  }

  async abort(spec: AbortSpec): Promise<void> {
    const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = spec;
    const about = `WriteTxnMarkers request with ${describeAbort(spec)} failed`;
    await this.#transactions.fromReplica(spec, "abortTransaction", undefined, async (connection) => {
      const answer = await connection.send("writeTxnMarkers", {
        markers: [
          {
            producerId,
            producerEpoch,
            coordinatorEpoch,
            transactionResult: false,
            topics: [{ name: topic, partitionIndexes: [partition] }],
          },
        ],
      });
      const { errorCode } = answer.markers[0]?.topics[0]?.partitions[0] ?? { errorCode: Errors.UNKNOWN_SERVER_ERROR };
      if (errorCode !== Errors.NONE && !isStaleLeader(errorCode)) this.#complainOfAbort(spec, errorCode);
      throwUnlessFine(errorCode, {
        [Errors.CLUSTER_AUTHORIZATION_FAILED]: `${about} due to cluster authorization error`,
        [Errors.INVALID_PRODUCER_EPOCH]: `${about} due an invalid producer epoch`,
        [Errors.TRANSACTION_COORDINATOR_FENCED]: `${about} since the provided coordinator epoch ${coordinatorEpoch} has been fenced by the active coordinator`,
        otherwise: `${about} due to unexpected error: ${new KafkaError(errorCode).message}`,
      });
    });
  }

  async #transactionsOf(coordinatorId: number, filter: TransactionFilter): Promise<TransactionListing[]> {
    const about = `request sent to broker ${coordinatorId} failed`;
    const answer = await this.#calls.retry("listTransactions", async () => {
      const connection = await this.#calls.cluster.reach(coordinatorId);
      const listed = await connection.send("listTransactions", {
        producerIdFilters: [...(filter.producerIds ?? [])],
        durationFilter: filter.durationMs ?? -1,
        transactionalIdPattern: filter.idPattern || null,
      });
      const { errorCode } = listed;
      if (errorCode === Errors.COORDINATOR_LOAD_IN_PROGRESS) throw new KafkaError(errorCode);
      if (errorCode === Errors.COORDINATOR_NOT_AVAILABLE)
        throw new FinalError(errorCode, `ListTransactions ${about} because the coordinator is shutting down`);
      if (errorCode !== Errors.NONE) {
        this.#complain("ListTransactionsHandler", errorCode, null, {
          line: `The \`ListTransactions\` ${about} because of an unexpected error ${errorName(errorCode)}`,
          isWithoutException: true,
        });
        throw new FinalError(errorCode, `ListTransactions ${about} with an unexpected exception`);
      }
      return listed;
    });
    return answer.transactionStates.map(({ transactionalId, producerId, transactionState }) => ({
      coordinatorId,
      transactionalId,
      producerId,
      state: transactionState,
    }));
  }

  #complainOfAbort(spec: AbortSpec, code: number): void {
    const why =
      code === Errors.CLUSTER_AUTHORIZATION_FAILED
        ? "failed cluster authorization"
        : code === Errors.INVALID_PRODUCER_EPOCH
          ? "failed due to an invalid producer epoch"
          : code === Errors.TRANSACTION_COORDINATOR_FENCED
            ? "failed because the coordinator epoch is fenced"
            : `failed due to an unexpected error ${errorName(code)}`;
    const line = `WriteTxnMarkers request for abort spec ${describeAbort(spec)} ${why}`;
    this.#complain("AbortTransactionHandler", code, null, { line, isWithoutException: true });
  }

  #complain(
    handler: string,
    code: number,
    message: string | null,
    { line, isWithoutException = false }: { line: string; isWithoutException?: boolean },
  ): void {
    const { log, logPrefix } = this.#calls.cluster.options;
    const cause = isWithoutException ? undefined : new KafkaError(code, message);
    log.error(`${handlers}.${handler}`, `${logPrefix} ${line}`, cause);
  }
}

export function describeAbort({ topic, partition, producerId, producerEpoch, coordinatorEpoch }: AbortSpec): string {
  return `AbortTransactionSpec(topicPartition=${topic}-${partition}, producerId=${producerId}, producerEpoch=${producerEpoch}, coordinatorEpoch=${coordinatorEpoch})`;
}
