import { describe, expect, test } from "vitest";
import { FileReadAllowance } from "../../../../src/log/reading/file-read-allowance.ts";
import { type Log } from "../../../../src/log/log.ts";
import { type ReadResult } from "../../../../src/log/reading/log-reader.ts";
import { type ReadWay } from "../../../../src/io/ports.ts";
import { Errors } from "../../../../src/protocol/errors.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { logDirectory, openLog } from "../open-log.ts";

const megabyte = 1_048_576;

/** A clock that a read of the disk moves. */
class DeviceClock {
  nowMs = startMs;
  wallMs = () => this.nowMs;
  monotonicMs = () => this.nowMs;
}

interface Written {
  readonly count?: number;
  readonly valueBytes?: number;
  readonly segmentBytes?: number;
  readonly readMs?: number;
}

/** A log of several segments that are on the device, and of which memory has nothing. */
async function written({ count = 120, valueBytes = 100_000, segmentBytes = 5 * megabyte, readMs = 20 }: Written = {}) {
  const disk = new MemoryDisk(() => startMs);
  const clock = new DeviceClock();
  const reads: { way: ReadWay; position: number; sizeBytes: number }[] = [];
  const opened = openLog(disk, { segmentBytes, maxMessageBytes: 8 * megabyte }, { clock });
  const { log, queue } = opened;
  for (let each = 0; each < count; each++) {
    const value = Buffer.alloc(valueBytes, each);
    expect(log.appendAsLeader(batch({ value }), 0, "client", startMs)).toMatchObject({ ok: true });
    queue.flush();
  }
  log.highWatermark = log.logEndOffset;
  await log.flush();
  log.releaseTail();
  disk.onReadAsync = (way, position, sizeBytes) => {
    reads.push({ way, position, sizeBytes });
    clock.nowMs += readMs;
  };
  const fullBudget = queue.bufferPool.readBytesLeft;
  return { ...opened, disk, clock, reads, fullBudget, count };
}

function begin(log: Log, offset: number, mayWait: boolean, maxBytes = megabyte) {
  const allowance = new FileReadAllowance(mayWait);
  return { allowance, result: log.read(offset, maxBytes, log.highWatermark, true, allowance) };
}

/** As a fetch does: reads again when what it needs has come. */
async function fetched(log: Log, offset: number, maxBytes = megabyte, between: () => unknown = () => undefined) {
  const first = begin(log, offset, true, maxBytes);
  const isAwaited = first.allowance.awaited !== undefined;
  if (isAwaited) {
    expect(first.result).toMatchObject({ ok: true, records: { length: 0 } });
    await between();
    await first.allowance.awaited;
  }
  return { isAwaited, result: isAwaited ? begin(log, offset, false, maxBytes).result : first.result };
}

