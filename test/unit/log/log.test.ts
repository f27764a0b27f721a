import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { BatchView } from "../../../src/protocol/records/batch-header.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { type LogUnderTest, logDirectory, openLog, readAll } from "./open-log.ts";

function append({ log, queue }: LogUnderTest, records: Buffer, leaderEpoch = 0) {
  const result = log.appendAsLeader(records, leaderEpoch, "client", startMs);
  queue.flush();
  log.highWatermark = log.logEndOffset;
  return result;
}

describe("appending and reading", () => {
  test("assigns offsets and the leader epoch, and reads the same records back", () => {
    const under = openLog(new MemoryDisk());
    expect(append(under, batch({ count: 3 }), 7)).toMatchObject({ ok: true, baseOffset: 0, lastOffset: 2 });
    expect(append(under, batch({ count: 2, timestamp: startMs + 5 }), 7)).toEqual({
      ok: true,
      baseOffset: 3,
      lastOffset: 4,
      maxTimestamp: startMs + 5,
      logAppendTimeMs: -1,
      logStartOffset: 0,
      duplicate: false,
    });
    const read = [...batches(readAll(under.log))];
    expect(
      read.map((each) => [each.baseOffset, each.lastOffset, each.partitionLeaderEpoch, each.isValidCrc()]),
    ).toEqual([
      [0, 2, 7, true],
      [3, 4, 7, true],
    ]);
  });

  test("an appended batch may be read when the turn has ended, not before", () => {
    const { log, queue } = openLog(new MemoryDisk());
    let written = 0;
    log.onWritten = () => void written++;
    log.appendAsLeader(batch(), 0, "client", startMs);
    log.appendAsLeader(batch(), 0, "client", startMs);
    expect([log.logEndOffset, log.writtenOffset]).toEqual([2, 0]);
    expect(log.read(0, 1_000, 2, true)).toMatchObject({ ok: true, records: Buffer.alloc(0) });
    queue.flush();
    expect([log.logEndOffset, log.writtenOffset, written]).toEqual([2, 2, 1]);
    expect(readAll(log).length).toBeGreaterThan(0);
  });

  test("one turn's batches of a log are one write", () => {
    const disk = new MemoryDisk();
    const { log, queue } = openLog(disk);
    const before = disk.counts.get("write") ?? 0;
    for (let count = 0; count < 50; count++)
      log.appendAsLeader(batch({ value: "x".repeat(1_000) }), 0, "client", startMs);
    expect(disk.counts.get("write") ?? 0).toBe(before);
    queue.flush();
    expect(disk.counts.get("write")! - before).toBe(1);
  });

  test("the caller's buffer is free once append has returned", () => {
    const under = openLog(new MemoryDisk());
    const records = batch({ value: "before" });
    under.log.appendAsLeader(records, 0, "client", startMs);
    records.fill(0xff);
    under.queue.flush();
    expect(readAll(under.log).includes("before")).toBe(true);
  });

  test.each([0, 3_000, 10_000_000])(
    "every offset through many rolls, with a tail cache of %i bytes",
    (tailCacheBytes) => {
      const random = new SeededRandom(tailCacheBytes);
      const under = openLog(new MemoryDisk(), { segmentBytes: 4_000, indexIntervalBytes: 300 }, { tailCacheBytes });
      const all: { lastOffset: number; bytes: Buffer }[] = [];
      for (let count = 0; count < 300; count++) {
        const records = batch({ count: 1 + random.below(5), value: random.bytes(random.below(200)) });
        const result = under.log.appendAsLeader(records, 0, "client", startMs + random.below(1_000));
        if (!result.ok) throw new Error("not appended");
        all.push({ lastOffset: result.lastOffset, bytes: Buffer.from(records) });
        if (random.below(4) === 0) under.queue.flush();
      }
      under.queue.flush();
      const { log } = under;
      expect(log.segmentSizes().length).toBeGreaterThan(10);
      expect(readAll(log)).toEqual(Buffer.concat(all.map(({ bytes }) => bytes)));
      for (let offset = 0; offset < log.logEndOffset; offset++) {
        const result = log.read(offset, 1, log.logEndOffset, true);
        if (!result.ok) throw new Error(`nothing at ${offset}`);
        expect(result.records.equals(all.find(({ lastOffset }) => lastOffset >= offset)!.bytes)).toBe(true);
      }
    },
  );

  test("reads stop before the upper bound and keep to the size, but return one batch when asked to", () => {
    const under = openLog(new MemoryDisk());
    for (let count = 0; count < 5; count++) append(under, batch({ count: 2 }));
    const { log } = under;
    const size = batch({ count: 2 }).length;
    const read = (offset: number, maxBytes: number, bound: number, one: boolean) => {
      const result = log.read(offset, maxBytes, bound, one);
      return result.ok ? [result.records.length / size, result.endOffset] : result.error;
    };
    expect(read(0, 10_000, 10, true)).toEqual([5, 10]);
    expect(read(3, 10_000, 8, true)).toEqual([3, 8]);
    expect(read(0, 10_000, 3, true)).toEqual([1, 2]);
    expect(read(0, size * 2 + 1, 10, true)).toEqual([2, 4]);
    expect(read(0, size * 2, 10, true)).toEqual([2, 4]);
    expect(read(0, 1, 10, true)).toEqual([1, 2]);
    expect(read(0, 1, 10, false)).toEqual([0, 0]);
    expect(read(10, 1, 10, true)).toEqual([0, 10]);
    expect(read(11, 1, 10, true)).toBe(Errors.OFFSET_OUT_OF_RANGE);
    log.releaseTail();
    expect(read(0, size * 2, 10, true)).toEqual([2, 4]);
  });

  test("refuses what Kafka refuses", () => {
    const { log } = openLog(new MemoryDisk(), { maxMessageBytes: 200 });
    const errorOf = (records: Buffer) => {
      const result = log.appendAsLeader(records, 0, "client", startMs);
      return result.ok ? "appended" : result.error;
    };
    const corrupt = batch();
    corrupt[70]! ^= 1;
    expect(errorOf(corrupt)).toBe(Errors.CORRUPT_MESSAGE);
    expect(errorOf(batch({ value: "x".repeat(300) }))).toBe(Errors.MESSAGE_TOO_LARGE);
    expect(errorOf(batch().subarray(0, 65))).toBe(Errors.CORRUPT_MESSAGE);
    expect(errorOf(batch({ producerId: 5, producerEpoch: 0 }))).toBe(Errors.INVALID_RECORD);
    expect(errorOf(batch({ timestamp: startMs + 3_700_000 }))).toBe(Errors.INVALID_TIMESTAMP);
    expect(errorOf(batch({ baseOffset: 3 }))).toBe(Errors.INVALID_RECORD);
    expect(log.logEndOffset).toBe(0);
    expect(errorOf(batch())).toBe("appended");
  });

  test("log append time is the broker's", () => {
    const under = openLog(new MemoryDisk(), { messageTimestampType: "LogAppendTime" });
    expect(append(under, batch({ timestamp: 5 }))).toMatchObject({ logAppendTimeMs: startMs, maxTimestamp: startMs });
    const stored = new BatchView(readAll(under.log), 0);
    expect([stored.timestampType, stored.maxTimestamp, stored.isValidCrc()]).toEqual(["logAppendTime", startMs, true]);
  });

  test("so is that of coordinators' batches, as in Kafka, but not of the metadata log's", () => {
    for (const [origin, type] of [
      ["coordinator", "logAppendTime"],
      ["raft", "createTime"],
    ] as const) {
      const { log, queue } = openLog(new MemoryDisk(), { messageTimestampType: "LogAppendTime" });
      log.appendAsLeader(batch({ timestamp: 5 }), 0, origin, startMs);
      queue.flush();
      expect(new BatchView(readAll(log), 0).timestampType).toBe(type);
    }
  });

  test("a follower takes batches as the leader has them, with gaps and epochs", () => {
    const { log, queue } = openLog(new MemoryDisk());
    const records = Buffer.concat([
      batch({ baseOffset: 0, leaderEpoch: 1, count: 2 }),
      batch({ baseOffset: 5, leaderEpoch: 3 }),
    ]);
    expect(log.appendAsFollower(records)).toBeNull();
    queue.flush();
    expect(readAll(log)).toEqual(records);
    expect(log.leaderEpochs.entries()).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 3, startOffset: 5 },
    ]);
  });
});

