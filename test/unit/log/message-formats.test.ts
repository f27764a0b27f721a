import { crc32 } from "@node-rs/crc32";
import { describe, expect, test } from "vitest";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { type LogConfig } from "../../../src/log/log-config.ts";
import { segmentFileName } from "../../../src/log/log-files.ts";
import { copyBatches } from "../../../src/replication/replica-copy.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { type JavaEntry, javaSegments, javaSegmentsEnd } from "../../support/message-formats.ts";
import { batch, startMs } from "./batches.ts";
import { logDirectory, type LogUnderTest, openLog, readAll } from "./open-log.ts";

const config = { indexIntervalBytes: 100 };
const everything = Buffer.concat(javaSegments.map(({ bytes }) => bytes));
const entries = javaSegments.flatMap((segment) => segment.entries);

function pathOf(baseOffset: number, suffix = ".log", directory = logDirectory): string {
  return `${directory}/${segmentFileName(baseOffset, suffix)}`;
}

/** What an old cluster left: segments without any index that could help. */
function writeSegments(disk: MemoryDisk, segments = javaSegments): void {
  disk.mkdir("/data");
  disk.mkdir(logDirectory);
  for (const { baseOffset, bytes } of segments) disk.open(pathOf(baseOffset), "create").write([bytes], 0);
}

function opened(
  hadCleanShutdown: boolean,
  segments = javaSegments,
  over: Partial<LogConfig> = {},
): LogUnderTest & { disk: MemoryDisk } {
  const disk = new MemoryDisk();
  writeSegments(disk, segments);
  return { disk, ...openLog(disk, { ...config, ...over }, { hadCleanShutdown }) };
}

/** The first record that is wanted, in the order of the log. */
function firstRecord(isWanted: (record: JavaEntry["records"][number]) => boolean) {
  const record = entries.flatMap(({ records }) => records).find(isWanted);
  return record && { offset: record.offset, timestamp: record.timestamp, leaderEpoch: -1 };
}

describe.each([
  ["a clean shutdown", true],
  ["a crash", false],
])("a log of all message formats after %s", (_, hadCleanShutdown) => {
  test("is there with every byte, and every offset is found", () => {
    const { log } = opened(hadCleanShutdown);
    expect(log.logEndOffset).toBe(javaSegmentsEnd);
    expect(readAll(log, 0, 1).equals(everything)).toBe(true);
    expect(log.leaderEpochs.entries()).toEqual([]);
    let position = 0;
    for (const { lastOffset, baseOffset, sizeInBytes } of entries) {
      const bytes = everything.subarray(position, position + sizeInBytes);
      for (let offset = baseOffset; offset <= lastOffset; offset++) {
        // A way that does not go on from the last read.
        const read = log.read(offset, 1, log.logEndOffset, true);
        expect(read).toMatchObject({ ok: true, endOffset: lastOffset + 1 });
        expect(read.ok && read.records.equals(bytes)).toBe(true);
      }
      position += sizeInBytes;
    }
  });

  test("gives the offsets of timestamps", async () => {
    // Nothing in the first segment has a timestamp, and a search that begins there ends there: see below.
    const { log, time } = opened(hadCleanShutdown, javaSegments.slice(1));
    const timestamps = entries.flatMap(({ records }) => records.map(({ timestamp }) => timestamp));
    for (const timestamp of new Set(timestamps.flatMap((at) => (at < 0 ? [] : [at - 1, at, at + 1])))) {
      expect(await time.during(log.offsetForTimestamp(timestamp, nodeCompute))).toEqual(
        firstRecord((record) => record.timestamp >= timestamp),
      );
    }
    const largest = Math.max(...timestamps);
    expect(await time.during(log.offsetOfMaxTimestamp(nodeCompute))).toEqual(
      firstRecord(({ timestamp }) => timestamp === largest),
    );
  });

  test("takes batches behind them, in the same segment and the next, and is the same after a restart", () => {
    const { disk, log, queue } = opened(hadCleanShutdown);
    for (let count = 0; count < 3; count++) {
      expect(log.appendAsLeader(batch({ timestamp: startMs }), 7, "client", startMs)).toMatchObject({ ok: true });
      queue.flush();
      log.roll();
    }
    const all = readAll(log);
    expect(all.subarray(0, everything.length).equals(everything)).toBe(true);
    expect(log.leaderEpochs.entries()).toEqual([{ epoch: 7, startOffset: javaSegmentsEnd }]);
    log.close();
    for (const isClean of [true, false]) {
      const next = openLog(disk.kill(), config, { hadCleanShutdown: isClean });
      expect(next.log.logEndOffset).toBe(javaSegmentsEnd + 3);
      expect(readAll(next.log).equals(all)).toBe(true);
      expect(next.log.leaderEpochs.entries()).toEqual([{ epoch: 7, startOffset: javaSegmentsEnd }]);
    }
  });
});

