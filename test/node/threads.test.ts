import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { call, createTopic, logEnds } from "../../bench/harness/admin.ts";
import { nodeCompute } from "../../src/io/node/node-compute.ts";
import { apis } from "../../src/protocol/apis.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { buildBatch, compressBatch } from "../../src/protocol/records/batch-builder.ts";
import { TestBroker } from "../support/broker/test-broker.ts";

const partitions = 60;

function produce(port: number, records: Buffer, indexes: readonly number[]) {
  const partitionData = indexes.map((index) => ({ index, records }));
  const topicData = [{ name: "threads", partitionData }];
  return call(port, apis.produce, 9, { acks: -1, timeoutMs: 10_000, topicData });
}

/** Threads of a process by their names; none where the system does not tell. */
function threadNames(pid: number | undefined): string[] {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((id) => {
    try {
      return [readFileSync(`${folder}/${id}/comm`, "utf8").trim()];
    } catch {
      // It has just ended.
      return [];
    }
  });
}

test("the threads of a broker as it is installed look at large compressed batches, and recover many logs", async () => {
  const broker = await TestBroker.start({ target: "odradek" });
  onTestFinished(() => broker.remove());
  await createTopic(broker.port, "threads", partitions);
  const record = { key: null, value: Buffer.from("v"), timestamp: Date.now() };
  const few = buildBatch({ records: [record] });
  const before = threadNames(broker.pid).length;
  const small = await produce(
    broker.port,
    few,
    Array.from({ length: partitions }, (_, index) => index),
  );
  expect(small.responses[0]!.partitionResponses.every(({ errorCode }) => errorCode === Errors.NONE)).toBe(true);
  expect(threadNames(broker.pid).length).toBe(before);
  const many = buildBatch({ records: Array.from({ length: 30_000 }, () => record) });
  const large = await produce(broker.port, await compressBatch(many, "gzip", nodeCompute), [0]);
  expect(large.responses[0]!.partitionResponses[0]!.errorCode).toBe(Errors.NONE);
  if (before > 0) expect(threadNames(broker.pid).length).toBeGreaterThan(before);
  const ends = await logEnds(broker.port, "threads", partitions);
  await broker.restart("kill -9");
  expect(broker.log).toContain("The logs are recovered");
  expect(broker.log).not.toContain("it is done in place");
  expect(await logEnds(broker.port, "threads", partitions)).toEqual(ends);
  expect(ends).toEqual(Array.from({ length: partitions }, (_, index) => (index === 0 ? 30_001 : 1)));
});
