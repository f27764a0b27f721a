import { describe, expect, test } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type BatchFilterOptions } from "../../../../src/log/cleaner/batch-filter.ts";
import { CleanedTransactions } from "../../../../src/log/cleaner/cleaned-transactions.ts";
import { CleanerCounts } from "../../../../src/log/cleaner/cleaner-counts.ts";
import { MessageFilter } from "../../../../src/log/cleaner/message-filter.ts";
import { OffsetMap } from "../../../../src/log/cleaner/offset-map.ts";
import { segmentFileName } from "../../../../src/log/log-files.ts";
import { BatchView, crcAt, lengthAt } from "../../../../src/protocol/records/batch-header.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { MessageView } from "../../../../src/protocol/records/message-view.ts";
import { decompressBatch } from "../../../../src/protocol/records/record-iterator.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { javaSegments } from "../../../support/message-formats.ts";
import { batch, startMs } from "../batches.ts";
import { logDirectory, openLog, readAll } from "../open-log.ts";
import { clean, compacted, type PlainRecord, recordsIn } from "./clean-log.ts";

const hashKey = Buffer.alloc(16, 3);
const messages = javaSegments.flatMap(({ bytes, entries }) =>
  [...batches(bytes)].flatMap((view, index) => (view instanceof MessageView ? [{ view, entry: entries[index]! }] : [])),
);

function filterWith(over: Partial<BatchFilterOptions>): MessageFilter {
  return new MessageFilter({
    map: new OffsetMap(1_000, hashKey),
    latestOffset: -1,
    transactions: new CleanedTransactions([], () => {}),
    producers: new Map(),
    endOffset: 1_000_000,
    nowMs: 0,
    deleteRetentionMs: 5_000,
    compute: nodeCompute,
    counts: new CleanerCounts(),
    ...over,
  });
}

/** A batch but for how its codec packs it. */
async function unpacked(bytes: Buffer): Promise<object> {
  const batchView = new BatchView(bytes, 0);
  expect(batchView.isValidCrc()).toBe(true);
  const header = Buffer.from(bytes.subarray(0, 61));
  header.writeInt32BE(0, lengthAt);
  header.writeInt32BE(0, crcAt);
  const payload = await decompressBatch(batchView, nodeCompute, 1_000_000);
  return { header: header.toString("hex"), payload: payload.toString("hex") };
}

test("a message of which all stays becomes the batch that Kafka makes of it", async () => {
  const filter = filterWith({});
  for (const { view, entry } of messages) {
    const kept = await filter.filter(view, true);
    expect(await unpacked(kept!)).toEqual(await unpacked(Buffer.from(entry.compacted, "hex")));
  }
});

test("a message of which nothing stays leaves its offset behind where the round ends, and else nothing", async () => {
  const { view } = messages.find(({ entry }) => entry.magic === 0 && entry.compression === "gzip")!;
  const map = new OffsetMap(1_000, hashKey);
  const records = messages.flatMap(({ entry }) => entry.records);
  for (const { key } of records) if (key !== null) map.put(Buffer.from(key, "hex"), 0, key.length / 2, 5_000);
  const options = { map, latestOffset: 10_000 };
  expect(await filterWith(options).filter(view, true)).toBeNull();
  const empty = new BatchView((await filterWith({ ...options, endOffset: view.nextOffset }).filter(view, true))!, 0);
  expect([empty.magic, empty.recordCount, empty.nextOffset]).toEqual([2, 0, view.nextOffset]);
  expect(empty.isValidCrc()).toBe(true);
});

