import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { batch, fetch, from, produce } from "../differential/requests.ts";
import { Session } from "../differential/session.ts";

/** What was altered takes effect in the broker that runs. What it answers is compared with Kafka in `differential`. */
const own = "1";
const all = "";
const resourceTypes = { topic: 2, broker: 4 };

let broker: Broker;
let directory: string;

const config = {
  "log.retention.check.interval.ms": 50,
  "log.initial.task.delay.ms": 0,
  "producer.id.expiration.check.interval.ms": 20,
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "odradek-"));
  broker = await startBroker({ dataDirectory: directory, config });
});
afterAll(async () => {
  await broker.close();
  rmSync(directory, { recursive: true, force: true });
});

function session(): Session {
  const s = new Session(broker.port);
  onTestFinished(() => s.close());
  return s;
}

async function alter(s: Session, type: "topic" | "broker", name: string, changes: Record<string, string | null>) {
  const configs = Object.entries(changes).map(([key, value]) => ({
    name: key,
    configOperation: value === null ? 1 : 0,
    value,
  }));
  const resources = [{ resourceType: resourceTypes[type], resourceName: name, configs }];
  const { responses } = await s.quietly("incrementalAlterConfigs", 1, { resources });
  expect(responses[0]).toMatchObject({ errorCode: 0 });
}

/** Sets it for the rest of the test. */
async function during(s: Session, resourceName: string, changes: Record<string, string>) {
  await alter(s, "broker", resourceName, changes);
  const deleted = Object.fromEntries(Object.keys(changes).map((key) => [key, null]));
  onTestFinished(() => alter(s, "broker", resourceName, deleted));
}

async function send(s: Session, topic: string, records = batch()) {
  const answer = await s.quietly("produce", 9, produce(topic, records));
  return answer.responses[0]!.partitionResponses[0]!;
}

/** The first batch as it lies in the log. */
async function stored(s: Session, topic: string): Promise<BatchView> {
  const answer = await s.quietly("fetch", 12, fetch([{ topic, partitions: [from(0)] }]));
  return new BatchView(answer.responses[0]!.partitions[0]!.records!, 0);
}

async function startOffset(s: Session, topic: string): Promise<number> {
  const partitions = [{ partitionIndex: 0, timestamp: -2 }];
  const answer = await s.quietly("listOffsets", 7, { replicaId: -1, topics: [{ name: topic, partitions }] });
  return answer.topics[0]!.partitions[0]!.offset;
}

/** Whether the broker serves another connection; it stays open until the test ends. */
async function admits(s: Session): Promise<boolean> {
  try {
    const wire = await s.connect();
    const versions = { clientSoftwareName: "test", clientSoftwareVersion: "1" };
    return (await wire.send("apiVersions", 3, versions)).errorCode === Errors.NONE;
  } catch {
    return false;
  }
}

const large = () => batch({ value: "x".repeat(3_000) });

test("the limit of a batch: of all brokers, of this one, of the topic; each before the former", async () => {
  const s = session();
  const [plain, special] = [await s.createTopic("plain"), await s.createTopic("special")];
  expect(await send(s, plain, large())).toMatchObject({ errorCode: Errors.NONE });
  await during(s, all, { "message.max.bytes": "2000" });
  expect(await send(s, plain, large())).toMatchObject({ errorCode: Errors.MESSAGE_TOO_LARGE });
  await alter(s, "topic", special, { "max.message.bytes": "4000" });
  expect(await send(s, special, large())).toMatchObject({ errorCode: Errors.NONE });
  await during(s, own, { "message.max.bytes": "4000" });
  expect(await send(s, plain, large())).toMatchObject({ errorCode: Errors.NONE });
  await alter(s, "topic", special, { "max.message.bytes": "1000" });
  expect(await send(s, special, large())).toMatchObject({ errorCode: Errors.MESSAGE_TOO_LARGE });
});

test.each(["topic", "broker"] as const)("compression and timestamps that a %s sets", async (type) => {
  const s = session();
  const topic = await s.createTopic(`as-stored-${type}`);
  if (type === "broker")
    await during(s, all, { "compression.type": "gzip", "log.message.timestamp.type": "LogAppendTime" });
  else await alter(s, "topic", topic, { "compression.type": "gzip", "message.timestamp.type": "LogAppendTime" });
  expect(await send(s, topic)).toMatchObject({ errorCode: Errors.NONE });
  const { compression, timestampType, maxTimestamp } = await stored(s, topic);
  expect({ compression, timestampType }).toEqual({ compression: "gzip", timestampType: "logAppendTime" });
  expect(Math.abs(Date.now() - maxTimestamp)).toBeLessThan(60_000);
});

test.each(["topic", "broker"] as const)("retention that a %s sets", async (type) => {
  const s = session();
  const topic = await s.createTopic(`kept-${type}`);
  // The topic was created with a retention of its own.
  if (type === "broker") await alter(s, "topic", topic, { "retention.ms": null });
  await send(s, topic, batch({ timestamp: Date.now() - 5_000 }));
  expect(await startOffset(s, topic)).toBe(0);
  if (type === "topic") await alter(s, "topic", topic, { "retention.ms": "1000" });
  else await during(s, own, { "log.retention.ms": "1000" });
  await s.until(async () => (await startOffset(s, topic)) > 0);
});

test("connections of one address", async () => {
  const s = session();
  await s.createTopic("any");
  expect([await admits(s), await admits(s), await admits(s)]).toEqual([true, true, true]);
  await during(s, all, { "max.connections.per.ip": "4" });
  expect(await admits(s)).toBe(false);
  await alter(s, "broker", all, { "max.connections.per.ip.overrides": "127.0.0.1:5" });
  expect([await admits(s), await admits(s)]).toEqual([true, false]);
  await alter(s, "broker", all, { "max.connections.per.ip.overrides": null });
  expect(await admits(s)).toBe(false);
});

test("connections of a listener: those that wait are let in when the limit goes up", async () => {
  const s = session();
  await s.createTopic("any-2");
  await during(s, own, { "listener.name.plaintext.max.connections": "2" });
  expect(await admits(s)).toBe(true);
  const waiting = admits(s);
  await alter(s, "broker", own, { "listener.name.plaintext.max.connections": "10" });
  expect(await waiting).toBe(true);
});

test("how long an idempotent producer is known", async () => {
  const s = session();
  const topic = await s.createTopic("producers");
  const { producerId } = await s.quietly("initProducerId", 4, { transactionalId: null, transactionTimeoutMs: 60_000 });
  const at = (baseSequence: number) =>
    send(s, topic, batch({ producerId, producerEpoch: 0, baseSequence, timestamp: Date.now() - 5_000 }));
  expect(await at(0)).toMatchObject({ errorCode: Errors.NONE });
  expect(await at(7)).toMatchObject({ errorCode: Errors.OUT_OF_ORDER_SEQUENCE_NUMBER });
  await during(s, all, { "producer.id.expiration.ms": "1000" });
  await s.until(async () => (await at(7)).errorCode === Errors.NONE);
});

test("what was altered holds after a restart, from the first connection on", async () => {
  const s = session();
  await alter(s, "broker", all, { "max.connections.per.ip": "2", "message.max.bytes": "2000" });
  s.close();
  await broker.close();
  broker = await startBroker({ dataDirectory: directory, config });
  const after = session();
  const topic = await after.createTopic("after");
  expect(await send(after, topic, large())).toMatchObject({ errorCode: Errors.MESSAGE_TOO_LARGE });
  expect([await admits(after), await admits(after)]).toEqual([true, false]);
});