test("a search for a timestamp ends in a segment without any, if its file is not older", async () => {
  const { disk, log, time } = opened(true);
  const wanted = entries.flatMap(({ records }) => records).find(({ timestamp }) => timestamp >= 0)!.timestamp;
  disk.setModifiedMs(pathOf(0), wanted);
  expect(await time.during(log.offsetForTimestamp(wanted, nodeCompute))).toBeUndefined();
  disk.setModifiedMs(pathOf(0), wanted - 1);
  expect(await time.during(log.offsetForTimestamp(wanted, nodeCompute))).toMatchObject({ timestamp: wanted });
});

test("a log of format 0 alone has no largest timestamp", async () => {
  const { log, time } = opened(true, javaSegments.slice(0, 1));
  expect(await time.during(log.offsetOfMaxTimestamp(nodeCompute))).toBeUndefined();
});

test("retention goes by the time of the file where nothing has a timestamp", () => {
  const { disk, log } = opened(true, javaSegments, { retentionMs: 1_000, isDeleted: true });
  log.highWatermark = log.logEndOffset;
  const second = Math.max(...javaSegments[1]!.entries.map(({ maxTimestamp }) => maxTimestamp));
  const now = second + 500;
  disk.setModifiedMs(pathOf(0), now);
  log.deleteOldSegments(now, () => {});
  expect(log.logStartOffset).toBe(0);
  disk.setModifiedMs(pathOf(0), now - 1_001);
  log.deleteOldSegments(now, () => {});
  expect(log.logStartOffset).toBe(javaSegments[1]!.baseOffset);
});

test("a time index without entries is believed where the last message has no timestamp, and nowhere else", async () => {
  const { disk, log } = opened(false);
  log.close();
  for (const { baseOffset } of javaSegments) disk.open(pathOf(baseOffset, ".timeindex"), "readwrite").truncate(0);
  const written = new Set<string>();
  const watched = new Proxy(disk.kill(), {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (name === "open" && args[1] === "readwrite") written.add(String(args[0]));
        return value.apply(target, args);
      };
    },
  });
  const next = openLog(watched, config, { hadCleanShutdown: true });
  await next.time.during(next.log.offsetOfMaxTimestamp(nodeCompute));
  const made = [...written].filter((path) => path.endsWith(".timeindex"));
  expect(made.sort()).toEqual(javaSegments.slice(1).map(({ baseOffset }) => pathOf(baseOffset, ".timeindex")));
});

