import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";
import { nodeCompute } from "../../src/io/node/node-compute.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { compressBatch } from "../../src/protocol/records/batch-builder.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { batch, fetch, from, produce, produceById } from "../differential/requests.ts";
import { Session } from "../differential/session.ts";
import { TestBroker } from "../support/broker/test-broker.ts";

/** One connection and helpers on a broker; closed with the test. */
function sessionOn({ port }: { readonly port: number }): Session {
  const session = new Session(port);
  onTestFinished(() => session.close());
  return session;
}

async function send(s: Session, topic: string, records: Buffer, acks = -1) {
  const answer = await s.quietly("produce", 9, produce(topic, records, { acks }));
  return answer.responses[0]!.partitionResponses[0]!;
}

async function read(s: Session, topic: string, offset = 0, options: object = {}) {
  const answer = await s.quietly("fetch", 12, fetch([{ topic, partitions: [from(offset)] }], options));
  const { records, ...rest } = answer.responses[0]!.partitions[0]!;
  return { ...rest, offsets: Array.from(batches(records!), ({ baseOffset, lastOffset }) => [baseOffset, lastOffset]) };
}

async function newProducerId(s: Session): Promise<number> {
  const answer = await s.quietly("initProducerId", 4, { transactionalId: null });
  expect(answer.errorCode).toBe(Errors.NONE);
  return answer.producerId;
}

describe("records", () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker();
  });
  afterAll(() => broker.close());

  test("a fetch that waits is answered as soon as the record is there", async () => {
    const s = sessionOn(broker);
    const topic = await s.createTopic("waited");
    const reader = await s.connect();
    const startedMs = performance.now();
    const waiting = reader.send("fetch", 12, fetch([{ topic, partitions: [from(0)] }], { maxWaitMs: 60_000 }));
    await sleep(50);
    await send(s, topic, batch());
    const answer = await waiting;
    expect(answer.responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(0);
    expect(performance.now() - startedMs).toBeLessThan(30_000);
  });

  test("a produce and a fetch that come in one piece do not miss each other", async () => {
    const s = sessionOn(broker);
    const topic = await s.createTopic("together");
    const writer = await s.connect();
    const reader = await s.connect();
    const startedMs = performance.now();
    for (let offset = 0; offset < 20; offset++) {
      const position = fetch([{ topic, partitions: [from(offset)] }], { maxWaitMs: 60_000 });
      const [, fetched] = await Promise.all([
        writer.send("produce", 9, produce(topic, batch(), { acks: 1 })),
        reader.send("fetch", 12, position),
      ]);
      expect(fetched.responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(0);
    }
    expect(performance.now() - startedMs).toBeLessThan(50_000);
  });

  test("min.bytes that are there are given, however they are stored", async () => {
    const s = sessionOn(broker);
    const topic = await s.createTopic("large");
    for (let count = 0; count < 30; count++) await send(s, topic, batch({ value: Buffer.alloc(10_000) }));
    const startedMs = performance.now();
    const { offsets } = await read(s, topic, 0, { minBytes: 200_000, maxWaitMs: 60_000 });
    expect(offsets.length).toBeGreaterThan(18);
    expect(performance.now() - startedMs).toBeLessThan(30_000);
  });

  test("pipelined batches keep their order, whether they must be opened or not", async () => {
    const s = sessionOn(broker);
    const topic = await s.createTopic("ordered");
    const wire = await s.connect();
    const big = await compressBatch(batch({ count: 5_000, value: "x".repeat(50) }), "gzip", nodeCompute);
    const small = await compressBatch(batch({ count: 2 }), "snappy", nodeCompute);
    const requests = [big, batch(), small, batch({ count: 3 }), Buffer.from(big), batch()];
    const answers = await Promise.all(requests.map((records) => wire.send("produce", 9, produce(topic, records))));
    const bases = answers.map(({ responses }) => responses[0]!.partitionResponses[0]!.baseOffset);
    expect(bases).toEqual([0, 5_000, 5_001, 5_003, 5_006, 10_006]);
  });

  test("a topic that comes again has none of the old one's records, ids or configuration", async () => {
    const s = sessionOn(broker);
    const topic = await s.createTopic("again", 1, { "max.message.bytes": "200" });
    const oldId = s.idOf("again");
    expect(await send(s, topic, batch({ value: Buffer.alloc(500) }))).toMatchObject({
      errorCode: Errors.MESSAGE_TOO_LARGE,
    });
    await send(s, topic, batch());
    await s.quietly("deleteTopics", 6, { topics: [{ name: topic }], timeoutMs: 5_000 });
    await s.createTopic("again");
    expect(await send(s, topic, batch({ value: Buffer.alloc(500) }))).toMatchObject({ errorCode: 0, baseOffset: 0 });
    const byOldId = await s.quietly("produce", 13, produceById(oldId, batch()));
    expect(byOldId.responses[0]!.partitionResponses[0]!.errorCode).toBe(Errors.UNKNOWN_TOPIC_ID);
    const byId = await s.quietly("produce", 13, produceById(s.idOf("again"), batch()));
    expect(byId.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 1 });
  });

  test("a configuration that is altered holds for the next batch", async () => {
    const s = sessionOn(broker);
    const topic = await s.createTopic("altered");
    const alter = (value: string) =>
      s.quietly("incrementalAlterConfigs", 1, {
        resources: [
          { resourceType: 2, resourceName: topic, configs: [{ name: "max.message.bytes", configOperation: 0, value }] },
        ],
      });
    await alter("200");
    expect(await send(s, topic, batch({ value: Buffer.alloc(500) }))).toMatchObject({
      errorCode: Errors.MESSAGE_TOO_LARGE,
    });
    await alter("2000");
    expect(await send(s, topic, batch({ value: Buffer.alloc(500) }))).toMatchObject({ errorCode: 0 });
  });

  test("null records are refused, and the connection goes on", async () => {
    const s = sessionOn(broker);
    const topic = await s.createTopic("null");
    const answer = await s.quietly("produce", 9, produce(topic, null));
    expect(answer.responses[0]!.partitionResponses[0]!.errorCode).toBe(Errors.INVALID_RECORD);
    expect(await send(s, topic, batch())).toMatchObject({ errorCode: 0, baseOffset: 0 });
  });

  test("a topic that is asked for is made, and takes records", async () => {
    const s = sessionOn(broker);
    const topic = s.topic("made");
    await s.quietly("metadata", 12, { topics: [{ name: topic }], allowAutoTopicCreation: true });
    await s.until(async () => (await send(s, topic, batch())).errorCode === Errors.NONE);
    expect((await read(s, topic)).offsets).toEqual([[0, 0]]);
  });

  test("a broker that stops answers the fetches that wait", async () => {
    const other = await startBroker();
    const s = sessionOn(other);
    const topic = await s.createTopic("stopped");
    const reader = await s.connect();
    const waiting = reader.send("fetch", 12, fetch([{ topic, partitions: [from(0)] }], { maxWaitMs: 60_000 }));
    await sleep(50);
    // What came before this request has been looked at when it is answered.
    await read(s, topic);
    const startedMs = performance.now();
    await other.close();
    expect((await waiting).responses[0]!.partitions[0]!.errorCode).toBe(Errors.NOT_LEADER_OR_FOLLOWER);
    expect(performance.now() - startedMs).toBeLessThan(30_000);
  });
});

