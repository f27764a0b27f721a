import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createTopic } from "../../bench/harness/admin.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../src/protocol/records/record-iterator.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { RawConnection } from "./network/raw-connection.ts";

const topic = "compacted";
const keyCount = 50;
const configs = {
  "cleanup.policy": "compact",
  // Below the smallest size that `segment.bytes` allows, so that there is something to clean all the time.
  "internal.segment.bytes": "20000",
  "min.cleanable.dirty.ratio": "0.01",
};

/** Produces to random keys until it is stopped, and knows which value of each key was acknowledged last. */
class KeyProducer {
  /** A value that was sent and not acknowledged may be there or not. */
  readonly acknowledged = new Map<string, number>();
  readonly sent = new Map<string, number>();
  #count = 0;

  async run(connection: RawConnection, requests: number): Promise<void> {
    for (let left = requests; left > 0; left--) {
      const written = Array.from(
        { length: 20 },
        () => [`key ${(this.#count * 37) % keyCount}`, this.#count++] as const,
      );
      for (const [key, value] of written) this.sent.set(key, value);
      const records = written.map(([key, value]) => ({
        key: Buffer.from(key),
        value: Buffer.from(String(value).padEnd(50)),
        timestamp: Date.now(),
      }));
      const partitionData = [{ index: 0, records: buildBatch({ records }) }];
      const answer = await connection.ask("produce", 9, {
        acks: -1,
        timeoutMs: 30_000,
        topicData: [{ name: topic, partitionData }],
      });
      expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(Errors.NONE);
      for (const [key, value] of written) this.acknowledged.set(key, value);
    }
  }
}

async function readAll(port: number): Promise<{ table: Map<string, number>; count: number }> {
  const connection = await RawConnection.open(port);
  const table = new Map<string, number>();
  let count = 0;
  for (let fetchOffset = 0; ;) {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }];
    const fetched = await connection.ask("fetch", 12, { maxWaitMs: 0, topics: [{ topic, partitions }] });
    const { errorCode, records } = fetched.responses[0]?.partitions[0] ?? {};
    expect(errorCode).toBe(Errors.NONE);
    if (records === undefined || records === null || records.length === 0) break;
    for (const batch of batches(records)) {
      expect(batch.nextOffset).toBeGreaterThan(fetchOffset);
      for (const { key, value } of recordsOf(batch, payloadOf(batch))) {
        table.set(String(key), Number(value));
        count++;
      }
      fetchOffset = batch.nextOffset;
    }
  }
  connection.close();
  return { table, count };
}

function cleanedOffset({ dataDirectory }: TestBroker): number {
  const path = join(dataDirectory, "cleaner-offset-checkpoint");
  return existsSync(path) ? Number(/^compacted 0 (\d+)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? 0) : 0;
}

test("a log that is compacted while it is written to keeps every key's last value, over a kill and a stop", async () => {
  const properties = { "log.cleaner.backoff.ms": "10", "log.segment.delete.delay.ms": "100" };
  const broker = await TestBroker.start({ target: "odradek", properties });
  onTestFinished(() => broker.remove());
  await createTopic(broker.port, topic, 1, configs);
  const producer = new KeyProducer();
  let produced = 0;
  for (const how of ["kill -9", "clean"] as const) {
    const connection = await RawConnection.open(broker.port);
    const start = cleanedOffset(broker);
    for (const deadline = performance.now() + 60_000; cleanedOffset(broker) === start;) {
      await producer.run(connection, 50);
      produced += 1_000;
      expect(performance.now(), "nothing is cleaned").toBeLessThan(deadline);
    }
    // The next round is under way, or begins.
    await producer.run(connection, 20);
    produced += 400;
    await sleep(how === "clean" ? 0 : Math.floor(produced / 100) % 17);
    await broker.restart(how);
    connection.close();
    const { table, count } = await readAll(broker.port);
    expect([...table].sort()).toEqual([...producer.acknowledged].sort());
    expect(count).toBeLessThan(produced);
  }
});
