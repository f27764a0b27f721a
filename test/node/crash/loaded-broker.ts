import { expect, onTestFinished } from "vitest";
import { createTopic } from "../../../bench/harness/admin.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { TestBroker, type TestBrokerOptions } from "../../support/broker/test-broker.ts";
import { RawConnection } from "../network/raw-connection.ts";
import { SteadyProducer } from "./steady-producer.ts";

export const topic = "crash";

/** Two partitions of each kind: what was acknowledged must be there in each of them. */
const kinds = [
  { acks: 1, isIdempotent: false },
  { acks: -1, isIdempotent: false },
  { acks: 1, isIdempotent: true },
  { acks: -1, isIdempotent: true },
] as const;

export interface LoadedBroker {
  readonly broker: TestBroker;
  readonly producers: readonly SteadyProducer[];
}

/** A broker with the topic, whose partitions roll segments and write checkpoints while it runs, and those who write to it. */
export async function loadedBroker(options: TestBrokerOptions = {}): Promise<LoadedBroker> {
  const properties = { "log.segment.bytes": "1048576", ...options.properties };
  const broker = await TestBroker.start({ target: "odradek", ...options, properties });
  onTestFinished(() => broker.remove());
  await createTopic(broker.port, topic, 2 * kinds.length);
  const producers = [...kinds, ...kinds].map(
    (kind, partition) => new SteadyProducer({ port: broker.port, topic, partition, ...kind }),
  );
  onTestFinished(async () => void (await Promise.allSettled(producers.map((producer) => producer.stop()))));
  const areAtWork = (): boolean => producers.every(({ acknowledged }) => acknowledged.length > 20);
  await expect.poll(areAtWork, { timeout: 60_000 }).toBe(true);
  return { broker, producers };
}

/** All values of a partition, in their order. */
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

/** Nothing acknowledged is missing; what idempotent producers wrote is there once, in its order and without a gap. */
export async function expectEverything(broker: TestBroker, producers: readonly SteadyProducer[]): Promise<void> {
  for (const { options, acknowledged } of producers) {
    const values = await valuesOf(broker.port, options.partition);
    const present = new Set(values);
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((value) => !present.has(value)).slice(0, 5)).toEqual([]);
    if (!options.isIdempotent) continue;
    // One more batch may have come in that nobody learnt of.
    const expected = Array.from({ length: values.length }, (_, index) => `${topic}-${options.partition}-${index}`);
    const different = values.findIndex((value, index) => value !== expected[index]);
    const around = different < 0 ? [] : values.slice(Math.max(0, different - 6), different + 6);
    expect(around, `partition ${options.partition}: other values than expected from ${different} on`).toEqual([]);
    expect(values.length - acknowledged.length).toBeLessThanOrEqual(5);
  }
}