describe("rolling", () => {
  test("by size, by time in the records, and by a full index", () => {
    const bySize = openLog(new MemoryDisk(), { segmentBytes: 200 });
    for (let count = 0; count < 4; count++) append(bySize, batch());
    expect(bySize.log.segmentSizes().map(({ baseOffset }) => baseOffset)).toEqual([0, 2]);

    const byTime = openLog(new MemoryDisk(), { segmentMs: 1_000 });
    for (const after of [0, 1_000, 1_001, 500, 2_001, 2_002]) append(byTime, batch({ timestamp: startMs + after }));
    expect(byTime.log.segmentSizes().map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 5]);

    const byIndex = openLog(new MemoryDisk(), { segmentIndexBytes: 24, indexIntervalBytes: 0 });
    for (let count = 0; count < 8; count++) append(byIndex, batch({ timestamp: startMs }));
    expect(byIndex.log.segmentSizes().length).toBeGreaterThan(1);
  });

  test("leaves index files, a producer snapshot and a leader epoch file behind", () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { segmentBytes: 200, indexIntervalBytes: 1 });
    for (let count = 0; count < 3; count++)
      append(under, batch({ producerId: 4, producerEpoch: 0, baseSequence: count }));
    under.log.close();
    const zero = "00000000000000000000";
    expect(disk.list(logDirectory)).toEqual([
      `${zero}.index`,
      `${zero}.log`,
      `${zero}.timeindex`,
      "00000000000000000002.index",
      "00000000000000000002.log",
      "00000000000000000002.snapshot",
      "00000000000000000002.timeindex",
      "00000000000000000003.snapshot",
      "leader-epoch-checkpoint",
    ]);
    expect(disk.readFile(`${logDirectory}/leader-epoch-checkpoint`).toString()).toBe("0\n1\n0 0\n");
  });
});

