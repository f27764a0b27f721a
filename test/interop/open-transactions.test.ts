import { expect, onTestFinished, test } from "vitest";
import { Errors, errorName } from "../../src/protocol/errors.ts";
import { Session } from "../differential/session.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { javaLibraries } from "../support/java-libraries.ts";
import { withTool } from "./support/tool-or-skip.ts";

const groupId = "group";
const topic = "topic";
const properties = {
  "offsets.topic.num.partitions": "2",
  "transaction.state.log.num.partitions": "2",
  "transaction.max.timeout.ms": "900000",
};

interface Transaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** A client of whoever serves the directory at the moment. */
class Client {
  readonly #s: Session;

  constructor(port: number) {
    this.#s = new Session(port);
    onTestFinished(() => this.#s.close());
  }

  async untilServed(): Promise<void> {
    for (const keyType of [0, 1]) {
      await this.#s.until(async () => {
        const { coordinators } = await this.#s.quietly("findCoordinator", 4, { keyType, coordinatorKeys: [groupId] });
        return coordinators[0]!.errorCode === Errors.NONE;
      });
    }
  }

  async commit(committedOffset: number, ...partitions: number[]): Promise<void> {
    const positions = partitions.map((partitionIndex) => ({ partitionIndex, committedOffset, committedMetadata: "" }));
    const request = { groupId, topics: [{ name: topic, partitions: positions }] };
    await this.#s.until(async () => {
      const { topics } = await this.#s.quietly("offsetCommit", 9, request);
      return topics[0]!.partitions.every(({ errorCode }) => errorCode === Errors.NONE);
    });
  }

  /** Offsets in a transaction that is open then. */
  async begin(transactionalId: string, partitionIndex: number, committedOffset: number): Promise<Transaction> {
    const s = this.#s;
    let transaction = { transactionalId, producerId: -1, producerEpoch: -1 };
    await s.until(async () => {
      const begun = await s.quietly("initProducerId", 4, { transactionalId, transactionTimeoutMs: 900_000 });
      transaction = { transactionalId, producerId: begun.producerId, producerEpoch: begun.producerEpoch };
      return begun.errorCode === Errors.NONE;
    });
    const partitions = [{ partitionIndex, committedOffset, committedMetadata: "" }];
    await s.until(async () => {
      const request = { ...transaction, groupId, topics: [{ name: topic, partitions }] };
      const { topics } = await s.quietly("txnOffsetCommit", 5, request);
      return topics[0]!.partitions[0]!.errorCode === Errors.NONE;
    });
    return transaction;
  }

  async end(transaction: Transaction, committed: boolean): Promise<void> {
    const s = this.#s;
    await s.until(async () => {
      const { errorCode } = await s.quietly("endTxn", 4, { ...transaction, committed });
      return errorCode === Errors.NONE;
    });
    await s.until(async () => {
      const transactionalIds = [transaction.transactionalId];
      const { transactionStates } = await s.quietly("describeTransactions", 0, { transactionalIds });
      return transactionStates[0]!.transactionState.startsWith("Complete");
    });
  }

  async createTopic(): Promise<void> {
    const topics = [{ name: topic, numPartitions: 4, replicationFactor: 1 }];
    await this.#s.quietly("createTopics", 7, { topics, timeoutMs: 20_000 });
  }

  /** What is committed, by partition; the error for a reader that wants to know it for certain. */
  async look(): Promise<(number | string)[]> {
    const groups = [{ groupId, topics: [{ name: topic, partitionIndexes: [0, 1, 2, 3] }] }];
    let seen: (number | string)[] = [];
    await this.#s.until(async () => {
      const fetched = await this.#s.quietly("offsetFetch", 8, { groups, requireStable: true });
      const { errorCode, topics } = fetched.groups[0]!;
      seen = (topics[0]?.partitions ?? []).map((partition) =>
        partition.errorCode === Errors.NONE ? partition.committedOffset : errorName(partition.errorCode),
      );
      return errorCode === Errors.NONE;
    });
    return seen;
  }
}

await withTool("open transactions", javaLibraries, () => {
  test("offsets in open transactions go on under the other broker, and back", async () => {
    const ours = await TestBroker.start({ target: "odradek", properties });
    onTestFinished(() => ours.remove());
    const first = new Client(ours.port);
    await first.createTopic();
    await first.untilServed();
    await first.commit(1, 0, 1, 2);
    await first.end(await first.begin("committed", 0, 10), true);
    await first.end(await first.begin("aborted", 1, 20), false);
    const open = await first.begin("open", 2, 30);
    const other = await first.begin("another", 3, 40);
    const unstable = "UNSTABLE_OFFSET_COMMIT";
    expect(await first.look()).toEqual([10, 1, unstable, unstable]);
    await ours.stop();

    const { dataDirectory } = ours;
    const kafka = await TestBroker.start({ target: "kafka", properties, dataDirectory, portsOf: ours });
    onTestFinished(() => kafka.remove());
    const second = new Client(kafka.port);
    await second.untilServed();
    expect(await second.look()).toEqual([10, 1, unstable, unstable]);
    await second.end(open, true);
    expect(await second.look()).toEqual([10, 1, 30, unstable]);
    await second.begin("open", 0, 50);
    await kafka.stop();

    const again = await TestBroker.start({ target: "odradek", properties, dataDirectory, portsOf: ours });
    onTestFinished(() => again.remove());
    const third = new Client(again.port);
    await third.untilServed();
    expect(await third.look()).toEqual([unstable, 1, 30, unstable]);
    await third.end(other, false);
    expect(await third.look()).toEqual([unstable, 1, 30, -1]);
  });
});
