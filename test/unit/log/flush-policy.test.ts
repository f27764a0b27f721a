import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { type LogUnderTest, openLog } from "./open-log.ts";

/** Appends one record, written at the end of its turn; notes how far the log is acknowledged. */
function append({ log, queue }: LogUnderTest): void {
  log.appendAsLeader(batch(), 0, "client", startMs);
  queue.flush();
}

describe("flush.messages", () => {
  test("what makes up the number is acknowledged when it is durable", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { flushMessages: 3 });
    append(under);
    append(under);
    expect([under.log.writtenOffset, under.log.recoveryPoint]).toEqual([2, 0]);
    const syncs = disk.counts.get("sync") ?? 0;
    append(under);
    expect(under.log.writtenOffset).toBe(2);
    while (under.log.writtenOffset < 3) await under.time.settle();
    expect(disk.counts.get("sync")! - syncs).toBeGreaterThan(0);
    expect(openLog(disk.crash(() => 0)).log.logEndOffset).toBe(3);
  });

  test("1: each record survives a loss of power once it is acknowledged, and those of one flush share it", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { flushMessages: 1 });
    const acknowledged: number[] = [];
    under.log.onWritten = () => acknowledged.push(under.log.writtenOffset);
    for (let count = 0; count < 4; count++) append(under);
    expect(acknowledged).toEqual([]);
    for (let flush = 0; flush < 2; flush++) await under.time.settle();
    expect(acknowledged).toEqual([1, 4]);
    expect(openLog(disk.crash(() => 0)).log.logEndOffset).toBe(4);
  });

  test("records of a turn in which the log rolls count too, whose flush has only begun", async () => {
    const disk = new MemoryDisk();
    disk.syncTurns = () => 5;
    const sizeBytes = batch().length;
    const under = openLog(disk, { flushMessages: 4, segmentBytes: 2 * sizeBytes });
    const { log, queue, time } = under;
    // The third rolls the log, and with it begins a flush that nobody waits for.
    for (let count = 0; count < 4; count++) log.appendAsLeader(batch(), 0, "client", startMs);
    queue.flush();
    expect([log.segmentSizes().length, log.logEndOffset, log.writtenOffset]).toEqual([2, 4, 0]);
    while (log.writtenOffset < 4) await time.settle();
    expect(openLog(disk.crash(() => 0)).log.logEndOffset).toBe(4);
  });

  test("what a killed process left in the page cache is durable before it counts as written", () => {
    const disk = new MemoryDisk();
    const sizeBytes = batch().length;
    const config = { flushMessages: 1, segmentBytes: 2 * sizeBytes };
    const killed = openLog(disk, config);
    for (let count = 0; count < 3; count++) append(killed);
    // Its repetition would be acknowledged, and a coordinator rely on it.
    const next = disk.kill();
    expect(openLog(next, config).log.writtenOffset).toBe(3);
    expect(openLog(next.crash(() => 0)).log.logEndOffset).toBe(3);
  });

  test("a start flushes what makes up the number, and leaves less to the page cache", () => {
    for (const [count, flushed] of [
      [2, 0],
      [3, 3],
    ] as const) {
      const disk = new MemoryDisk();
      const killed = openLog(disk, { flushMessages: Infinity });
      for (let each = 0; each < count; each++) append(killed);
      expect(openLog(disk.kill(), { flushMessages: 3 }).log.flushedOffset).toBe(flushed);
    }
  });

  test("a start that cannot flush serves nothing", () => {
    const disk = new MemoryDisk();
    append(openLog(disk));
    const next = disk.kill();
    next.fail("sync", "EIO");
    const { log, diskErrors } = openLog(next, { flushMessages: 1 });
    expect([log.isOffline, diskErrors.length]).toEqual([true, 1]);
  });

  test("a flush that fails acknowledges nothing", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { flushMessages: 1 });
    disk.fail("sync", "EIO", { times: 1 });
    append(under);
    await under.time.settle();
    expect([under.log.writtenOffset, under.log.isOffline, under.diskErrors.length]).toEqual([0, true, 1]);
  });

  test("a log that was cut meanwhile is not acknowledged beyond its end", async () => {
    const under = openLog(new MemoryDisk(), { flushMessages: 2 });
    append(under);
    append(under);
    const acknowledged: number[] = [];
    under.log.onWritten = () => acknowledged.push(under.log.writtenOffset);
    under.log.truncateTo(1);
    while (acknowledged.length === 0) await under.time.settle();
    await under.time.settle();
    expect([acknowledged, under.log.writtenOffset]).toEqual([[1], 1]);
  });

  test("what came in the place of a cut is not acknowledged by a flush that began before it", async () => {
    const disk = new MemoryDisk();
    const { log, queue, time } = openLog(disk, { flushMessages: 2 });
    const append = () => log.appendAsLeader(batch(), 0, "client", startMs);
    for (let count = 0; count < 4; count++) append();
    queue.flush();
    log.truncateTo(1);
    const acknowledged: number[] = [];
    log.onWritten = () => acknowledged.push(log.writtenOffset);
    for (let count = 0; count < 4; count++) append();
    while (acknowledged.length === 0) await setImmediate();
    expect(acknowledged).toEqual([1]);
    while (log.writtenOffset < 5) await time.settle();
    expect(openLog(disk.crash(() => 0)).log.logEndOffset).toBe(5);
  });
});

describe("flush.ms", () => {
  test("flushes what is older, and nothing where nothing is new", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { flushMs: 1_000 });
    append(under);
    await under.time.advance(999);
    under.log.flushIfDue();
    await under.time.settle();
    const syncs = () => disk.counts.get("sync") ?? 0;
    const before = syncs();
    await under.time.advance(1);
    under.log.flushIfDue();
    await under.time.settle();
    expect(syncs()).toBeGreaterThan(before);
    // From the last flush on, and not from the start.
    append(under);
    await under.time.advance(999);
    under.log.flushIfDue();
    await under.time.settle();
    expect(under.log.flushedOffset).toBe(1);
    await under.time.advance(1);
    under.log.flushIfDue();
    await under.time.settle();
    expect(under.log.flushedOffset).toBe(2);
    const after = syncs();
    await under.time.advance(5_000);
    under.log.flushIfDue();
    await under.time.settle();
    expect(syncs()).toBe(after);
    expect(openLog(disk.crash(() => 0)).log.logEndOffset).toBe(2);
  });
});

test("what is durable stays so when an earlier flush ends after a later one", async () => {
  const disk = new MemoryDisk();
  const under = openLog(disk);
  append(under);
  await under.log.flush();
  let turns = 20;
  disk.syncTurns = () => turns;
  append(under);
  const earlier = under.log.flush();
  turns = 0;
  append(under);
  await under.log.flush();
  expect(under.log.flushedOffset).toBe(3);
  await earlier;
  expect(under.log.flushedOffset).toBe(3);
});

test("a log whose directory gets another name within a flush is flushed, and stays online", async () => {
  for (let turns = 0; turns < 20; turns++) {
    const disk = new MemoryDisk();
    disk.syncTurns = () => 3;
    const under = openLog(disk);
    append(under);
    const flushed = under.log.flush();
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    under.log.rename("/data/topic-0.moved");
    await flushed;
    expect([under.log.isOffline, under.log.flushedOffset, under.diskErrors]).toEqual([false, 1, []]);
  }
});