describe("idempotent producers", () => {
  const send = (under: LogUnderTest, baseSequence: number, options = {}) =>
    append(under, batch({ producerId: 9, producerEpoch: 2, baseSequence, count: 2, ...options }));

  test("one of the last five batches, sent again, is answered with where it stands", () => {
    const under = openLog(new MemoryDisk());
    for (let sent = 0; sent < 7; sent++) expect(send(under, sent * 2)).toMatchObject({ ok: true, duplicate: false });
    for (let sent = 2; sent < 7; sent++) {
      const expected = { ok: true, duplicate: true, baseOffset: sent * 2, lastOffset: sent * 2 + 1 };
      expect(send(under, sent * 2)).toMatchObject(expected);
    }
    expect(send(under, 2)).toMatchObject({ error: Errors.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(send(under, 15)).toMatchObject({ error: Errors.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(under.log.logEndOffset).toBe(14);
  });

  test("duplicates within one turn are seen", () => {
    const { log } = openLog(new MemoryDisk());
    const once = () =>
      log.appendAsLeader(batch({ producerId: 9, producerEpoch: 0, baseSequence: 0 }), 0, "client", startMs);
    expect(once()).toMatchObject({ duplicate: false, baseOffset: 0 });
    expect(once()).toMatchObject({ duplicate: true, baseOffset: 0 });
  });

  test("sequences wrap, epochs fence", () => {
    const under = openLog(new MemoryDisk());
    expect(send(under, 2_147_483_646)).toMatchObject({ ok: true });
    expect(send(under, 0)).toMatchObject({ ok: true, duplicate: false });
    expect(send(under, 0, { producerEpoch: 1 })).toMatchObject({ error: Errors.INVALID_PRODUCER_EPOCH });
    expect(send(under, 5, { producerEpoch: 3 })).toMatchObject({ error: Errors.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(send(under, 0, { producerEpoch: 3 })).toMatchObject({ ok: true, duplicate: false });
    expect(send(under, 2)).toMatchObject({ error: Errors.INVALID_PRODUCER_EPOCH });
  });

  test.each([true, false])("are known after a restart (clean: %s)", (hadCleanShutdown) => {
    const disk = new MemoryDisk();
    const first = openLog(disk, { segmentBytes: 400 });
    for (let sent = 0; sent < 6; sent++) send(first, sent * 2);
    if (hadCleanShutdown) first.log.close();
    const second = openLog(disk.kill(), { segmentBytes: 400 }, { hadCleanShutdown });
    expect(send(second, 10)).toMatchObject({ duplicate: true, baseOffset: 10 });
    expect(send(second, 14)).toMatchObject({ error: Errors.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(send(second, 12)).toMatchObject({ ok: true, duplicate: false, baseOffset: 12 });
  });
});

describe("truncation", () => {
  test("to any offset: what is before stays, and the log goes on there", () => {
    for (let cut = 0; cut <= 20; cut++) {
      const under = openLog(new MemoryDisk(), { segmentBytes: 400, indexIntervalBytes: 100 });
      for (let count = 0; count < 10; count++) {
        append(under, batch({ count: 2, producerId: 1, producerEpoch: 0, baseSequence: count * 2 }), count >> 1);
      }
      const before = readAll(under.log);
      under.log.truncateTo(cut);
      const end = cut - (cut % 2);
      const { log } = under;
      expect([log.logEndOffset, log.writtenOffset, log.highWatermark <= end]).toEqual([end, end, true]);
      expect(readAll(log)).toEqual(before.subarray(0, (before.length / 10) * (end / 2)));
      expect(log.leaderEpochs.latestEpoch).toBe(end === 0 ? -1 : Math.floor((end - 1) / 4));
      expect(append(under, batch({ producerId: 1, producerEpoch: 0, baseSequence: end }))).toMatchObject({
        ok: true,
        baseOffset: end,
      });
    }
  });

  test("to before its first segment: the log goes on there", () => {
    const under = openLog(new MemoryDisk());
    under.log.truncateFullyAndStartAt(50);
    append(under, batch());
    under.log.truncateTo(20);
    expect([under.log.logStartOffset, under.log.logEndOffset]).toEqual([20, 20]);
    expect(append(under, batch())).toMatchObject({ baseOffset: 20 });
  });

  test("to within deleted records: the start comes along", () => {
    const under = openLog(new MemoryDisk());
    for (let count = 0; count < 4; count++) append(under, batch());
    under.log.maybeIncrementLogStartOffset(3);
    under.log.truncateTo(2);
    expect([under.log.logStartOffset, under.log.logEndOffset, under.log.highWatermark]).toEqual([2, 2, 2]);
  });

  test("to its end: epochs that have no record go", () => {
    const under = openLog(new MemoryDisk());
    append(under, batch(), 3);
    under.log.beginEpoch(5);
    under.log.truncateTo(1);
    expect(under.log.leaderEpochs.latestEpoch).toBe(3);
  });

  test("fully: the log starts anew further on", () => {
    const under = openLog(new MemoryDisk());
    append(under, batch());
    under.log.truncateFullyAndStartAt(50);
    expect([under.log.logStartOffset, under.log.logEndOffset]).toEqual([50, 50]);
    expect(append(under, batch())).toMatchObject({ baseOffset: 50, lastOffset: 50 });
    expect(readAll(under.log).length).toBeGreaterThan(0);
  });

  test("a log that starts anew is committed up to there", () => {
    const { log } = openLog(new MemoryDisk());
    log.truncateFullyAndStartAt(100);
    expect(log).toMatchObject({ logStartOffset: 100, logEndOffset: 100, highWatermark: 100, lastStableOffset: 100 });
  });
});

describe("a disk that fails", () => {
  test("nothing is acknowledged after a failed write, and the owner is told once", () => {
    const disk = new MemoryDisk();
    const under = openLog(disk);
    append(under, batch());
    let written = 0;
    under.log.onWritten = () => void written++;
    disk.fail("write", "ENOSPC", { path: /\.log$/, times: 1 });
    under.log.appendAsLeader(batch(), 0, "client", startMs);
    under.queue.flush();
    expect([written, under.log.isOffline, under.diskErrors.length, under.log.writtenOffset]).toEqual([0, true, 1, 1]);
    expect(append(under, batch())).toMatchObject({ error: Errors.KAFKA_STORAGE_ERROR });
    expect(under.log.read(0, 1_000, 1, true)).toEqual({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
    // The half that reached the file is cut at the next start.
    const next = openLog(disk.kill());
    expect(next.log.logEndOffset).toBe(1);
    expect(append(next, batch())).toMatchObject({ baseOffset: 1 });
  });

  test("a failed fsync is not taken for one that worked", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk);
    append(under, batch());
    disk.fail("sync", "EIO", { times: 1 });
    await expect(under.log.flush()).rejects.toMatchObject({ code: "EIO" });
    expect([under.log.isOffline, under.log.recoveryPoint, under.diskErrors.length]).toEqual([true, 0, 1]);
  });

  test("a roll that fails is answered, not thrown", () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { segmentBytes: 150 });
    append(under, batch());
    append(under, batch());
    disk.fail("open", "EIO", { path: /\.log$/ });
    expect(append(under, batch())).toMatchObject({ error: Errors.KAFKA_STORAGE_ERROR });
    expect(under.diskErrors).toHaveLength(1);
  });

  test("whatever is asked of the log, a failing disk takes it offline and is answered", async () => {
    const asks: [string, (under: LogUnderTest) => unknown, unknown][] = [
      ["read", ({ log }) => log.read(0, 1_000, 2, true), { ok: false, error: Errors.KAFKA_STORAGE_ERROR }],
      ["truncate", ({ log }) => log.truncateTo(1), undefined],
      ["truncate fully", ({ log }) => log.truncateFullyAndStartAt(9), undefined],
      ["retention", ({ log }) => log.deleteOldSegments(startMs + 1e12, () => {}), 0],
      ["roll", ({ log }) => log.roll(), false],
      ["by time", ({ log }) => log.offsetForTimestamp(startMs, nodeCompute), Errors.KAFKA_STORAGE_ERROR],
      ["newest", ({ log }) => log.offsetOfMaxTimestamp(nodeCompute), Errors.KAFKA_STORAGE_ERROR],
      ["aborted", ({ log }) => log.abortedTransactions(0, 2), Errors.KAFKA_STORAGE_ERROR],
    ];
    for (const [name, ask, answer] of asks) {
      const first = new MemoryDisk();
      const before = openLog(first, { segmentBytes: 150 });
      for (let epoch = 0; epoch < 2; epoch++) append(before, batch(), epoch);
      before.log.close();
      const disk = first.kill();
      const under = openLog(disk, { segmentBytes: 150 }, { hadCleanShutdown: true, tailCacheBytes: 1 });
      under.log.highWatermark = 2;
      // Nothing is in memory, neither bytes nor indexes.
      for (let times = 0; times < 3; times++) under.log.releaseIdle();
      for (const operation of ["open", "read", "write", "truncate", "rename", "remove"] as const) {
        disk.fail(operation, "EIO");
      }
      expect([name, await ask(under)]).toEqual([name, answer]);
      expect([name, under.log.isOffline, under.diskErrors.length]).toEqual([name, true, 1]);
      expect(append(under, batch())).toMatchObject({ error: Errors.KAFKA_STORAGE_ERROR });
      expect([name, await ask(under)]).toEqual([name, answer]);
    }
  });

  test("a bug is not taken for a failing disk", () => {
    const under = openLog(new MemoryDisk());
    under.log.onWritten = () => {
      throw new TypeError("a bug");
    };
    under.log.appendAsLeader(batch(), 0, "client", startMs);
    expect(() => under.queue.flush()).toThrow("a bug");
    expect(under.log.isOffline).toBe(false);
  });

  test("a log that is deleted while it is being flushed harms nobody", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { segmentBytes: 150 });
    for (let count = 0; count < 6; count++) append(under, batch());
    const flushed = under.log.flush();
    under.log.moveAside("/data/topic-0.0-delete");
    await flushed;
    await under.time.settle();
    expect(under.diskErrors).toEqual([]);
    expect(disk.list("/data")).toEqual(["topic-0.0-delete"]);
  });
});
