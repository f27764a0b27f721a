import { setTimeout as sleep } from "node:timers/promises";
import { Admin, Consumer, MultipleErrors, Producer, type Message } from "@platformatic/kafka";
import { Errors } from "../../../src/protocol/errors.ts";
import { type ReceivedRecord, type TestClient } from "../../support/clients/test-client.ts";
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

const topicResource = 2;

function connection(bootstrap: string) {
  return { clientId: "platformatic", bootstrapBrokers: [bootstrap], retries: 20, retryDelay: 200 };
}

async function withAdmin<T>(bootstrap: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(connection(bootstrap));
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

/** Kafka's error code somewhere in the errors that it nests. */
function codeOf(error: unknown): number {
  const nested: unknown[] = error instanceof AggregateError ? error.errors : [];
  const code = (error as { apiCode?: number }).apiCode ?? nested.map(codeOf).find((found) => found !== -1);
  return code ?? ((error as Error).cause === undefined ? -1 : codeOf((error as Error).cause));
}

async function failureOf(promise: Promise<unknown>): Promise<number> {
  try {
    await promise;
    return Errors.NONE;
  } catch (error) {
    const code = error instanceof MultipleErrors || error instanceof Error ? codeOf(error) : -1;
    if (code === -1) throw error;
    return code;
  }
}

function admin({ bootstrap, topic, partitions, config }: Input<"admin">): Output<"admin"> {
  return withAdmin(bootstrap, async (client) => {
    const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
    const wanted = { topics: [topic], partitions, replicas: 1, configs };
    await client.createTopics(wanted);
    const createAgain = await failureOf(client.createTopics(wanted));
    const { topics } = await client.metadata({ topics: [topic], forceUpdate: true });
    const described = await client.describeConfigs({
      resources: [{ resourceType: topicResource, resourceName: topic, configurationKeys: Object.keys(config) }],
    });
    const listed = (await client.listTopics()).includes(topic);
    await client.deleteTopics({ topics: [topic] });
    return {
      createAgain,
      listed,
      partitions: topics.get(topic)!.partitions.map(({ leader, replicas, isr }, id) => ({ id, leader, replicas, isr })),
      config: Object.fromEntries(described[0]!.configs.map(({ name, value }) => [name, value ?? ""])),
    };
  });
}

function create({ bootstrap, topic, partitions }: Input<"create">): Output<"create"> {
  return withAdmin(bootstrap, async (client) => {
    await client.createTopics({ topics: [topic], partitions, replicas: 1 });
    return {};
  });
}

async function produce({ bootstrap, topic, batches }: Input<"produce">): Output<"produce"> {
  let sent = 0;
  const producer = new Producer(connection(bootstrap));
  try {
    for (const { codec, records } of batches) {
      const messages = records.map(({ key, value, headers, timestamp }) => ({
        topic,
        // Its types know no null, its encoder does.
        key: bytes(key) as Buffer,
        value: bytes(value) as Buffer,
        headers: new Map(headers.map(([name, content]) => [Buffer.from(name), Buffer.from(content, "base64")])),
        timestamp: BigInt(timestamp),
      }));
      await producer.send({ messages, acks: -1, compression: codec });
      sent += messages.length;
    }
  } finally {
    await producer.close();
  }
  return { sent };
}

function received(message: Message): ReceivedRecord {
  return {
    partition: message.partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: base64(message.key),
    value: base64(message.value),
    headers: [...message.headers].map(([name, value]) => [name.toString(), base64(value) ?? ""]),
  };
}

function memberOf(bootstrap: string, groupId: string): Consumer {
  return new Consumer({
    ...connection(bootstrap),
    groupId,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 200,
    maxWaitTime: 100,
    autocommit: false,
  });
}

let ungrouped = 0;

async function consume(input: Input<"consume">): Output<"consume"> {
  // It cannot consume without a group.
  const group = input.group ?? `platformatic-ungrouped-${++ungrouped}`;
  const records: ReceivedRecord[] = [];
  // A broker that goes away ends the stream, whatever `retries` says: its users begin with a new one.
  for (let attempt = 0; attempt < 20; attempt++) {
    const consumer = memberOf(input.bootstrap, group);
    try {
      await consumeWith(consumer, input, records);
      return { records };
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error;
    } finally {
      await close(consumer);
    }
    await sleep(200);
  }
  throw new Error(`${records.length} of ${input.count} records of ${input.topic} after many attempts`);
}

async function close(consumer: Consumer): Promise<void> {
  try {
    await consumer.close(true);
  } catch {
    // It could not leave its group, since its broker had gone away.
  }
}

/** Adds to `records` until there are `count`; rejects when its stream ends before. */
async function consumeWith(consumer: Consumer, input: Input<"consume">, records: ReceivedRecord[]): Promise<void> {
  const { topic, count } = input;
  const stream = await consumer.consume({ topics: [topic], mode: "committed", fallbackMode: "earliest" });
  let failure: Error | undefined;
  stream.on("error", (error) => (failure = error));
  stream.on("data", (message) => {
    if (records.length < count) keep(records, received(message));
  });
  const isOver = () => records.length === count || failure !== undefined;
  await until(`${count} records of ${topic}`, isOver, () => records.length);
  if (failure !== undefined) throw failure;
  if (input.group === undefined) return;
  const offsets = [...nextOffsets(records)];
  await consumer.commit({
    offsets: offsets.map(([partition, offset]) => ({ topic, partition, offset: BigInt(offset), leaderEpoch: -1 })),
  });
}

function committed({ bootstrap, topic, group }: Input<"committed">): Output<"committed"> {
  return withAdmin(bootstrap, async (client) => {
    const [found] = await client.listConsumerGroupOffsets({ groups: [group] });
    const partitions = found?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    return {
      offsets: Object.fromEntries(
        partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]),
      ),
    };
  });
}