test("a segment of one message, smaller than the header of a batch, is cleaned", async () => {
  const disk = new MemoryDisk();
  disk.mkdir("/data");
  disk.mkdir(logDirectory);
  const [{ bytes, entries }] = [javaSegments[0]!];
  const message = bytes.subarray(0, entries[0]!.sizeInBytes);
  disk.open(`${logDirectory}/${segmentFileName(0, ".log")}`, "create").write([message], 0);
  const under = openLog(disk, compacted, { hadCleanShutdown: true });
  under.log.roll();
  under.log.appendAsLeader(batch({ key: "other", timestamp: startMs }), 0, "client", startMs);
  under.queue.flush();
  under.log.highWatermark = under.log.logEndOffset;
  await clean(disk, under);
  expect((await recordsIn(under.log)).map(({ offset }) => offset)).toEqual([0, 1]);
  expect([...batches(readAll(under.log))].map(({ magic }) => magic)).toEqual([2, 2]);
});

describe("a compacted log of all message formats", () => {
  const everyRecord = javaSegments
    .flatMap(({ entries }) => entries.flatMap(({ records }) => records))
    .map(({ offset, timestamp, key, value }): PlainRecord => ({
      offset,
      timestamp,
      key: text(key),
      value: text(value),
    }));
  /** The last of each key; the log's active segment begins behind them. */
  const latest = everyRecord.filter(
    ({ key, offset }) => key !== null && !everyRecord.some((other) => other.key === key && other.offset > offset),
  );

  function text(hex: string | null): string | null {
    return hex === null ? null : Buffer.from(hex, "hex").toString();
  }

  function opened(cleanedOffset?: number) {
    const disk = new MemoryDisk();
    disk.mkdir("/data");
    disk.mkdir(logDirectory);
    for (const { baseOffset, bytes } of javaSegments) {
      disk.open(`${logDirectory}/${segmentFileName(baseOffset, ".log")}`, "create").write([bytes], 0);
    }
    const under = openLog(disk, { ...compacted, deleteRetentionMs: 1_000 }, { hadCleanShutdown: true, cleanedOffset });
    under.log.roll();
    under.log.appendAsLeader(batch({ key: "other", timestamp: startMs }), 0, "client", startMs);
    under.queue.flush();
    under.log.highWatermark = under.log.logEndOffset;
    return { disk, under };
  }

  test("keeps the last record of each key, in batches of the current format", async () => {
    const { disk, under } = opened();
    await clean(disk, under);
    expect([...batches(readAll(under.log))].map(({ magic }) => magic)).not.toContain(0);
    expect([...batches(readAll(under.log))].map(({ magic }) => magic)).not.toContain(1);
    expect((await recordsIn(under.log)).slice(0, -1)).toEqual(latest);
    expect(latest.some(({ value }) => value === null)).toBe(true);
    under.log.close();
    const next = openLog(disk.kill(), compacted, { hadCleanShutdown: false });
    expect((await recordsIn(next.log)).slice(0, -1)).toEqual(latest);
  });

  test.each([
    ["older than the last clean segment by delete.retention.ms: its tombstones go", 1_000, false],
    ["younger: its tombstones stay", 999, true],
  ])("was cleaned up to a segment; another is %s", async (_, olderByMs, areKept) => {
    const { disk, under } = opened(javaSegments[1]!.baseOffset);
    const pathOf = (baseOffset: number): string => `${logDirectory}/${segmentFileName(baseOffset, ".log")}`;
    const cleanMs = 1_500_000_000_000;
    for (const { baseOffset } of javaSegments) disk.setModifiedMs(pathOf(baseOffset), cleanMs - olderByMs);
    disk.setModifiedMs(pathOf(0), cleanMs);
    await clean(disk, under);
    const kept = (await recordsIn(under.log)).slice(0, -1);
    // Of batches, behind the messages, the tombstones stay until the time that is noted in them.
    const ofMessages = new Set(messages.flatMap(({ entry }) => entry.records.map(({ offset }) => offset)));
    expect(latest.some(({ offset, value }) => value === null && ofMessages.has(offset))).toBe(true);
    expect(kept).toEqual(latest.filter(({ offset, value }) => areKept || value !== null || !ofMessages.has(offset)));
  });
});
