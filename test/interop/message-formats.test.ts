import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { call, createTopic } from "../../bench/harness/admin.ts";
import { nodeCompute } from "../../src/io/node/node-compute.ts";
import { apis } from "../../src/protocol/apis.ts";
import { type BatchView } from "../../src/protocol/records/batch-header.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { decompressBatch, recordsOf } from "../../src/protocol/records/record-iterator.ts";
import { type TargetName } from "../support/broker/target.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { type JavaSegment, javaSegments } from "../support/message-formats.ts";
import { runTool } from "../support/run-process.ts";
import { prepareJava } from "./support/java.ts";
import { withTool } from "./support/tool-or-skip.ts";

const records = javaSegments.flatMap(({ entries }) => entries.flatMap((entry) => entry.records));
const timestamps = [...new Set(records.map(({ timestamp }) => timestamp))].sort((one, other) => one - other);
/** Older than the present, so that Kafka's retention by the files' time would show. */
const modified = new Date(Date.UTC(2026, 5, 1));

/** Topics, and which of the segments they have. */
const topics: Readonly<Record<string, readonly JavaSegment[]>> = {
  "all-segments": javaSegments,
  "with-timestamps": javaSegments.slice(1),
  "format-0": javaSegments.slice(0, 1),
  "all-formats": javaSegments.slice(3),
};
const compactedTopic = "compacted";
const segmentMs = 1_000;
const endOfSegments = javaSegments.at(-1)!.entries.at(-1)!.lastOffset;

function directoryOf(broker: TestBroker, topic: string): string {
  return join(broker.dataDirectory, `${topic}-0`);
}

/** Puts the segments in the place of what the partition has; they have no indexes. */
function replaceLog(
  broker: TestBroker,
  topic: string,
  segments: readonly JavaSegment[],
  tail: Buffer = Buffer.alloc(0),
): void {
  const directory = directoryOf(broker, topic);
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) if (/^\d{20}\.|leader-epoch/.test(name)) rmSync(join(directory, name));
  for (const [index, { baseOffset, bytes }] of segments.entries()) {
    const path = join(directory, `${String(baseOffset).padStart(20, "0")}.log`);
    writeFileSync(path, index === segments.length - 1 ? Buffer.concat([bytes, tail]) : bytes);
    utimesSync(path, modified, modified);
  }
}

/** As a crash leaves a directory. */
function forgetShutdown(broker: TestBroker): void {
  for (const name of readdirSync(broker.dataDirectory)) {
    if (name === ".kafka_cleanshutdown" || name.endsWith("-checkpoint")) rmSync(join(broker.dataDirectory, name));
  }
}

async function listOffsets(port: number, name: string, timestamp: number, version: number): Promise<unknown> {
  const partitions = [{ partitionIndex: 0, timestamp }];
  const answer = await call(port, apis.listOffsets, version, { replicaId: -1, topics: [{ name, partitions }] });
  const { errorCode, timestamp: found, offset } = answer.topics[0]!.partitions[0]!;
  return { timestamp, version, errorCode, found, offset };
}

async function fetchFrom(port: number, topic: string, fetchOffset: number, version: number, maxBytes: number) {
  const answer = await call(port, apis.fetch, version, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1_000_000,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }] }],
  });
  const { errorCode, highWatermark, records: bytes } = answer.responses[0]!.partitions[0]!;
  return { fetchOffset, version, maxBytes, errorCode, highWatermark, bytes: bytes?.toString("base64") };
}

async function answersOf({ port }: TestBroker, topic: string, segments: readonly JavaSegment[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const version of [1, 10]) {
    for (const timestamp of [-1, -2, 0, ...timestamps.filter((at) => at >= 0), timestamps.at(-1)! + 1]) {
      answers.push(await listOffsets(port, topic, timestamp, version));
    }
  }
  answers.push(await listOffsets(port, topic, -3, 10));
  for (const { entries } of segments) {
    for (const { baseOffset, lastOffset } of entries) {
      // A fetch of 1 byte brings a whole message; Kafka would cut one that is not the first.
      for (const version of [4, 12]) answers.push(await fetchFrom(port, topic, lastOffset, version, 1));
      answers.push(await fetchFrom(port, topic, baseOffset, 12, 100_000));
    }
  }
  return answers;
}

/** What the partition holds, as each broker's console consumer prints it. */
function consumed(broker: TestBroker, topic: string): Promise<string> {
  const columns = ["timestamp", "offset", "key"].flatMap((name) => ["--formatter-property", `print.${name}=true`]);
  const place = ["--bootstrap-server", broker.bootstrap, "--topic", topic, "--partition", "0", "--from-beginning"];
  return runTool("kafka-console-consumer", [...place, ...columns, "--max-messages", String(records.length)]);
}