describe("after a crash", () => {
  test.each(javaSegments.map(({ name }, index) => [name, index] as const))(
    "what is damaged in the segment of %s is cut",
    (_, index) => {
      const segment = javaSegments[index]!;
      let position = 0;
      for (const entry of segment.entries.filter(({ magic }) => magic < 2)) {
        const damages: [string, (bytes: Buffer) => Buffer][] = [
          ["a bit of the last byte", (bytes) => flipped(bytes, position + entry.sizeInBytes - 1)],
          ["the checksum", (bytes) => flipped(bytes, position + 12)],
          ["the end", (bytes) => bytes.subarray(0, position + entry.sizeInBytes - 1)],
          ["a size of nothing", (bytes) => withSize(bytes, position, 0)],
          ["a size below the smallest", (bytes) => withSize(bytes, position, 13)],
          ["a negative size", (bytes) => withSize(bytes, position, -1)],
          ["a size beyond the file", (bytes) => withSize(bytes, position, 0x7fffffff)],
          ["a smaller size", (bytes) => withSize(bytes, position, entry.sizeInBytes - 13)],
          ["a format that nobody knows", (bytes) => ((bytes[position + 16] = 3), bytes)],
          ["a format below all", (bytes) => ((bytes[position + 16] = 0xff), bytes)],
        ];
        for (const [what, damage] of damages) {
          const damaged = { ...segment, bytes: damage(Buffer.from(segment.bytes)) };
          const { log, disk } = opened(false, [...javaSegments.slice(0, index), damaged]);
          const before = javaSegments.slice(0, index).reduce((sum, { bytes }) => sum + bytes.length, 0);
          expect([what, readAll(log, 0).length]).toEqual([what, before + position]);
          expect([what, disk.stat(pathOf(segment.baseOffset)).sizeBytes]).toEqual([what, position]);
        }
        position += entry.sizeInBytes;
      }
    },
  );

  test.each([true, false])(
    "a message of format 1 that has no room for a timestamp is cut (clean shutdown: %j)",
    (isClean) => {
      const segment = javaSegments[1]!;
      const bytes = Buffer.from(segment.bytes.subarray(0, segment.entries[0]!.sizeInBytes + 27));
      const last = withSize(bytes, bytes.length - 27, 15).subarray(-27);
      last.writeUInt32BE(crc32(last.subarray(16)), 12);
      const { log } = opened(isClean, [javaSegments[0]!, { ...segment, bytes }]);
      expect(log.logEndOffset).toBe(segment.baseOffset + 1);
      expect(readAll(log).length).toBe(javaSegments[0]!.bytes.length + bytes.length - 27);
    },
  );

  test("a message whose offset goes back is cut", () => {
    const [first] = javaSegments;
    const bytes = Buffer.concat([first!.bytes, first!.bytes.subarray(0, first!.entries[0]!.sizeInBytes)]);
    const { log } = opened(false, [{ ...first!, bytes }]);
    expect(log.logEndOffset).toBe(javaSegments[1]!.baseOffset);
  });
});

test("the log is cut before the message that has an offset", () => {
  for (const { lastOffset } of entries) {
    const { log } = opened(true);
    log.truncateTo(lastOffset);
    const before = entries.filter((entry) => entry.lastOffset < lastOffset);
    expect(log.logEndOffset).toBe((before.at(-1)?.lastOffset ?? -1) + 1);
    expect(readAll(log).length).toBe(before.reduce((sum, entry) => sum + entry.sizeInBytes, 0));
  }
});

test("a replica of it is moved to another directory as it is", () => {
  const source = opened(true);
  source.log.highWatermark = source.log.logEndOffset;
  for (const maxBytes of [1, 700, 100_000]) {
    const disk = new MemoryDisk();
    disk.mkdir("/other");
    disk.mkdir("/other/topic-0");
    // Segments that end within: what follows goes to new ones.
    const target = openLog(disk, { ...config, segmentBytes: 1_500 }, { dir: "/other/topic-0" });
    // It has no record yet, and messages do not begin it.
    target.log.beginEpoch(5);
    while (target.log.logEndOffset < source.log.logEndOffset) {
      expect(copyBatches(source.log, target.log, maxBytes)).toMatchObject({ ok: true });
    }
    target.queue.flush();
    expect(readAll(target.log).equals(everything)).toBe(true);
    // At 47 the first of four records in a compressed message, of which only the last offset, 50, can be seen.
    expect(target.log.segmentSizes().map(({ baseOffset }) => baseOffset)).toEqual([0, 47, 91, 138]);
    target.log.close();
    const again = openLog(disk.kill(), config, { dir: "/other/topic-0" });
    expect(readAll(again.log, 0, 1).equals(everything)).toBe(true);
  }
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 0x10;
  return bytes;
}

function withSize(bytes: Buffer, at: number, size: number): Buffer {
  bytes.writeInt32BE(size, at + 8);
  return bytes;
}
