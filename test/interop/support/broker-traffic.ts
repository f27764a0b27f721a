import { setTimeout as sleep } from "node:timers/promises";
import { Kafka as Client, logLevel } from "kafkajs";
import { call, createTopic, deleteTopic } from "../../../bench/harness/admin.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { Errors, errorName } from "../../../src/protocol/errors.ts";
import { buildBatch, compressBatch, type BatchDraft } from "../../../src/protocol/records/batch-builder.ts";

export const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
const topicResource = 2;
const brokerResource = 4;
const setOperation = 0;
const deleteOperation = 1;

function expectNone(what: string, code: number): void {
  if (code !== Errors.NONE) throw new Error(`${what}: ${errorName(code)}`);
}

/** Text that compresses, but not to nothing. */
function filler(sizeBytes: number, seed: number): Buffer {
  const text = Buffer.alloc(sizeBytes);
  for (let index = 0; index < sizeBytes; index++) text[index] = 97 + ((index * (seed + 7) + (index >> 3)) % 23);
  return text;
}

/** What clients do to a broker, so that it writes every kind of file that it can. */
export class BrokerTraffic {
  readonly #port: number;
  /** Sequence numbers and timestamps go on through restarts. */
  readonly #producer = { producerId: -1, producerEpoch: 0, sequence: 0 };
  #round = 0;

  constructor(port: number) {
    this.#port = port;
  }

  create(name: string, partitions: number, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    return createTopic(this.#port, name, partitions, configs);
  }

  delete(name: string): Promise<void> {
    return deleteTopic(this.#port, name);
  }

  async addPartitions(name: string, count: number): Promise<void> {
    const topics = [{ name, count, assignments: null }];
    const { results } = await call(this.#port, apis.createPartitions, 3, { topics, timeoutMs: 10_000 });
    expectNone(`partitions of ${name}`, results[0]?.errorCode ?? -1);
  }

  /** Null deletes a configuration. */
  async configure(resource: "broker" | string, configs: Readonly<Record<string, string | null>>): Promise<void> {
    const { responses } = await call(this.#port, apis.incrementalAlterConfigs, 1, {
      resources: [
        {
          resourceType: resource === "broker" ? brokerResource : topicResource,
          resourceName: resource === "broker" ? "" : resource,
          configs: Object.entries(configs).map(([name, value]) => ({
            name,
            value,
            configOperation: value === null ? deleteOperation : setOperation,
          })),
        },
      ],
    });
    expectNone(`configuration of ${resource}`, responses[0]?.errorCode ?? -1);
  }

  /** A batch of each codec of a plain producer, and of an idempotent one. */
  async produceAll(topic: string, partition: number, sizeBytes = 200): Promise<void> {
    const timestamp = Date.now();
    for (const codec of codecs) {
      const seed = this.#round++;
      const records = Array.from({ length: 1 + (seed % 9) }, (_, index) => ({
        key: Buffer.from(`key-${(seed + index) % 20}`),
        value: index === 5 ? null : filler(sizeBytes, seed + index),
        headers: index % 2 === 0 ? [{ key: "codec", value: Buffer.from(codec) }] : [],
        timestamp: timestamp + ((index * 37) % 10),
      }));
      await this.produce(topic, partition, { records }, codec);
    }
  }

  async produceIdempotently(topic: string, partition: number, batches: number): Promise<void> {
    const producer = this.#producer;
    if (producer.producerId < 0) {
      const answer = await call(this.#port, apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1 });
      expectNone("producer id", answer.errorCode);
      producer.producerId = answer.producerId;
    }
    for (let index = 0; index < batches; index++) {
      await this.produce(topic, partition, this.#nextBatch(3), codecs[index % codecs.length]!);
      producer.sequence += 3;
    }
  }

  /** The last batch of the idempotent producer once more; gives the offset that the broker says it has. */
  async repeatLast(topic: string, partition: number): Promise<number> {
    this.#producer.sequence -= 3;
    const offset = await this.produce(topic, partition, this.#nextBatch(3), "none");
    this.#producer.sequence += 3;
    return offset;
  }

  #nextBatch(count: number): BatchDraft {
    const { producerId, producerEpoch, sequence } = this.#producer;
    const record = { key: Buffer.from("idempotent"), value: Buffer.from(`from ${sequence}`), timestamp: Date.now() };
    return { producerId, producerEpoch, baseSequence: sequence, records: Array.from({ length: count }, () => record) };
  }

  async produce(topic: string, partition: number, draft: BatchDraft, codec: (typeof codecs)[number]): Promise<number> {
    const records = await compressBatch(buildBatch(draft), codec, nodeCompute);
    const { responses } = await call(this.#port, apis.produce, 9, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    });
    const answer = responses[0]?.partitionResponses[0];
    expectNone(`produce to ${topic}-${partition}`, answer?.errorCode ?? -1);
    return answer?.baseOffset ?? -1;
  }

  async deleteRecords(topic: string, partition: number, offset: number): Promise<void> {
    const { topics } = await call(this.#port, apis.deleteRecords, 2, {
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
      timeoutMs: 10_000,
    });
    expectNone(`records of ${topic}`, topics[0]?.partitions[0]?.errorCode ?? -1);
  }

  async commit(group: string, topic: string, partition: number, offset: number): Promise<void> {
    const { topics } = await call(this.#port, apis.offsetCommit, 8, {
      groupId: group,
      topics: [
        {
          name: topic,
          partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: `at ${offset}` }],
        },
      ],
    });
    expectNone(`commit of ${group}`, topics[0]?.partitions[0]?.errorCode ?? -1);
  }

  /** Members join, read to the end, commit and leave. */
  async consumeInGroup(group: string, topic: string): Promise<void> {
    const client = new Client({ brokers: [`127.0.0.1:${this.#port}`], logLevel: logLevel.NOTHING });
    const consumer = client.consumer({ groupId: group });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const joined = new Promise((resolve) => consumer.on("consumer.group_join", resolve));
    await consumer.run({ eachBatch: async () => {} });
    await joined;
    await sleep(500);
    await consumer.disconnect();
  }

  async deleteGroup(group: string): Promise<void> {
    const { results } = await call(this.#port, apis.deleteGroups, 2, { groupsNames: [group] });
    expectNone(`deletion of ${group}`, results[0]?.errorCode ?? -1);
  }

  /** Resolves when the replica is in that directory. */
  async moveReplica(topic: string, partition: number, directory: string): Promise<void> {
    const { results } = await call(this.#port, apis.alterReplicaLogDirs, 2, {
      dirs: [{ path: directory, topics: [{ name: topic, partitions: [partition] }] }],
    });
    expectNone(`move of ${topic}`, results[0]?.partitions[0]?.errorCode ?? -1);
    await this.until(`${topic} in ${directory}`, async () => {
      const { results: found } = await call(this.#port, apis.describeLogDirs, 4, { topics: null });
      return found.some(
        ({ logDir, topics }) =>
          logDir === directory &&
          topics.some(({ name, partitions }) => name === topic && partitions.some((each) => !each.isFutureKey)),
      );
    });
  }

  async logStart(topic: string, partition: number): Promise<number> {
    const { topics } = await call(this.#port, apis.listOffsets, 7, {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -2 }] }],
    });
    return topics[0]?.partitions[0]?.offset ?? -1;
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    for (const deadline = performance.now() + 60_000; !(await isTrue());) {
      if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
      await sleep(50);
    }
  }
}
