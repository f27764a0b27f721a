import { expect, test } from "vitest";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { type LogUnderTest, logDirectory, openLog, readAll } from "./open-log.ts";

const segmentBytes = 4_096;
const preallocating = { preallocates: true, segmentBytes };

function append({ log, queue }: LogUnderTest, value: string): void {
  log.appendAsLeader(batch({ value }), 0, "client", startMs);
  queue.flush();
  log.highWatermark = log.logEndOffset;
}

const sizes = (disk: MemoryDisk) =>
  disk
    .list(logDirectory)
    .filter((name) => name.endsWith(".log"))
    .map((name) => disk.stat(`${logDirectory}/${name}`).sizeBytes);

test("a segment's file has its full length from the start, and that of its batches when it ends", () => {
  const disk = new MemoryDisk();
  const under = openLog(disk, preallocating);
  expect(sizes(disk)).toEqual([segmentBytes]);
  append(under, "x".repeat(3_000));
  expect([sizes(disk), under.log.sizeBytes]).toEqual([[segmentBytes], batch({ value: "x".repeat(3_000) }).length]);
  append(under, "y".repeat(3_000));
  const whole = batch({ value: "x".repeat(3_000) }).length;
  expect(sizes(disk)).toEqual([whole, segmentBytes]);
  under.log.close();
  expect(sizes(disk)).toEqual([whole, whole]);
});

test("is off unless it is asked for", () => {
  const disk = new MemoryDisk();
  openLog(disk, { segmentBytes });
  expect(sizes(disk)).toEqual([0]);
});

test("after a crash the zeros behind the last batch go", () => {
  for (const power of ["kept", "lost"]) {
    const disk = new MemoryDisk();
    const under = openLog(disk, preallocating);
    append(under, "one");
    append(under, "two");
    const before = readAll(under.log);
    const after = openLog(power === "kept" ? disk.kill() : disk.crash((bound) => bound - 1), preallocating);
    expect([after.log.logEndOffset, after.log.sizeBytes, readAll(after.log)]).toEqual([2, before.length, before]);
    append(after, "three");
    expect(after.log.logEndOffset).toBe(3);
    expect(readAll(after.log).subarray(0, before.length)).toEqual(before);
  }
});

test("zeros that a lost trim left behind a clean shutdown are no batches", () => {
  const disk = new MemoryDisk();
  const under = openLog(disk, preallocating);
  append(under, "one");
  under.log.close();
  const file = disk.open(`${logDirectory}/00000000000000000000.log`, "readwrite");
  file.truncate(segmentBytes);
  file.close();
  const next = openLog(disk, preallocating, { hadCleanShutdown: true });
  expect([next.log.logEndOffset, next.log.sizeBytes]).toEqual([1, batch({ value: "one" }).length]);
  append(next, "two");
  expect([...readAll(next.log)].length).toBe(2 * batch({ value: "one" }).length);
});

test("truncation cuts the file to what is left", () => {
  const disk = new MemoryDisk();
  const under = openLog(disk, preallocating);
  append(under, "one");
  append(under, "two");
  under.log.truncateTo(1);
  expect(sizes(disk)).toEqual([batch({ value: "one" }).length]);
  append(under, "three");
  expect(under.log.logEndOffset).toBe(2);
});
