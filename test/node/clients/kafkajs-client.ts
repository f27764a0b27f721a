import kafkajs, { type Consumer, type KafkaMessage } from "kafkajs";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { type Codec, type ReceivedRecord, type TestClient } from "../../support/clients/test-client.ts";
import {
  base64,
  bytes,
  inProcessClient,
  keep,
  nextOffsets,
  until,
  type Input,
  type Output,
} from "./in-process-client.ts";

const { Kafka, CompressionCodecs, CompressionTypes, Partitioners, logLevel } = kafkajs;

const compressionTypes: Record<Codec, number> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

// kafkajs itself has gzip alone; the others are plugged in, as its users do.
for (const codec of ["snappy", "lz4", "zstd"] as const) {
  CompressionCodecs[compressionTypes[codec] as kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => nodeCompute.compress(codec, buffer),
    decompress: (buffer: Buffer) => nodeCompute.decompress(codec, buffer, 1 << 26),
  });
}

function kafka(bootstrap: string): kafkajs.Kafka {
  return new Kafka({
    clientId: "kafkajs",
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 30 },
  });
}

async function withAdmin<T>(bootstrap: string, use: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const admin = kafka(bootstrap).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

function admin({ bootstrap, topic, partitions, config }: Input<"admin">): Output<"admin"> {
  return withAdmin(bootstrap, async (client) => {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    const wanted = { topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }] };
    if (!(await client.createTopics(wanted))) throw new Error(`${topic} was there already`);
    // It says false where others throw, and false for nothing else.
    const createAgain = (await client.createTopics(wanted)) ? Errors.NONE : Errors.TOPIC_ALREADY_EXISTS;
    const described = (await client.fetchTopicMetadata({ topics: [topic] })).topics[0]!;
    const configs = await client.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    const entries = configs.resources[0]!.configEntries.filter((entry) => entry.configName in config);
    const listed = (await client.listTopics()).includes(topic);
    await client.deleteTopics({ topics: [topic] });
    return {
      createAgain,
      listed,
      partitions: described.partitions
        .map(({ partitionId, leader, replicas, isr }) => ({ id: partitionId, leader, replicas, isr }))
        .sort((left, right) => left.id - right.id),
      config: Object.fromEntries(entries.map((entry) => [entry.configName, entry.configValue])),
    };
  });
}

function create({ bootstrap, topic, partitions }: Input<"create">): Output<"create"> {
  return withAdmin(bootstrap, async (client) => {
    await client.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }],
      waitForLeaders: true,
    });
    return {};
  });
}

async function produce({ bootstrap, topic, batches }: Input<"produce">): Output<"produce"> {
  const producer = kafka(bootstrap).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  let sent = 0;
  try {
    for (const { codec, records } of batches) {
      const messages = records.map(({ key, value, headers, timestamp }) => ({
        key: bytes(key),
        value: bytes(value),
        headers: Object.fromEntries(headers.map(([name, content]) => [name, Buffer.from(content, "base64")])),
        timestamp: String(timestamp),
      }));
      await producer.send({ topic, messages, acks: -1, compression: compressionTypes[codec] });
      sent += messages.length;
    }
  } finally {
    await producer.disconnect();
  }
  return { sent };
}

function received(partition: number, message: KafkaMessage): ReceivedRecord {
  return {
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: base64(message.key),
    value: base64(message.value),
    headers: Object.entries(message.headers ?? {}).map(([name, value]) => [name, base64(value as Buffer) ?? ""]),
  };
}

function memberOf(bootstrap: string, groupId: string): Consumer {
  return kafka(bootstrap).consumer({
    groupId,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 200,
    maxWaitTimeInMs: 100,
  });
}

let ungrouped = 0;

async function consume({ bootstrap, topic, count, group }: Input<"consume">): Output<"consume"> {
  // It cannot consume without a group.
  const consumer = memberOf(bootstrap, group ?? `kafkajs-ungrouped-${++ungrouped}`);
  const records: ReceivedRecord[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        if (records.length < count) keep(records, received(partition, message));
      },
    });
    await until(
      `${count} records of ${topic}`,
      () => records.length === count,
      () => records.length,
    );
    if (group !== undefined) {
      const offsets = [...nextOffsets(records)];
      await consumer.commitOffsets(
        offsets.map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
      );
    }
  } finally {
    await consumer.disconnect();
  }
  return { records };
}

function committed({ bootstrap, topic, group }: Input<"committed">): Output<"committed"> {
  return withAdmin(bootstrap, async (client) => {
    const fetched = await client.fetchOffsets({ groupId: group, topics: [topic] });
    const there = fetched[0]!.partitions.filter(({ offset }) => offset !== "-1");
    return { offsets: Object.fromEntries(there.map(({ partition, offset }) => [partition, Number(offset)])) };
  });
}

async function group({
  bootstrap,
  topic,
  group: groupId,
  partitions,
  count,
  afterwards,
}: Input<"group">): Output<"group"> {
  const seen: ReceivedRecord[] = [];
  const owned: [number[], number[]] = [[], []];
  const members = [memberOf(bootstrap, groupId), memberOf(bootstrap, groupId)] as const;
  const start = async (consumer: Consumer, index: 0 | 1) => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      owned[index] = [...(payload.memberAssignment[topic] ?? [])].sort();
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommitThreshold: 1,
      eachMessage: async ({ partition, message }) => keep(seen, received(partition, message)),
    });
  };
  const state = () => ({ owned, seen: seen.length });
  try {
    await Promise.all(members.map((consumer, index) => start(consumer, index as 0 | 1)));
    await until(
      "both members with partitions, and all records",
      () =>
        owned[0].length > 0 &&
        owned[1].length > 0 &&
        owned[0].length + owned[1].length === partitions &&
        seen.length >= count,
      state,
    );
    const together: [number[], number[]] = [owned[0], owned[1]];
    const before = await withAdmin(bootstrap, (client) => client.describeGroups([groupId]));
    await members[1].disconnect();
    await until("all partitions for the one that stays", () => owned[0].length === partitions, state);
    const alone = owned[0];
    await produce({ bootstrap, topic, batches: [afterwards] });
    await until("the records of the second half", () => seen.length >= count + afterwards.records.length, state);
    await members[0].disconnect();
    return await withAdmin(bootstrap, async (client) => {
      const after = await client.describeGroups([groupId]);
      const deleted = await client.deleteGroups([groupId]);
      return {
        together,
        members: before.groups[0]!.members.length,
        state: before.groups[0]!.state,
        alone,
        seen: seen.map(({ value }) => value),
        stateAfter: after.groups[0]!.state,
        deleted: deleted[0]!.errorCode ?? Errors.NONE,
      };
    });
  } finally {
    await Promise.all(members.map((consumer) => consumer.disconnect()));
  }
}

export function kafkajsClient(): TestClient {
  return inProcessClient({ admin, create, produce, consume, committed, group });
}
