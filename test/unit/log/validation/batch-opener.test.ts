import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type TaskPorts, type Workers } from "../../../../src/io/ports.ts";
import { inPlaceWorkers } from "../../../../src/io/in-place-workers.ts";
import { BatchOpener, recordsInPlaceMax } from "../../../../src/log/validation/batch-opener.ts";
import { type LogConfig, defaultLogConfig } from "../../../../src/log/log-config.ts";
import { errorName, Errors } from "../../../../src/protocol/errors.ts";
import { buildBatch, compressBatch } from "../../../../src/protocol/records/batch-builder.ts";
import {
  attributesAt,
  BatchView,
  maxTimestampAt,
  recordCountAt,
} from "../../../../src/protocol/records/batch-header.ts";
import { decompressBatch, type LogRecord, recordsOf } from "../../../../src/protocol/records/record-iterator.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { openLog } from "../open-log.ts";
import { unusedWorkers } from "../../../support/unused-workers.ts";

const validate = (records: Buffer, config: Partial<LogConfig> = {}) =>
  new BatchOpener(nodeCompute, unusedWorkers).open(records, { ...defaultLogConfig, ...config }, startMs, "topic-0");
const gzip = (records: Buffer) => compressBatch(records, "gzip", nodeCompute);

function edited(records: Buffer, edit: (records: Buffer) => unknown): Buffer {
  edit(records);
  new BatchView(records, 0).updateCrc();
  return records;
}

