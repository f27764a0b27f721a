import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { BufferPool } from "../../../src/base/buffer-pool.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { type Log } from "../../../src/log/log.ts";
import { type WayOfWriting } from "../../../src/log/write-choice.ts";
import { WriteQueue } from "../../../src/log/write-queue.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { batch, startMs } from "./batches.ts";
import { logDirectory, openLog, readAll } from "./open-log.ts";

/** A log of which the writes go to threads, unless the test says otherwise. */
function open() {
  const time = new ManualTime();
  const disk = new MemoryDisk(() => time.wallMs());
  const bufferPool = new BufferPool();
  const next = { way: "aside" as WayOfWriting };
  const unwritten: number[] = [];
  const choice = {
    wayFor: (isUnderWay: boolean, unwrittenBytes: number) => {
      unwritten.push(unwrittenBytes);
      return isUnderWay && next.way === "aside" ? "later" : next.way;
    },
    note: () => undefined,
  };
  const queue = new WriteQueue({ timers: time, clock: time, bufferPool, choice });
  const { log, diskErrors } = openLog(disk, {}, { time, writeQueue: queue });
  const append = (records: Buffer): void => {
    expect(log.appendAsLeader(records, 0, "client", startMs)).toMatchObject({ ok: true });
  };
  const inFile = (): Buffer => disk.readFile(`${logDirectory}/00000000000000000000.log`);
  return { disk, time, queue, log, diskErrors, append, inFile, next, bufferPool, unwritten };
}

/** A batch in memory of the pool, where a large request is received. */
function pooled(pool: BufferPool, fill: string): Buffer {
  const records = batch({ value: fill.repeat(70_000) });
  const memory = pool.take(records.length);
  records.copy(memory);
  return memory;
}

