import { describe, expect, test } from "vitest";
import { TopicConfig } from "../../../../src/config/topic-config.ts";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type Compute } from "../../../../src/io/ports.ts";
import { BatchOpener } from "../../../../src/log/validation/batch-opener.ts";
import { logConfigFrom } from "../../../../src/log/log-config.ts";
import { buildBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { BatchView, producerIdAt } from "../../../../src/protocol/records/batch-header.ts";
import { decompressBatch, payloadOf } from "../../../../src/protocol/records/record-iterator.ts";
import { batch, startMs } from "../batches.ts";
import { nodeConfig } from "../../../support/node-config.ts";
import { unusedWorkers } from "../../../support/unused-workers.ts";

const broker = nodeConfig({ "compression.gzip.level": "2" });
const configOf = (overrides: Record<string, string>) =>
  logConfigFrom(new TopicConfig(new Map(Object.entries(overrides)), broker));

describe("the level is that of the topic's codec", () => {
  test.each([
    [{ "compression.type": "gzip", "compression.gzip.level": "9" }, 9],
    [{ "compression.type": "gzip" }, 2],
    [{ "compression.type": "zstd", "compression.zstd.level": "-7" }, -7],
    [{ "compression.type": "zstd" }, 3],
    [{ "compression.type": "lz4", "compression.lz4.level": "17" }, 17],
    [{ "compression.type": "snappy" }, undefined],
    [{}, undefined],
  ])("%o", async (overrides, level) => {
    const config = configOf(overrides);
    const levels: (number | undefined)[] = [];
    const compute: Compute = {
      ...nodeCompute,
      compress: (codec, data, wanted) => {
        levels.push(wanted);
        return nodeCompute.compress(codec, data, wanted);
      },
    };
    expect(config.compressionLevel).toBe(level);
    await new BatchOpener(compute, unusedWorkers).open(batch(), config, startMs, "topic-0");
    expect(levels).toEqual("compression.type" in overrides ? [level] : []);
  });

  test("a higher one makes batches smaller", async () => {
    const text = Array.from({ length: 3_000 }, (_, index) => `${(index * 7_919) % 1_009} times ${index % 37}`).join(
      " ",
    );
    const sizes = ["1", "9"].map(async (level) => {
      const config = configOf({ "compression.type": "gzip", "compression.gzip.level": level });
      const result = await new BatchOpener(nodeCompute, unusedWorkers).open(
        batch({ value: text }),
        config,
        startMs,
        "topic-0",
      );
      return result?.ok ? result.records.length : 0;
    });
    const [fast, small] = await Promise.all(sizes);
    expect(small).toBeGreaterThan(0);
    expect(small).toBeLessThan(fast!);
  });
});

test("records as producers write them keep their bytes, and the header what is the producer's", async () => {
  const sent = batch({ count: 3, producerId: 77, producerEpoch: 2, baseSequence: 5, isTransactional: true });
  const result = await new BatchOpener(nodeCompute, unusedWorkers).open(
    sent,
    configOf({ "compression.type": "lz4" }),
    startMs,
    "t-0",
  );
  const stored = new BatchView(result?.ok ? result.records : Buffer.alloc(0), 0);
  expect(await decompressBatch(stored, nodeCompute, 10_000)).toEqual(payloadOf(new BatchView(sent, 0)));
  expect(stored.buffer.subarray(producerIdAt, producerIdAt + 14)).toEqual(
    sent.subarray(producerIdAt, producerIdAt + 14),
  );
  expect([stored.compression, stored.isTransactional, stored.recordCount]).toEqual(["lz4", true, 3]);
});

test("no more than four batches are open at once", async () => {
  let open = 0;
  let openMax = 0;
  const compute: Compute = {
    ...nodeCompute,
    compress: async (codec, data) => {
      openMax = Math.max(openMax, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return nodeCompute.compress(codec, data);
    },
  };
  const opener = new BatchOpener(compute, unusedWorkers);
  const config = configOf({ "compression.type": "gzip" });
  const records = buildBatch({ records: [{ key: null, value: Buffer.from("x"), timestamp: startMs }] });
  const results = await Promise.all(
    Array.from({ length: 12 }, () => opener.open(Buffer.from(records), config, startMs, "t-0")),
  );
  expect([results.every((result) => result?.ok), openMax]).toEqual([true, 4]);
});
