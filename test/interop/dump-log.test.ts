import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeCompute } from "../../src/io/node/node-compute.ts";
import { nodeDisk } from "../../src/io/node/node-disk.ts";
import { defaultLogConfig } from "../../src/log/log-config.ts";
import { Log } from "../../src/log/log.ts";
import { WriteQueue } from "../../src/log/write-queue.ts";
import { buildBatch, compressBatch } from "../../src/protocol/records/batch-builder.ts";
import { ManualTime } from "../support/manual-time.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { marker } from "../unit/log/batches.ts";
import { javaTool, prepareJava, type Java } from "./support/java.ts";
import { withTool } from "./support/tool-or-skip.ts";

const dumpTool = "org.apache.kafka.tools.DumpLogSegments";
const startMs = 1_700_000_000_000;
const recordCount = 2_000;
const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

/** Batches of every codec, of an idempotent and of a transactional producer, through several segments and epochs. */
async function writeLog(dir: string): Promise<Log> {
  mkdirSync(dir);
  const time = new ManualTime(startMs);
  const queue = new WriteQueue({ timers: time });
  const log = Log.open({
    dir,
    topic: "topic",
    partition: 0,
    topicId: "AAAAAAAAAAAAAAAAAAAAAQ",
    disk: nodeDisk,
    clock: time,
    config: { ...defaultLogConfig, segmentBytes: 20_000, indexIntervalBytes: 500 },
    logStartOffset: 0,
    recoveryPoint: 0,
    hadCleanShutdown: false,
    writeQueue: queue,
    logger: silentLogger,
    draw: () => 0,
    onDiskError: (error) => {
      throw error;
    },
  });
  let sequence = 0;
  for (let written = 0, turn = 0; written < recordCount; turn++) {
    const count = 1 + (turn % 7);
    const records = Array.from({ length: count }, (_, index) => ({
      key: Buffer.from(`key-${written + index}`),
      value: Buffer.from(`value-${written + index}-`.repeat(1 + (turn % 5))),
      headers: turn % 3 === 0 ? [{ key: "header", value: Buffer.from("x") }] : [],
      timestamp: startMs + ((turn * 37) % 1_000) + index,
    }));
    const producer =
      turn % 4 === 0
        ? {}
        : { producerId: turn % 4, producerEpoch: 0, baseSequence: 0, isTransactional: turn % 4 === 3 };
    if (turn % 4 === 1) Object.assign(producer, { baseSequence: sequence });
    if (turn % 4 === 1) sequence += count;
    // Each batch of the others is its producer's first of a new epoch.
    if (turn % 4 >= 2) Object.assign(producer, { producerEpoch: turn >> 2 });
    const batch = await compressBatch(buildBatch({ ...producer, records }), codecs[turn % codecs.length]!, nodeCompute);
    expect(log.appendAsLeader(batch, turn >> 4, "client", startMs)).toMatchObject({ ok: true });
    written += count;
    if (turn % 4 === 3) {
      const end = marker(3, turn % 8 === 3, startMs + turn, turn >> 2);
      expect(log.appendAsLeader(end, turn >> 4, "coordinator", startMs)).toMatchObject({ ok: true });
    }
    queue.flush();
  }
  log.close();
  return log;
}

await withTool("DumpLogSegments", prepareJava, (java) => {
  describe("Kafka's DumpLogSegments reads our files", () => {
    const parent = mkdtempSync(join(tmpdir(), "odradek-"));
    const dir = join(parent, "topic-0");
    let log: Log;
    beforeAll(async () => {
      log = await writeLog(dir);
    });
    afterAll(() => rmSync(parent, { recursive: true }));

    const files = (suffix: string): string[] =>
      readdirSync(dir)
        .filter((name) => name.endsWith(suffix))
        .map((name) => join(dir, name));

    test("the records, indexes checked against them", () => {
      expect(log.segmentSizes().length).toBe(5);
      const output = dump(java, ["--print-data-log", "--deep-iteration"], [...files(".log"), ...files("index")]);
      const offsets = [...output.matchAll(/^\| offset: (\d+) .*? key: key-(\d+) payload: value-(\d+)-/gm)];
      expect(offsets.length).toBeGreaterThanOrEqual(recordCount);
      expect(offsets.map(([, , key]) => Number(key))).toEqual(offsets.map((_, index) => index));
      expect(offsets.every(([, , key, value]) => key === value)).toBe(true);
      expect(output).toMatch(/endTxnMarker: ABORT/);
    });

    test.each([["--index-sanity-check"], ["--verify-index-only"]])("the indexes with %s", (option) => {
      const output = dump(java, [option], [...files(".index"), ...files(".timeindex")]);
      if (option === "--index-sanity-check")
        expect(output.match(/passed sanity check/g)?.length).toBe(files("index").length - files(".txnindex").length);
    });

    test("producer snapshots and transaction indexes", () => {
      const output = dump(java, [], [...files(".snapshot"), ...files(".txnindex")]);
      expect(output).toMatch(
        /producerId: 1 producerEpoch: 0 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong.empty/,
      );
      expect(output).toMatch(/version: 0 producerId: 3 firstOffset: \d+ lastOffset: \d+ lastStableOffset: \d+/);
    });
  });
});

/** Runs the tool and expects that it has nothing to complain of. */
function dump(java: Java, options: readonly string[], files: readonly string[]): string {
  const { status, output, errors } = javaTool(java, dumpTool, [...options, "--files", files.join(",")]);
  // The tool takes every segment for the first one: it says that of Apache Kafka's own files too.
  const complaints = errors.replace(/Non-consecutive offsets in .*\n( +-1 is followed by \d+\n)/g, "").trim();
  expect(complaints).toBe("");
  expect(status).toBe(0);
  expect(output).not.toMatch(/mismatch|not found|corrupt|invalid bytes|Non-|out of order|isvalid: false/i);
  return output;
}