describe("writes that a thread makes", () => {
  test("are acknowledged when they are done, and those behind them afterwards", async () => {
    const { log, queue, time, append, inFile } = open();
    const written: number[] = [];
    log.onWritten = () => written.push(log.writtenOffset);
    append(batch());
    queue.endTurn();
    append(batch());
    append(batch());
    queue.endTurn();
    expect([log.writtenOffset, inFile().length]).toEqual([0, 0]);
    await time.settle();
    expect(written).toEqual([1, 3]);
    expect(inFile()).toEqual(readAll(log));
  });

  test("are made up for by whoever cannot wait", async () => {
    const { log, queue, time, append, inFile } = open();
    append(batch());
    queue.endTurn();
    append(batch());
    queue.flush();
    expect(log.writtenOffset).toBe(2);
    const bytes = inFile();
    await time.settle();
    expect(log.writtenOffset).toBe(2);
    expect(inFile()).toEqual(bytes);
  });

  test("keep their memory, also when another write has made up for them", async () => {
    const { log, queue, time, append, inFile, bufferPool, next } = open();
    append(pooled(bufferPool, "a"));
    queue.endTurn();
    next.way = "now";
    append(pooled(bufferPool, "b"));
    queue.endTurn();
    // The tail lets go of what is written, and whoever takes memory now writes over it.
    append(pooled(bufferPool, "c"));
    queue.endTurn();
    const bytes = inFile();
    append(pooled(bufferPool, "d"));
    expect(bytes.length).toBeGreaterThan(210_000);
    await time.settle();
    expect(inFile().subarray(0, bytes.length).equals(bytes)).toBe(true);
    expect(log.writtenOffset).toBe(4);
  });

  test("of a log that was emptied meanwhile acknowledge nothing", async () => {
    const { log, queue, time, append } = open();
    append(batch());
    queue.endTurn();
    log.truncateFullyAndStartAt(0);
    append(batch());
    await log.settle();
    expect(log.writtenOffset).toBe(0);
    await time.settle();
    expect(log.writtenOffset).toBe(1);
  });

  test("are none of a log that went offline in the turn: its volume may be taken away", async () => {
    const { log, queue, time, append, inFile } = open();
    append(batch());
    log.goOffline();
    queue.endTurn();
    await time.settle();
    expect([inFile().length, log.writtenOffset]).toEqual([0, 0]);
  });

  test("are none of a log that was closed in the turn: its files stay closed", async () => {
    const { disk, log, queue, time, append } = open();
    append(batch());
    log.close();
    const opened = disk.counts.get("open");
    queue.endTurn();
    await time.settle();
    expect(disk.counts.get("open")).toBe(opened);
  });

  test("that the disk refuses take the log offline, and acknowledge nothing", async () => {
    const { disk, log, queue, time, append, diskErrors } = open();
    append(batch());
    disk.fail("write", "EIO", { path: /\.log$/ });
    queue.endTurn();
    await time.settle();
    expect(diskErrors).toHaveLength(1);
    expect([log.isOffline, log.writtenOffset]).toEqual([true, 0]);
  });

  test("for which the system is short of something are made again", async () => {
    const { disk, log, queue, time, append, diskErrors } = open();
    append(batch());
    disk.fail("write", "ENOMEM", { path: /\.log$/, times: 1 });
    queue.endTurn();
    await time.settle();
    expect(log.writtenOffset).toBe(0);
    await time.advance(200);
    expect([log.writtenOffset, diskErrors]).toEqual([1, []]);
  });

  test("do not hide the record with the largest timestamp", async () => {
    const { log, queue, time, append } = open();
    append(batch());
    append(batch({ timestamp: startMs + 1 }));
    queue.endTurn();
    expect(await log.offsetOfMaxTimestamp(nodeCompute)).toMatchObject({ offset: 1, timestamp: startMs + 1 });
    await time.settle();
    expect(log.writtenOffset).toBe(2);
  });

  test("are flushed before they are acknowledged where that is wanted, and what comes meanwhile waits for the flush", async () => {
    const { disk, log, queue, time, append, inFile } = open();
    log.updateConfig({ ...log.config, flushMessages: 1 });
    let flushes = 0;
    disk.syncTurns = () => 3;
    disk.onOperation = (operation, path) => {
      if (operation === "sync" && path.endsWith(".log")) flushes++;
    };
    const written: [offset: number, flushes: number][] = [];
    log.onWritten = () => written.push([log.writtenOffset, flushes]);
    append(batch());
    queue.endTurn();
    while (inFile().length === 0) await setImmediate();
    const sizeBytes = inFile().length;
    append(batch());
    append(batch());
    queue.endTurn();
    expect([inFile().length, written]).toEqual([sizeBytes, []]);
    while (log.writtenOffset < 3) await time.settle();
    expect(written).toEqual([
      [1, 1],
      [3, 2],
    ]);
    expect(openLog(disk.crash(() => 0)).log.logEndOffset).toBe(3);
  });

  test("are those of a segment that ends meanwhile, too: nothing is written when it does", async () => {
    const { disk, log, queue, time, append, inFile } = open();
    log.updateConfig({ ...log.config, segmentBytes: 2 * batch().length });
    for (let count = 0; count < 5; count++) append(batch());
    const second = `${logDirectory}/00000000000000000002.log`;
    expect([log.segmentSizes().length, inFile().length, disk.stat(second).sizeBytes]).toEqual([3, 0, 0]);
    expect(log.writtenOffset).toBe(0);
    const written: number[] = [];
    log.onWritten = () => written.push(log.writtenOffset);
    queue.endTurn();
    await time.settle();
    await log.settle();
    await time.settle();
    expect(written).toEqual([2, 5]);
    expect([inFile().length, disk.stat(second).sizeBytes]).toEqual([2 * batch().length, 2 * batch().length]);
    expect(readAll(log).length).toBe(5 * batch().length);
    for (let turns = 0; turns < 5; turns++) await time.settle();
    // The flush that the end of a segment begins waits for them.
    expect(log.flushedOffset).toBeGreaterThanOrEqual(4);
    expect(openLog(disk.crash(() => 0)).log.logEndOffset).toBeGreaterThanOrEqual(4);
  });

  test("of a segment that was preallocated and ended meanwhile end in its trimming", async () => {
    const { disk, log, queue, time, append, inFile } = open();
    log.updateConfig({ ...log.config, segmentBytes: 2 * batch().length + 10, preallocates: true });
    append(batch());
    expect(log.roll()).toBe(true);
    for (let count = 0; count < 3; count++) append(batch());
    const second = `${logDirectory}/00000000000000000001.log`;
    expect(disk.stat(second).sizeBytes).toBe(2 * batch().length + 10);
    queue.endTurn();
    for (let turns = 0; turns < 5; turns++) await time.settle();
    expect([inFile().length, disk.stat(second).sizeBytes]).toEqual([batch().length, 2 * batch().length]);
    expect(openLog(disk.kill()).log.logEndOffset).toBe(4);
  });

  test("of segments that ended are made up for by whoever cannot wait", async () => {
    for (const hasBegun of [false, true]) {
      const { log, queue, time, append, inFile } = open();
      log.updateConfig({ ...log.config, segmentBytes: 2 * batch().length });
      for (let count = 0; count < 5; count++) append(batch());
      if (hasBegun) queue.endTurn();
      log.writePending();
      expect([log.writtenOffset, inFile().length]).toEqual([5, 2 * batch().length]);
      await time.settle();
      expect(readAll(log).length).toBe(5 * batch().length);
    }
  });

  test("of segments that ended are left alone when the log is emptied or closed meanwhile", async () => {
    const { disk, log, queue, time, append, diskErrors } = open();
    log.updateConfig({ ...log.config, segmentBytes: 2 * batch().length });
    for (let count = 0; count < 5; count++) append(batch());
    queue.endTurn();
    log.truncateFullyAndStartAt(0);
    append(batch());
    for (let turns = 0; turns < 3; turns++) await time.settle();
    expect([log.writtenOffset, readAll(log).length, diskErrors]).toEqual([1, batch().length, []]);
    for (let count = 0; count < 5; count++) append(batch());
    queue.endTurn();
    log.abandon();
    const opened = disk.counts.get("open");
    for (let turns = 0; turns < 3; turns++) await time.settle();
    expect([disk.counts.get("open"), diskErrors]).toEqual([opened, []]);
  });

  test("are awaited by retention: of a copy more counts as committed than it has written", async () => {
    const { disk, log, queue, time, append, diskErrors } = open();
    log.updateConfig({ ...log.config, segmentBytes: 2 * batch().length, retentionMs: 1_000, fileDeleteDelayMs: 0 });
    for (let count = 0; count < 5; count++) append(batch());
    log.highWatermark = 5;
    const deleteAll = (): number =>
      log.deleteOldSegments(startMs + 1_000_000, (removal) => removal((path) => disk.remove(path)));
    expect(deleteAll()).toBe(0);
    queue.endTurn();
    for (let turns = 0; turns < 5; turns++) await time.settle();
    expect([log.writtenOffset, deleteAll(), log.logStartOffset, diskErrors]).toEqual([5, 3, 5, []]);
  });

  test("that wait for the flush of a log that is given up meanwhile are not waited for any more", async () => {
    for (const giveUp of [(log: Log) => log.abandon(), (log: Log) => log.goOffline()]) {
      const { disk, log, queue, time, append, inFile, unwritten } = open();
      log.updateConfig({ ...log.config, flushMessages: 1 });
      disk.syncTurns = () => 3;
      append(batch());
      queue.endTurn();
      while (inFile().length === 0) await setImmediate();
      append(batch());
      append(batch());
      queue.endTurn();
      expect(unwritten.at(-1)).toBe(2 * batch().length);
      giveUp(log);
      for (let turns = 0; turns < 5; turns++) await time.settle();
      const { log: other } = openLog(disk, {}, { time, writeQueue: queue, dir: `${logDirectory}.other` });
      other.appendAsLeader(batch(), 0, "client", startMs);
      queue.endTurn();
      expect(unwritten.at(-1)).toBe(batch().length);
    }
  });
});
