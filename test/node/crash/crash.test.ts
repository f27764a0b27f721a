import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createTopic } from "../../../bench/harness/admin.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { TestBroker } from "../../support/broker/test-broker.ts";
import { RawConnection } from "../network/raw-connection.ts";
import { SteadyProducer } from "./steady-producer.ts";

const kills = 3;
const topic = "crash";

/** Two partitions of each kind: what was acknowledged must be there in each of them. */
const kinds = [
  { acks: 1, isIdempotent: false },
  { acks: -1, isIdempotent: false },
  { acks: 1, isIdempotent: true },
  { acks: -1, isIdempotent: true },
] as const;
const producersOf = ({ port }: TestBroker) =>
  [...kinds, ...kinds].map((kind, partition) => new SteadyProducer({ port, topic, partition, ...kind }));

/** A broker with the topic, whose partitions roll segments and write checkpoints while it runs. */
async function loaded(): Promise<{ broker: TestBroker; producers: SteadyProducer[] }> {
  const broker = await TestBroker.start({ target: "odradek", properties: { "log.segment.bytes": "1048576" } });
  onTestFinished(() => broker.remove());
  await createTopic(broker.port, topic, 2 * kinds.length);
  const producers = producersOf(broker);
  onTestFinished(async () => void (await Promise.allSettled(producers.map((producer) => producer.stop()))));
  await sleep(300);
  return { broker, producers };
}

async function valuesOf(port: number, partition: number): Promise<string[]> {
  const connection = await RawConnection.open(port);
  const values: string[] = [];
  for (let fetchOffset = 0; ;) {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: 4_000_000 }];
    const fetched = await connection.ask("fetch", 12, { maxWaitMs: 0, topics: [{ topic, partitions }] });
    const { errorCode, records } = fetched.responses[0]?.partitions[0] ?? {};
    expect(errorCode).toBe(Errors.NONE);
    if (records === undefined || records === null || records.length === 0) break;
    for (const batch of batches(records)) {
      expect(batch.baseOffset).toBe(fetchOffset);
      for (const { value } of recordsOf(batch, payloadOf(batch))) values.push(String(value));
      fetchOffset = batch.nextOffset;
    }
  }
  connection.close();
  return values;
}

async function expectEverything(broker: TestBroker, producers: readonly SteadyProducer[]): Promise<void> {
  for (const { options, acknowledged } of producers) {
    const values = await valuesOf(broker.port, options.partition);
    const present = new Set(values);
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((value) => !present.has(value)).slice(0, 5)).toEqual([]);
    if (!options.isIdempotent) continue;
    // Once, in order and without a gap; one more batch may have come in that nobody learnt of.
    const expected = Array.from({ length: values.length }, (_, index) => `${topic}-${options.partition}-${index}`);
    expect(values.findIndex((value, index) => value !== expected[index])).toBe(-1);
    expect(values.length - acknowledged.length).toBeLessThanOrEqual(5);
  }
}

test(`kill -9 under load, ${kills} times: what was acknowledged is there, and once`, async () => {
  const { broker, producers } = await loaded();
  for (let kill = 0; kill < kills; kill++) {
    const before = producers.map(({ acknowledged }) => acknowledged.length);
    // What the broker has, and no producer knows of: they send it again to the one that starts then.
    for (const producer of producers) producer.isDeaf = true;
    await sleep(60);
    await broker.restart("kill -9");
    for (const producer of producers) producer.isDeaf = false;
    await expect
      .poll(() => producers.every(({ acknowledged }, index) => acknowledged.length > (before[index] ?? 0) + 20), {
        timeout: 10_000,
      })
      .toBe(true);
  }
  await Promise.all(producers.map((producer) => producer.stop()));
  await expectEverything(broker, producers);
  await broker.restart("kill -9");
  await expectEverything(broker, producers);
});

test("SIGTERM under load: exit code 0, a clean shutdown, and nothing acknowledged is missing", async () => {
  const { broker, producers } = await loaded();
  // `stop` throws when the exit code is another than 0.
  await broker.stop();
  expect(existsSync(join(broker.dataDirectory, ".kafka_cleanshutdown"))).toBe(true);
  await Promise.all(producers.map((producer) => producer.stop()));
  await broker.start();
  expect(existsSync(join(broker.dataDirectory, ".kafka_cleanshutdown"))).toBe(false);
  await expectEverything(broker, producers);
});
