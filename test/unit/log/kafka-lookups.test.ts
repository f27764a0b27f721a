import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { call, createTopic } from "../../../bench/harness/admin.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { recording } from "../../support/recording.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { startMs } from "./batches.ts";
import { fileScenarios } from "./kafka-files.ts";
import { openLog } from "./open-log.ts";

/**
 * What Apache Kafka 4.3.0 finds by time in logs whose timestamps wander. To record it again, start a broker, and run with
 * `ODRADEK_RECORD_PORT` set to its port.
 */
const golden = new URL("../../data/log-lookups.json", import.meta.url);
const recordPort = process.env["ODRADEK_RECORD_PORT"];
const maxTimestamp = -3;
const scenarios = fileScenarios.filter(({ name }) => name !== "idempotent producers");

/** Timestamps around those of the records. */
function timestamps(name: string): number[] {
  const step = name === "by time" || name === "in time for compaction" ? 7_200_000 : 17;
  return Array.from({ length: 80 }, (_, index) => startMs + (index - 10) * step);
}

/** The offset that is found and its timestamp; -1 and -1 when there is none. */
type Found = readonly [offset: number, timestamp: number];

recording(recordPort !== undefined, () => {
  it("asks the broker", { timeout: 120_000 }, async () => {
    const port = Number(recordPort);
    const lookups: Record<string, Found[]> = {};
    for (const [index, { name, configs, batches }] of scenarios.entries()) {
      const topic = `lookups-${index}`;
      await createTopic(port, topic, 1, { ...configs, "retention.ms": "-1" });
      for (const records of batches()) {
        const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
        await call(port, apis.produce, 11, { acks: -1, timeoutMs: 5_000, topicData });
      }
      lookups[name] = [];
      for (const timestamp of [...timestamps(name), maxTimestamp]) {
        const request = { replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }] };
        const [found] = (await call(port, apis.listOffsets, 7, request)).topics[0]!.partitions;
        lookups[name].push([found!.offset, found!.timestamp]);
      }
    }
    writeFileSync(golden, `${JSON.stringify(lookups)}\n`);
  });
});

describe.runIf(recordPort === undefined)("what is found by time is what Kafka finds", () => {
  test.each(scenarios)("$name", async ({ name, config, batches }) => {
    const recorded = (JSON.parse(readFileSync(golden, "utf8")) as Record<string, Found[]>)[name]!;
    const nowMs = startMs + 100_000_000_000;
    const { log, queue } = openLog(new MemoryDisk(), config, { time: new ManualTime(nowMs) });
    for (const records of batches()) {
      log.appendAsLeader(records, 0, "client", nowMs);
      queue.flush();
    }
    const found: Found[] = [];
    for (const timestamp of timestamps(name)) {
      found.push(pair(await log.offsetForTimestamp(timestamp, nodeCompute)));
    }
    found.push(pair(await log.offsetOfMaxTimestamp(nodeCompute)));
    expect(found).toEqual(recorded);
    expect(new Set(recorded.map(([offset]) => offset)).size).toBeGreaterThan(8);
  });
});

function pair(found: { readonly offset: number; readonly timestamp: number } | number | undefined): Found {
  return typeof found === "object" ? [found.offset, found.timestamp] : [-1, -1];
}