describe("what Kafka answered to odd batches", () => {
  interface Recorded {
    readonly name: string;
    readonly error: string;
    readonly message: string | null;
    readonly recordErrors: readonly (readonly [number, string])[];
    readonly stored: string;
    readonly sent: string;
  }
  // Those are the request's to refuse, not the log's.
  const refusedBefore =
    /^(two batches|nothing|bytes behind|magic 3|magic|half|a control batch|a transactional batch|a base offset)/;
  const lines = readFileSync(new URL("../../../data/batches/produced.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const recorded = lines.map((line) => JSON.parse(line) as Recorded).filter(({ name }) => !refusedBefore.test(name));

  const withoutTimes = (text: string | null) => (text === null ? null : text.replace(/\[-?\d+, \d+\]/, "[…]"));

  test.each(recorded)("$name", async ({ error, message, recordErrors, stored, sent }) => {
    const { log, queue } = openLog(new MemoryDisk(), { messageTimestampAfterMaxMs: 3_600_000 });
    const nowMs = 1_800_000_000_000;
    const came = Buffer.from(sent, "hex");
    const prepared = await new BatchOpener(nodeCompute, unusedWorkers).open(came, defaultLogConfig, nowMs, "topic-0");
    const result =
      prepared === undefined || prepared.ok
        ? log.appendAsLeader(prepared?.records ?? came, 0, "client", nowMs)
        : prepared;
    queue.flush();
    const answer = result.ok
      ? { error: "NONE", message: null, recordErrors: [] }
      : {
          error: errorName(result.error),
          message: withoutTimes(result.message),
          recordErrors: result.recordErrors.map((each) => [each.batchIndex, withoutTimes(each.message)]),
        };
    expect(answer).toEqual({ error, message, recordErrors });
    const read = log.read(0, 10_000, log.logEndOffset, true);
    expect(read.ok && read.records.toString("hex")).toBe(result.ok ? stored : "");
  });
});

function withoutSize(record: LogRecord): object {
  return { ...record, sizeBytes: undefined };
}

describe("batches that are opened", () => {
  test("only those that are compressed, or shall be otherwise", async () => {
    expect(validate(batch())).toBeUndefined();
    expect(validate(batch(), { compressionType: "uncompressed" })).toBeUndefined();
    expect(validate(batch().subarray(0, 20))).toBeUndefined();
    expect(validate(batch(), { compressionType: "gzip" })).toBeDefined();
    const records = await gzip(batch());
    expect(await validate(records)).toEqual({ ok: true, records });
  });

  test("records without a key are refused on a compacted topic, each with its place", async () => {
    const keyless = buildBatch({
      records: [null, "k", null, null, null].map((key) => ({
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from("v"),
        timestamp: startMs,
      })),
    });
    const reason = "Compacted topic cannot accept message without key in topic partition topic-0";
    const listed = [0, 2, 3].map((index) => `RecordError(batchIndex=${index}, message='${reason}')`).join(", ");
    const expected = {
      ok: false,
      error: Errors.INVALID_RECORD,
      message: `One or more records have been rejected due to 4 record errors in total, and only showing the first three errors at most: [${listed}]`,
      recordErrors: [0, 2, 3, 4].map((batchIndex) => ({ batchIndex, message: reason })),
    };
    expect(await validate(await gzip(keyless), { isCompacted: true })).toEqual(expected);
    const { log } = openLog(new MemoryDisk(), { isCompacted: true });
    expect(log.appendAsLeader(keyless, 0, "client", startMs)).toEqual(expected);
    expect(await validate(await gzip(keyless))).toMatchObject({ ok: true });
  });

  test("one timestamp out of range makes it an error of timestamps", async () => {
    const late = await gzip(batch({ timestamp: startMs + 3_600_001, count: 2 }));
    const message = `Timestamp ${startMs + 3_600_001} of message with offset 1 is out of range. The timestamp should be within [${BigInt(startMs) - 9_223_372_036_854_775_807n}, ${startMs + 3_600_000}]`;
    const result = await validate(late);
    expect(result).toMatchObject({ error: Errors.INVALID_TIMESTAMP, recordErrors: [{}, { batchIndex: 1, message }] });
  });

  test("who sets the append time is the broker", async () => {
    const claimed = edited(await gzip(batch()), (records) => records.writeInt16BE(9, attributesAt));
    expect(await validate(claimed, { messageTimestampType: "LogAppendTime" })).toMatchObject({
      error: Errors.INVALID_TIMESTAMP,
      recordErrors: [
        {
          message: `Invalid timestamp type in message PartialDefaultRecord(offset=0, timestamp=${startMs}, key=-1 bytes, value=5 bytes). Producer should not set timestamp type to LogAppendTime.`,
        },
      ],
    });
  });

  test("a wrong CRC is a corrupt message, whatever else is wrong", async () => {
    const records = await gzip(batch());
    records[65]! ^= 1;
    expect(await validate(records)).toMatchObject({ error: Errors.CORRUPT_MESSAGE });
  });

  test("a largest timestamp that is not the records' is put right", async () => {
    const records = edited(await gzip(batch()), (bytes) => bytes.writeInt32BE(0x0fffffff, maxTimestampAt + 4));
    const result = await validate(records);
    const stored = new BatchView(result?.ok ? result.records : Buffer.alloc(0), 0);
    expect([stored.maxTimestamp, stored.isValidCrc()]).toEqual([startMs, true]);
  });

  test("a count that is a lie is found", async () => {
    const records = edited(await gzip(batch({ count: 3 })), (bytes) => {
      bytes.writeInt32BE(2, recordCountAt);
      bytes.writeInt32BE(1, recordCountAt - 34);
    });
    expect(await validate(records)).toMatchObject({ error: Errors.INVALID_RECORD });
  });

  test("a bomb is refused before it fills the memory", async () => {
    const bomb = await compressBatch(batch({ value: Buffer.alloc(80_000_000) }), "gzip", nodeCompute, 9);
    expect(bomb.length).toBeLessThan(100_000);
    expect(await validate(bomb)).toMatchObject({ error: Errors.MESSAGE_TOO_LARGE });
    expect(await validate(bomb, { maxMessageBytes: 6_000_000 })).toMatchObject({ ok: true });
  });

  test("a topic's own compression: the same records under the same producer", async () => {
    const original = batch({ count: 3, key: "k", producerId: 7, producerEpoch: 1, baseSequence: 4 });
    for (const compressionType of ["gzip", "snappy", "lz4", "zstd", "uncompressed"] as const) {
      for (const sent of [original, await compressBatch(original, "zstd", nodeCompute)]) {
        const result = await validate(Buffer.from(sent), { compressionType });
        const stored = new BatchView(result?.ok ? result.records : Buffer.from(sent), 0);
        expect(stored.compression).toBe(compressionType === "uncompressed" ? "none" : compressionType);
        expect([stored.producerId, stored.producerEpoch, stored.baseSequence, stored.isValidCrc()]).toEqual([
          7,
          1,
          4,
          true,
        ]);
        const payload = await decompressBatch(stored, nodeCompute, 100_000);
        const sentView = new BatchView(original, 0);
        expect([...recordsOf(stored, payload)].map(withoutSize)).toEqual(
          [...recordsOf(sentView, original.subarray(61))].map(withoutSize),
        );
      }
    }
  });
});

describe("batches of many records", () => {
  const settings = { ...defaultLogConfig, messageTimestampAfterMaxMs: 3_600_000, maxMessageBytes: 10_000_000 };

  async function gzipped(count: number, timestamp = startMs): Promise<Buffer> {
    const record = { key: Buffer.from("k"), value: Buffer.from("v"), headers: [], timestamp };
    return gzip(buildBatch({ records: Array.from({ length: count }, () => record) }));
  }

  function opener() {
    const tasks: string[] = [];
    const ports = { compute: nodeCompute } as TaskPorts;
    const workers: Workers = {
      run: async (task, input, options) => {
        tasks.push(task.name);
        // From thread to thread only plain data passes, and of a buffer its bytes.
        return structuredClone(await inPlaceWorkers(ports).run(task, structuredClone(input), options));
      },
    };
    return { tasks, opener: new BatchOpener(nodeCompute, workers) };
  }

  test.each([
    [recordsInPlaceMax, []],
    [recordsInPlaceMax + 1, ["prepare"]],
  ])("%i records", async (count, expected) => {
    const under = opener();
    const records = await gzipped(count);
    const prepared = await under.opener.open(records, settings, startMs, "topic-0");
    expect(under.tasks).toEqual(expected);
    expect(prepared?.ok === true && Buffer.isBuffer(prepared.records) && prepared.records.equals(records)).toBe(true);
  });

  test("are compressed anew, and refused, as those of few are", async () => {
    const under = opener();
    const records = await gzipped(recordsInPlaceMax + 1);
    const config = { ...settings, compressionType: "zstd" } as const;
    const prepared = await under.opener.open(records, config, startMs, "topic-0");
    if (prepared?.ok !== true) throw new Error("it is refused");
    const batch = new BatchView(prepared.records, 0);
    expect([batch.compression, batch.recordCount, batch.isValidCrc()]).toEqual(["zstd", recordsInPlaceMax + 1, true]);
    const early = await gzipped(recordsInPlaceMax + 1, startMs + 7_200_000);
    const refused = await under.opener.open(early, settings, startMs, "topic-0");
    expect(refused).toMatchObject({ ok: false, error: Errors.INVALID_TIMESTAMP });
    expect(under.tasks).toEqual(["prepare", "prepare"]);
  });
});