interface CleanedBatch extends Readonly<Record<string, unknown>> {
  readonly lastOffset: number;
}

/** Offset, key and value of each record of the batches that compaction has written, and the batches' own ends. */
async function cleaned(broker: TestBroker): Promise<CleanedBatch[]> {
  const directory = directoryOf(broker, compactedTopic);
  const first = join(directory, `${"0".repeat(20)}.log`);
  const found: CleanedBatch[] = [];
  for (const batch of batches(contentsOf(first))) {
    if (batch.magic < 2) return [];
    expect(batch.isValidCrc()).toBe(true);
    const { baseOffset, maxTimestamp, timestampType, compression, hasDeleteHorizon } = batch;
    const payload = await decompressBatch(batch as BatchView, nodeCompute, 1_000_000);
    const inside = [...recordsOf(batch, payload)].map(({ offset, timestamp, key, value }) => {
      return [offset, timestamp, key?.toString(), value?.toString()];
    });
    found.push({
      baseOffset,
      lastOffset: batch.lastOffset,
      maxTimestamp,
      timestampType,
      compression,
      hasDeleteHorizon,
      inside,
    });
  }
  return found;
}

/** Nothing where there is no file: while a compacted segment takes the place of others, there is none of that name for a moment. */
function contentsOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

async function untilCleaned(broker: TestBroker): Promise<unknown[]> {
  for (const deadline = performance.now() + 90_000; performance.now() < deadline;) {
    const found = await cleaned(broker);
    const segments = readdirSync(directoryOf(broker, compactedTopic)).filter((name) => name.endsWith(".log"));
    // A round that began before the last segment was rolled leaves that one to the next.
    if (found.at(-1)?.lastOffset === endOfSegments && segments.length === 2) return found;
    await sleep(100);
  }
  throw new Error(`${broker.target} has not cleaned the log:\n${broker.log.slice(-2_000)}`);
}

async function storyOf(target: TargetName): Promise<Record<string, unknown>> {
  const properties = {
    // What the old cluster left is not to go before it was looked at.
    "log.retention.ms": "-1",
    "log.cleaner.backoff.ms": "100",
  };
  const broker = await TestBroker.start({ target, properties });
  onTestFinished(() => broker.remove());
  for (const topic of Object.keys(topics)) await createTopic(broker.port, topic, 1);
  const compaction = { "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0", "segment.ms": String(segmentMs) };
  await createTopic(broker.port, compactedTopic, 1, compaction);
  const story: Record<string, unknown> = {};
  for (const how of ["clean", "unclean"] as const) {
    await broker.stop();
    for (const [topic, segments] of Object.entries(topics)) {
      // The beginning of a message, as a torn write leaves it.
      replaceLog(broker, topic, segments, how === "clean" ? undefined : segments[0]!.bytes.subarray(0, 30));
    }
    if (how === "clean") replaceLog(broker, compactedTopic, javaSegments);
    else forgetShutdown(broker);
    await broker.start();
    for (const [topic, segments] of Object.entries(topics)) {
      story[`${how} ${topic}`] = await answersOf(broker, topic, segments);
    }
    story[`${how} consumed`] = await consumed(broker, "all-segments");
    if (how === "unclean") continue;
    // The active segment is not cleaned: it rolls with what comes in when it is old enough. It begins with a message without a
    // timestamp, so that its age counts from the start, and a fast machine is here sooner.
    await sleep(segmentMs);
    await runTool(
      "kafka-console-producer",
      ["--bootstrap-server", broker.bootstrap, "--topic", compactedTopic, "--reader-property", "parse.key=true"],
      { stdin: "other\tvalue\n" },
    );
    story["compaction"] = await untilCleaned(broker);
  }
  await broker.stop();
  return story;
}

await withTool("message formats 0 and 1 in a data directory", prepareJava, () => {
  test("are what they are under Apache Kafka", async () => {
    const [theirs, ours] = [await storyOf("kafka"), await storyOf("odradek")];
    for (const name of Object.keys(theirs)) expect([name, ours[name]]).toEqual([name, theirs[name]]);
    expect(theirs["clean consumed"]).toContain("NO_TIMESTAMP\tOffset:0\tkey-0\tvalue 0");
    expect(theirs["unclean all-segments"]).toEqual(theirs["clean all-segments"]);
    expect((theirs["compaction"] as unknown[]).length).toBeGreaterThan(3);
  });
});
