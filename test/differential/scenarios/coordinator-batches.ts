import { configResourceTypes } from "../../../src/metadata/image/configs-image.ts";
import { errorName, Errors } from "../../../src/protocol/errors.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { readFrom } from "../partition-contents.ts";
import { type Scenario, type Session } from "../session.ts";
import { kindOf } from "../stored-batches.ts";
import { TransactionalProducer } from "../transactional-producer.ts";

const offsetsTopic = "__consumer_offsets";
const stateTopic = "__transaction_state";
const topics = [offsetsTopic, stateTopic];

type Configs = Readonly<Record<string, string>>;

/** No bound that a batch passes or not as it happens: `message.timestamp.before.max.ms` refuses what is a millisecond old. */
const settings: readonly Configs[] = [
  { "compression.type": "gzip" },
  { "compression.type": "snappy" },
  { "compression.type": "lz4" },
  { "compression.type": "zstd", "message.timestamp.type": "LogAppendTime" },
  { "compression.type": "uncompressed", "message.timestamp.after.max.ms": "0" },
  { "compression.type": "producer", "message.timestamp.type": "LogAppendTime" },
  { "max.message.bytes": "400" },
  { "max.message.bytes": "400", "compression.type": "zstd" },
  { "max.message.bytes": "400", "compression.type": "uncompressed" },
  { "max.message.bytes": "100" },
  { "cleanup.policy": "delete" },
];

/** Sets what has a value and deletes what has none, of both topics. */
async function alter(s: Session, configs: Readonly<Record<string, string | null>>): Promise<string> {
  const changes = Object.entries(configs).map(([name, value]) => ({
    name,
    value,
    configOperation: value === null ? 1 : 0,
  }));
  const resources = topics.map((resourceName) => ({
    resourceType: configResourceTypes.topic,
    resourceName,
    configs: changes,
  }));
  const { responses } = await s.quietly("incrementalAlterConfigs", 1, { resources });
  await s.untilInForce();
  return responses.map(({ errorCode }) => errorName(errorCode)).join(" ");
}

/** What coordinators write while their topics are altered. Each topic has one partition, which nobody else's groups are in. */
class Coordinators {
  readonly #s: Session;
  readonly #topic: string;
  readonly #groupId: string;
  readonly #producer: TransactionalProducer;
  readonly #ends = new Map<string, number>();

  private constructor(s: Session, topic: string) {
    this.#s = s;
    this.#topic = topic;
    this.#groupId = s.topic("g");
    this.#producer = new TransactionalProducer(s, "p");
  }

  static async start(s: Session): Promise<Coordinators> {
    const created = new Coordinators(s, await s.createTopic("t"));
    const groupId = created.#groupId;
    await s.until(async () => {
      const { groups } = await s.quietly("offsetFetch", 8, { groups: [{ groupId, topics: null }] });
      if (groups[0]!.errorCode === Errors.NONE) return true;
      await s.quietly("findCoordinator", 4, { keyType: 0, coordinatorKeys: [groupId] });
      return false;
    });
    await created.#producer.init();
    for (const topic of topics) await created.#newBatches(topic);
    return created;
  }

  async writeAll(step: string): Promise<void> {
    const s = this.#s;
    s.note(`${step}: a commit`, [await this.#commit("m"), ...(await this.#newBatches(offsetsTopic))]);
    s.note(`${step}: a large commit`, [
      await this.#commit("x".repeat(2_000)),
      ...(await this.#newBatches(offsetsTopic)),
    ]);
    s.note(`${step}: a producer`, [await this.#initialise(), ...(await this.#newBatches(stateTopic))]);
    s.note(`${step}: a transaction`, await this.#transact());
    for (const topic of topics) s.note(`${step}: in ${topic}`, await this.#newBatches(topic));
  }

  async #commit(committedMetadata: string): Promise<string> {
    const partition = { partitionIndex: 0, committedOffset: 1, committedMetadata };
    const { topics: answers } = await this.#s.quietly("offsetCommit", 8, {
      groupId: this.#groupId,
      topics: [{ name: this.#topic, partitions: [partition] }],
    });
    return errorName(answers[0]!.partitions[0]!.errorCode);
  }

  async #initialise(): Promise<string> {
    const { transactionalId } = this.#producer;
    const answer = await this.#s.quietly("initProducerId", 5, { transactionalId, transactionTimeoutMs: 60_000 });
    if (answer.errorCode === Errors.NONE) {
      this.#producer.producerId = answer.producerId;
      this.#producer.epoch = answer.producerEpoch;
    }
    return errorName(answer.errorCode);
  }

  /** A transaction of nothing but a commit. */
  async #transact(): Promise<string[]> {
    const { transactionalId, producerId, epoch: producerEpoch } = this.#producer;
    const groupId = this.#groupId;
    const producer = { transactionalId, producerId, producerEpoch };
    const added = await this.#s.quietly("addOffsetsToTxn", 3, { ...producer, groupId });
    if (added.errorCode !== Errors.NONE) return [errorName(added.errorCode)];
    const committed = await this.#s.quietly("txnOffsetCommit", 3, {
      ...producer,
      groupId,
      topics: [{ name: this.#topic, partitions: [{ partitionIndex: 0, committedOffset: 2 }] }],
    });
    await this.#producer.end(true);
    return [errorName(added.errorCode), errorName(committed.topics[0]!.partitions[0]!.errorCode)];
  }

  async #newBatches(topic: string): Promise<string[]> {
    const partition = { partitionIndex: 0, timestamp: -1 };
    const listed = await this.#s.quietly("listOffsets", 7, {
      replicaId: -1,
      topics: [{ name: topic, partitions: [partition] }],
    });
    const end = listed.topics[0]!.partitions[0]!.offset;
    const start = this.#ends.get(topic) ?? 0;
    this.#ends.set(topic, end);
    if (end === start) return [];
    const { records } = await readFrom(this.#s, topic, start);
    const written = Array.from(batches(records)).filter(({ baseOffset }) => baseOffset < end);
    return written.map((batch) => `${batch.recordCount} of ${kindOf(batch, this.#s.names)}`);
  }
}

/** Of a broker whose coordinators have one partition each, and compress the records of groups in a way of their own. */
export function coordinatorsOfOne(codec: string): Readonly<Record<string, string>> {
  return {
    "offsets.topic.compression.codec": codec,
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
    "log.cleaner.backoff.ms": "200",
  };
}

function scenario(name: string, codec: string, isSlow: boolean): Scenario {
  return {
    name,
    isSlow,
    properties: coordinatorsOfOne(codec),
    async run(s) {
      const coordinators = await Coordinators.start(s);
      await coordinators.writeAll("as it is");
      let former: Readonly<Record<string, null>> = {};
      for (const configs of settings) {
        const step = Object.entries(configs)
          .map(([key, value]) => `${key}=${value}`)
          .join(", ");
        s.note(`${step}: altered`, await alter(s, { ...former, ...configs }));
        await coordinators.writeAll(step);
        former = Object.fromEntries(Object.keys(configs).map((key) => [key, null]));
      }
      await alter(s, former);
      await coordinators.writeAll("as before");
    },
  };
}

export const coordinatorBatchesScenario = scenario("coordinator-batches", "0", false);
export const compressedCoordinatorBatchesScenario = scenario("coordinator-batches-compressed", "1", true);
