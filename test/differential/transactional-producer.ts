import { errorName, Errors } from "../../src/protocol/errors.ts";
import { batch, type BatchOptions, produce, produceById } from "./requests.ts";
import { type Session } from "./session.ts";

const retried: ReadonlySet<number> = new Set<number>([
  Errors.COORDINATOR_NOT_AVAILABLE,
  Errors.COORDINATOR_LOAD_IN_PROGRESS,
  Errors.NOT_COORDINATOR,
  Errors.CONCURRENT_TRANSACTIONS,
]);

/** A producer of transactions, step by step: the script says which versions it speaks. */
export class TransactionalProducer {
  readonly transactionalId: string;
  producerId = -1;
  epoch = -1;
  readonly #s: Session;

  constructor(s: Session, name: string) {
    this.#s = s;
    this.transactionalId = s.topic(name);
  }

  /** Registers it, and waits for the coordinator to be there. */
  async init(version = 5, transactionTimeoutMs = 60_000): Promise<this> {
    const { transactionalId } = this;
    await this.#s.until(async () => {
      const found = await this.#s.quietly("findCoordinator", 4, { keyType: 1, coordinatorKeys: [transactionalId] });
      return found.coordinators[0]!.errorCode === Errors.NONE;
    });
    await this.#s.until(async () => {
      const answer = await this.#s.quietly("initProducerId", version, { transactionalId, transactionTimeoutMs });
      if (retried.has(answer.errorCode)) return false;
      if (answer.errorCode !== Errors.NONE) throw new Error(errorName(answer.errorCode));
      this.producerId = answer.producerId;
      this.epoch = answer.producerEpoch;
      return true;
    });
    return this;
  }

  /** As clients before transaction.version 2 do it before the first batch. */
  async add(topic: string, ...partitions: number[]): Promise<void> {
    const answer = await this.#s.quietly("addPartitionsToTxn", 3, {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.epoch,
      v3AndBelowTopics: [{ name: topic, partitions }],
    });
    const codes = answer.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) => resultsByPartition);
    for (const { partitionErrorCode } of codes) {
      if (partitionErrorCode !== Errors.NONE) throw new Error(errorName(partitionErrorCode));
    }
  }

  records(baseSequence: number, options: BatchOptions = {}): Buffer {
    const { producerId, epoch } = this;
    return batch({ producerId, producerEpoch: epoch, baseSequence, isTransactional: true, ...options });
  }

  /** A batch for one partition; up to version 12 by name. */
  request(topic: string, baseSequence: number, options: BatchOptions & { index?: number; acks?: number } = {}) {
    const { index = 0, acks = -1, ...rest } = options;
    return produce(topic, this.records(baseSequence, rest), { index, acks, transactionalId: this.transactionalId });
  }

  requestById(topicId: string, baseSequence: number, options: BatchOptions & { index?: number } = {}) {
    const { index = 0, ...rest } = options;
    const { transactionalId } = this;
    return { ...produceById(topicId, this.records(baseSequence, rest), index), transactionalId };
  }

  async send(topic: string, baseSequence: number, options: BatchOptions & { index?: number } = {}, version = 9) {
    const answer = await this.#s.quietly("produce", version, this.request(topic, baseSequence, options));
    const { errorCode } = answer.responses[0]!.partitionResponses[0]!;
    if (errorCode !== Errors.NONE) throw new Error(errorName(errorCode));
  }

  /** Ends the transaction, and waits until its markers are written. From version 5 on the epoch is another one then. */
  async end(committed: boolean, version = 3): Promise<void> {
    const { transactionalId, producerId, epoch: producerEpoch } = this;
    const answer = await this.#s.quietly("endTxn", version, { transactionalId, producerId, producerEpoch, committed });
    if (answer.errorCode !== Errors.NONE) throw new Error(errorName(answer.errorCode));
    if (version >= 5) {
      this.producerId = answer.producerId;
      this.epoch = answer.producerEpoch;
    }
    await this.whenComplete();
  }

  async whenComplete(): Promise<void> {
    const transactionalIds = [this.transactionalId];
    await this.#s.until(async () => {
      const answer = await this.#s.quietly("describeTransactions", 0, { transactionalIds });
      return answer.transactionStates[0]!.transactionState.startsWith("Complete");
    });
  }
}