/** Reads on to the end, and gives back what it got. */
async function readOn(log: Log, from: number, maxBytes = megabyte) {
  const seen: number[] = [];
  let awaited = 0;
  for (let offset = from; offset < log.highWatermark;) {
    const { result, isAwaited } = await fetched(log, offset, maxBytes);
    if (isAwaited) awaited++;
    expect(result.ok).toBe(true);
    if (!result.ok) break;
    expect(result.records.length).toBeGreaterThan(0);
    seen.push(...offsetsOf(result));
    offset = result.endOffset;
    log.buffers.giveBack(result.records);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { seen, awaited };
}

/** The offsets of batches whose record is the one that was written there. */
function offsetsOf(result: ReadResult): number[] {
  if (!result.ok) return [];
  return Array.from(batches(result.records), (each) => {
    expect(each.isValidCrc()).toBe(true);
    expect(each.bytes().at(-2)).toBe(each.baseOffset % 256);
    return each.baseOffset;
  });
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe("a reader that lags", () => {
  test("gets all batches once, past the cache and mostly read ahead", async () => {
    const { log, count, reads, queue, fullBudget, clock, time } = await written();
    const { seen, awaited } = await readOn(log, 0);
    expect(seen).toEqual(range(0, count));
    expect(reads.filter(({ way }) => way === "direct").length).toBeGreaterThan(3);
    expect(awaited).toBeLessThan(reads.length);
    clock.nowMs += 10_000;
    await time.advance(10_000);
    expect(queue.bufferPool.readBytesLeft).toBe(fullBudget);
  });

  test("reads on the event loop what comes from memory", async () => {
    const { log, count, reads } = await written({ readMs: 0 });
    const { seen } = await readOn(log, 0);
    expect(seen).toEqual(range(0, count));
    expect(reads).toMatchObject([{ way: "cached" }]);
  });

  test.each(["EINVAL", "EOPNOTSUPP"])("goes through the cache where the file system says %s", async (code) => {
    const { log, count, reads, disk } = await written();
    disk.directReadError = code;
    const { seen } = await readOn(log, 0);
    expect(seen).toEqual(range(0, count));
    expect(reads.length).toBeGreaterThan(3);
    expect(reads.every(({ way }) => way === "cached")).toBe(true);
    // Nothing was read on the event loop.
    const readBytes = reads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(readBytes).toBeGreaterThanOrEqual(log.sizeBytes);
  });

  test("puts into the cache what was read past it before", async () => {
    const { log, reads } = await written();
    await readOn(log, 0);
    const before = reads.length;
    await readOn(log, 0);
    expect(reads.slice(before).every(({ way }) => way === "cached")).toBe(true);
  });

  test("gets batches that are larger than what is read at once", async () => {
    const { log, count, reads } = await written({ count: 8, valueBytes: 3 * megabyte });
    const { seen } = await readOn(log, 0);
    expect(seen).toEqual(range(0, count));
    expect(reads.length).toBeGreaterThan(0);
  });

  test("takes many small pieces out of one chunk", async () => {
    const { log, count, reads } = await written({ count: 600, valueBytes: 20_000 });
    // Whoever asks for little is followed when a read of it was slow.
    expect(await fetched(log, 0)).toMatchObject({ isAwaited: true });
    const { seen } = await readOn(log, 0, 50_000);
    expect(seen).toEqual(range(0, count));
    expect(reads.length).toBeLessThan(20);
  });

  test("gets of a chunk what its fetch may still read, and is told that there is more", async () => {
    const { log } = await written();
    await begin(log, 0, true).allowance.awaited;
    const allowance = new FileReadAllowance(false);
    allowance.leftBytes = 250_000;
    expect(offsetsOf(log.read(0, megabyte, log.highWatermark, false, allowance))).toEqual([0, 1]);
    expect(allowance.wasShort).toBe(true);
    expect(allowance.leftBytes).toBeLessThan(50_000);
  });

  test("keeps to the budget: without memory it still gets on, one batch after the other", async () => {
    const { log, count, queue, reads } = await written({ count: 60 });
    const { bufferPool } = queue;
    const taken = [];
    while (bufferPool.readBytesLeft > 0) taken.push(bufferPool.takeToRead(4 * megabyte));
    const { seen } = await readOn(log, 0);
    expect(seen).toEqual(range(0, count));
    expect(reads).toEqual([]);
    bufferPool.giveBackAll(taken);
  });

  test("what was read ahead goes when nobody comes for it", async () => {
    const { log, queue, clock, time, fullBudget } = await written();
    for (const offset of [0, 10, 20]) {
      const { result } = await fetched(log, offset);
      if (result.ok) log.buffers.giveBack(result.records);
    }
    await time.settle();
    expect(queue.readAhead.sizeBytes).toBeGreaterThan(0);
    clock.nowMs += 10_000;
    await time.advance(10_000);
    expect(queue.readAhead.sizeBytes).toBe(0);
    expect(queue.bufferPool.readBytesLeft).toBe(fullBudget);
  });

  test("many at once share the memory that there is, and each gets its bytes", async () => {
    const { log, queue, reads } = await written({ count: 200 });
    const offsets = range(0, 30).map((each) => each * 5);
    const results = await Promise.all(offsets.map((offset) => fetched(log, offset)));
    for (const [at, { result }] of results.entries()) expect(offsetsOf(result)[0]).toBe(offsets[at]);
    expect(reads.length).toBeGreaterThan(3);
    expect(queue.readAhead.sizeBytes).toBeLessThanOrEqual(32 * megabyte);
  });
});

describe("while a read is under way", () => {
  test("a truncation: what comes in the place of what was cut is what is read", async () => {
    const { log, queue } = await written();
    const { result } = await fetched(log, 5, megabyte, () => {
      log.truncateTo(8);
      for (const fill of [1, 2, 3, 4]) {
        log.appendAsLeader(batch({ value: Buffer.alloc(100_000, 200 + fill) }), 1, "client", startMs);
      }
      queue.flush();
      log.highWatermark = log.logEndOffset;
    });
    expect(result.ok).toBe(true);
    if (!result.ok) return;
    const fills = Array.from(batches(result.records), (each) => each.bytes().at(-2));
    expect(fills).toEqual([5, 6, 7, 201, 202, 203, 204]);
  });

  test("a truncation within what was read ahead: what comes in its place is what is read", async () => {
    const { log, queue, reads, time } = await written({ count: 200, segmentBytes: 64 * megabyte });
    for (const offset of [0, 10]) expect(offsetsOf((await fetched(log, offset)).result)[0]).toBe(offset);
    await time.settle();
    // What comes behind the first chunk is there.
    expect(reads).toHaveLength(2);
    log.truncateTo(25);
    const value = Buffer.alloc(100_000, 250);
    for (let each = 0; each < 200; each++) log.appendAsLeader(batch({ value }), 1, "client", startMs);
    queue.flush();
    log.highWatermark = log.logEndOffset;
    const { result } = await fetched(log, 20);
    const fills = result.ok ? Array.from(batches(result.records), (each) => each.bytes().at(-2)) : [];
    expect(fills).toEqual([20, 21, 22, 23, 24, 250, 250, 250, 250, 250]);
  });

  test("a truncation before the reader: it is told that it is out of range", async () => {
    const { log } = await written();
    const { result } = await fetched(log, 60, megabyte, () => log.truncateTo(20));
    expect(result).toEqual({ ok: false, error: Errors.OFFSET_OUT_OF_RANGE });
  });

  test("retention takes the segment: it is told that it is out of range", async () => {
    const { log, disk } = await written();
    const { result } = await fetched(log, 5, megabyte, () => {
      log.updateConfig({ ...log.config, retentionBytes: megabyte });
      const removals: (() => void)[] = [];
      expect(
        log.deleteOldSegments(startMs, (removal) => removals.push(() => removal((path) => disk.remove(path)))),
      ).toBeGreaterThan(1);
      for (const remove of removals) remove();
      expect(disk.list(logDirectory).filter((name) => name.endsWith(".deleted"))).toEqual([]);
    });
    expect(result).toEqual({ ok: false, error: Errors.OFFSET_OUT_OF_RANGE });
  });

  test("the directory gets another name: the read goes on", async () => {
    const { log, disk } = await written();
    const { result } = await fetched(log, 5, megabyte, () => log.rename("/data/other-0"));
    expect(offsetsOf(result)).toEqual(range(5, 15));
    expect(disk.exists("/data/other-0")).toBe(true);
  });

  test("the log is closed or goes away: the reader is told so", async () => {
    for (const end of [(log: Log) => log.close(), (log: Log) => log.moveAside("/data/gone-0")]) {
      const { log, diskErrors } = await written({ count: 60 });
      const { result } = await fetched(log, 5, megabyte, () => end(log));
      expect(result).toEqual({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
      expect(diskErrors).toEqual([]);
    }
  });

  test("the disk fails: the log goes offline when the read is repeated, not before", async () => {
    const { log, disk, diskErrors } = await written();
    disk.fail("read", "EIO", { path: /\.log$/ });
    const { result } = await fetched(log, 5);
    expect(result).toEqual({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
    expect(diskErrors).toHaveLength(1);
  });

  test("the system is short of descriptors: the reader is refused, or gets its bytes, and the log stays", async () => {
    const { log, disk, diskErrors, count } = await written();
    disk.fail("open", "EMFILE", { path: /\.log$/, times: 1 });
    await fetched(log, 5);
    expect(diskErrors).toEqual([]);
    expect((await readOn(log, 0)).seen).toEqual(range(0, count));
  });
});
