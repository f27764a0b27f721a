import { Errors } from "../../../protocol/errors.ts";
import { type Cluster } from "../cluster.ts";
import { type Connection } from "../connection.ts";
import { findCoordinator } from "../find-coordinator.ts";
import { ClientError, throwIfError } from "../kafka-error.ts";

export interface ProducerIdentity {
  readonly id: number;
  readonly epoch: number;
}

const feature = "transaction.version";
/** From this level of the feature on, a broker adds partitions by itself, and each transaction has an epoch of its own. */
const implicitLevel = 2;
/** The last versions that mean what they did before that level. */
const explicitVersions = { produce: 11, addPartitions: 3, endTxn: 4 } as const;

/**
 * The transactions of one producer: what it tells their coordinator.
 *
 * init ──begin──▶ open ──commit──▶ (between two) ──begin──▶ …
 */
export class ProducerTransactions {
  readonly id: string;
  readonly #cluster: Cluster;
  readonly #timeoutMs: number;
  readonly #maxBlockMs: number;
  readonly #added = new Set<string>();
  #coordinator: Connection | undefined;
  #identity: ProducerIdentity | undefined;
  #isImplicit = false;
  #isOpen = false;
  #failure: Error | undefined;

  /**
   * @param timeoutMs after which the coordinator aborts a transaction that is still open
   * @param maxBlockMs how long each call may wait for the coordinator
   */
  constructor(cluster: Cluster, id: string, timeoutMs: number, maxBlockMs: number) {
    this.#cluster = cluster;
    this.id = id;
    this.#timeoutMs = timeoutMs;
    this.#maxBlockMs = maxBlockMs;
  }

  get identity(): ProducerIdentity | undefined {
    return this.#identity;
  }

  /** Newer versions would have the broker add partitions where the cluster does not do that yet. */
  get produceVersionMax(): number | undefined {
    return this.#isImplicit ? undefined : explicitVersions.produce;
  }

  /** Registers with the coordinator, which ends what an earlier producer of the same id left open. */
  async init(): Promise<void> {
    this.#identity = await this.#ask("initTransactions", async (coordinator) => {
      const answer = await coordinator.send("initProducerId", {
        transactionalId: this.id,
        transactionTimeoutMs: this.#timeoutMs,
      });
      throwIfError(answer.errorCode);
      this.#isImplicit = coordinator.featureLevel(feature) >= implicitLevel;
      return { id: answer.producerId, epoch: answer.producerEpoch };
    });
  }

  begin(): void {
    this.#throwFailure();
    this.#isOpen = true;
  }

  /** Makes a partition part of the transaction, before its first records are sent. */
  async add(topic: string, partition: number): Promise<void> {
    const key = `${topic}-${partition}`;
    if (this.#added.has(key)) return;
    if (!this.#isImplicit) {
      await this.#ask("addPartitionsToTransaction", async (coordinator, { id, epoch }) => {
        const answer = await coordinator.send(
          "addPartitionsToTxn",
          {
            v3AndBelowTransactionalId: this.id,
            v3AndBelowProducerId: id,
            v3AndBelowProducerEpoch: epoch,
            v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
          },
          undefined,
          explicitVersions.addPartitions,
        );
        for (const { resultsByPartition } of answer.resultsByTopicV3AndBelow)
          for (const { partitionErrorCode } of resultsByPartition) throwIfError(partitionErrorCode);
      });
    }
    this.#added.add(key);
  }

  /**
   * Commits, when all records were delivered.
   * @throws ClientError, also when one was not
   */
  async commit(): Promise<void> {
    this.#throwFailure();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const isEmpty = this.#added.size === 0;
    this.#added.clear();
    if (isEmpty) return;
    this.#identity = await this.#ask("commitTransaction", async (coordinator, identity) => {
      const answer = await coordinator.send(
        "endTxn",
        { transactionalId: this.id, producerId: identity.id, producerEpoch: identity.epoch, committed: true },
        undefined,
        this.#isImplicit ? undefined : explicitVersions.endTxn,
      );
      throwIfError(answer.errorCode);
      return answer.producerId < 0 ? identity : { id: answer.producerId, epoch: answer.producerEpoch };
    });
  }

  /** A record of the transaction was lost: it can only be aborted. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  #throwFailure(): void {
    if (this.#failure === undefined) return;
    throw new ClientError(
      "org.apache.kafka.common.KafkaException",
      "Cannot execute transactional method because we are in an error state",
      false,
      this.#failure,
    );
  }

  #ask<T>(what: string, ask: (coordinator: Connection, identity: ProducerIdentity) => Promise<T>): Promise<T> {
    const complaint = `Timeout expired after ${this.#maxBlockMs}ms while awaiting ${what}`;
    return this.#cluster.retry(complaint, this.#maxBlockMs, async () => {
      try {
        if (this.#coordinator === undefined || this.#coordinator.isClosed) this.#coordinator = await this.#find();
        return await ask(this.#coordinator, this.#identity ?? { id: -1, epoch: -1 });
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (code === Errors.NOT_COORDINATOR || code === Errors.COORDINATOR_NOT_AVAILABLE) this.#coordinator = undefined;
        throw error;
      }
    });
  }

  async #find(): Promise<Connection> {
    const { nodeId } = await findCoordinator(this.#cluster, "transaction", this.id);
    return this.#cluster.reach(nodeId);
  }
}