async function group({
  bootstrap,
  topic,
  group: name,
  partitions,
  count,
  afterwards,
}: Input<"group">): Output<"group"> {
  const seen: ReceivedRecord[] = [];
  const members = [memberOf(bootstrap, name), memberOf(bootstrap, name)] as const;
  const owned = (consumer: Consumer) =>
    (consumer.assignments ?? [])
      .flatMap((assignment) => (assignment.topic === topic ? assignment.partitions : []))
      .sort();
  const start = async (consumer: Consumer) => {
    const stream = await consumer.consume({ topics: [topic], mode: "committed", fallbackMode: "earliest" });
    for await (const message of stream) {
      keep(seen, received(message));
      try {
        await message.commit();
      } catch {
        // In the middle of a rebalance: then its records come once more, to whoever is next.
      }
    }
  };
  const state = () => ({ owned: members.map(owned), seen: seen.length });
  try {
    const running = members.map(start);
    // What ends a stream is told by what it then misses, too.
    for (const run of running) run.catch(() => {});
    await until(
      "both members with partitions, and all records",
      () => {
        const sizes = members.map((member) => owned(member).length);
        return sizes.every((size) => size > 0) && sum(sizes) === partitions && seen.length >= count;
      },
      state,
    );
    const together: [number[], number[]] = [owned(members[0]), owned(members[1])];
    const before = await withAdmin(bootstrap, (client) => client.describeGroups({ groups: [name] }));
    await members[1].close(true);
    await until("all partitions for the one that stays", () => owned(members[0]).length === partitions, state);
    const alone = owned(members[0]);
    await produce({ bootstrap, topic, batches: [afterwards] });
    await until("the records of the second half", () => seen.length >= count + afterwards.records.length, state);
    await members[0].close(true);
    return await withAdmin(bootstrap, async (client) => {
      const after = await client.describeGroups({ groups: [name] });
      return {
        together,
        members: before.get(name)!.members.size,
        state: spelled(before.get(name)!.state),
        alone,
        seen: seen.map(({ value }) => value),
        stateAfter: spelled(after.get(name)!.state),
        deleted: await failureOf(client.deleteGroups({ groups: [name] })),
      };
    });
  } finally {
    await Promise.all(members.map(close));
  }
}

/** "STABLE" as Kafka has it: "Stable". */
function spelled(state: string): string {
  return `${state.slice(0, 1)}${state.slice(1).toLowerCase()}`;
}

export function platformaticClient(): TestClient {
  return inProcessClient({ admin, create, produce, consume, committed, group });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
