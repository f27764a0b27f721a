import { expect, test } from "vitest";
import { FileReadAllowance } from "../../../../src/log/reading/file-read-allowance.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { openLog } from "../open-log.ts";

const value = Buffer.alloc(900, "v");
const batchBytes = batch({ value }).length;
const maxBytes = 3 * batchBytes;

/** A log of which memory has nothing, and what fetches get of it. */
function logInFiles(leftBytes: number) {
  const disk = new MemoryDisk();
  const { log, queue } = openLog(disk);
  for (let count = 0; count < 60; count++) log.appendAsLeader(batch({ value }), 0, "client", startMs);
  queue.flush();
  log.releaseTail();
  const allowance = new FileReadAllowance(true);
  allowance.leftBytes = leftBytes;
  const read = (offset: number, isNeeded = false, wanted = maxBytes): Buffer => {
    const result = log.read(offset, wanted, log.writtenOffset, isNeeded, allowance);
    if (!result.ok) throw new Error(`nothing at ${offset}`);
    return result.records;
  };
  return {
    disk,
    queue,
    allowance,
    read,
    batchesRead: (...asked: Parameters<typeof read>) => read(...asked).length / batchBytes,
  };
}

test("all partitions of a fetch share what it may read of files, but for the batch that it has to bring", () => {
  const { allowance, batchesRead } = logInFiles(5 * batchBytes + 10);
  expect([batchesRead(0), allowance.wasShort]).toEqual([3, false]);
  expect([batchesRead(10), allowance.wasShort]).toEqual([2, true]);
  expect(batchesRead(20)).toBe(0);
  expect(batchesRead(20, true)).toBeGreaterThanOrEqual(1);
});

test("memory that is much too large for what was read goes back at once", () => {
  const { queue, read } = logInFiles(1_000_000);
  const { bufferPool } = queue;
  const before = bufferPool.readBytesLeft;
  const records = read(0, true, 2 * batchBytes + 500);
  expect(records).toHaveLength(2 * batchBytes);
  bufferPool.giveBack(records);
  expect(bufferPool.readBytesLeft).toBe(before);
});

test("a fetch that will come again reads no file in the meantime", () => {
  const { disk, allowance, batchesRead } = logInFiles(1_000_000);
  // So that it is known where the batches are.
  expect([batchesRead(0, true), batchesRead(3, true)]).toEqual([3, 3]);
  allowance.waitFor(Promise.resolve());
  const reads = disk.counts.get("read");
  expect([batchesRead(6, true), disk.counts.get("read")]).toEqual([0, reads]);
});