test("a restart keeps records, starts of logs, sequences of producers and topics that are gone", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "odradek-data-path-"));
  onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const first = await startBroker({ dataDirectory });
  const s = sessionOn(first);
  const topic = await s.createTopic("kept");
  const gone = await s.createTopic("gone");
  const producerId = await newProducerId(s);
  // A producer of which the last record is older than a day is forgotten at the start, as in Kafka.
  const timestamp = Date.now();
  const numbered = (baseSequence: number) => batch({ count: 2, producerId, producerEpoch: 0, baseSequence, timestamp });
  for (const sequence of [0, 2, 4]) await send(s, topic, numbered(sequence));
  await send(s, gone, batch());
  const cut = { topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 3 }] }], timeoutMs: 5_000 };
  expect((await s.quietly("deleteRecords", 2, cut)).topics[0]!.partitions[0]).toMatchObject({ lowWatermark: 3 });
  await s.quietly("deleteTopics", 6, { topics: [{ name: gone }], timeoutMs: 5_000 });
  await first.close();

  const second = await startBroker({ dataDirectory });
  const after = sessionOn(second);
  try {
    expect(await read(after, topic, 2)).toMatchObject({ errorCode: Errors.OFFSET_OUT_OF_RANGE });
    expect(await read(after, topic, 3)).toMatchObject({
      errorCode: 0,
      logStartOffset: 3,
      highWatermark: 6,
      offsets: [
        [2, 3],
        [4, 5],
      ],
    });
    expect(await send(after, topic, numbered(4))).toMatchObject({ errorCode: 0, baseOffset: 4 });
    expect(await send(after, topic, numbered(8))).toMatchObject({ errorCode: Errors.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(await send(after, topic, numbered(6))).toMatchObject({ errorCode: 0, baseOffset: 6 });
    expect(await send(after, gone, batch())).toMatchObject({ errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION });
    const dirs = await after.quietly("describeLogDirs", 4, { topics: null });
    expect(dirs.results.flatMap(({ topics }) => topics.map(({ name }) => name))).toEqual([topic]);
    const listed = await after.quietly("offsetForLeaderEpoch", 4, {
      replicaId: -1,
      topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }],
    });
    expect(listed.topics[0]!.partitions[0]!.errorCode).toBe(Errors.NONE);
  } finally {
    await second.close();
  }
});

test("a broker that is killed loses no acknowledged record, and gives no producer id twice", async () => {
  const broker = await TestBroker.start({ target: "odradek" });
  const ids: number[] = [];
  const acknowledged: number[] = [];
  let topic = "";
  try {
    for (let round = 0; round < 2; round++) {
      const s = sessionOn(broker);
      if (round === 0) topic = await s.createTopic("killed");
      for (let count = 0; count < 3; count++) ids.push(await newProducerId(s));
      const wire = await s.connect();
      for (let count = 0; count < 200; count++) {
        const sent = wire.send("produce", 9, produce(topic, batch({ count: 3 }), { acks: count % 2 === 0 ? 1 : -1 }));
        // The last ones are under way when it is killed.
        sent.then(
          ({ responses }) => acknowledged.push(responses[0]!.partitionResponses[0]!.baseOffset),
          () => {},
        );
        if (count % 20 === 0) await sent;
      }
      await broker.restart("kill -9");
    }
    const s = sessionOn(broker);
    for (let count = 0; count < 3; count++) ids.push(await newProducerId(s));
    expect(new Set(ids).size).toBe(ids.length);
    expect(acknowledged.length).toBeGreaterThan(300);
    const found: number[] = [];
    for (let offset = 0; ;) {
      const { offsets } = await read(s, topic, offset);
      if (offsets.length === 0) break;
      for (const [base] of offsets) found.push(base!);
      offset = offsets.at(-1)![1]! + 1;
    }
    const missing = acknowledged.filter((offset) => !found.includes(offset));
    expect(missing).toEqual([]);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(found).toEqual(found.map((_, index) => index * 3));
  } finally {
    await broker.remove();
  }
});
