import { expect, test } from "vitest";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, marker, startMs } from "../batches.ts";
import { logDirectory, openLog } from "../open-log.ts";

/** A log of two segments, the first of which has an aborted transaction. */
function withAbortedTransaction(): MemoryDisk {
  const disk = new MemoryDisk();
  const { log, queue } = openLog(disk);
  const data = batch({ producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true });
  log.appendAsLeader(data, 0, "client", startMs);
  log.appendAsLeader(marker(1, true), 0, "coordinator", startMs);
  queue.flush();
  log.roll();
  log.close();
  return disk.kill();
}

const path = (suffix: string) => `${logDirectory}/00000000000000000000${suffix}`;
const open = (disk: MemoryDisk) => openLog(disk, {}, { hadCleanShutdown: true }).log;
const aborted = [{ producerId: 1, firstOffset: 0, lastOffset: 1, lastStableOffset: 2 }];

test("a segment that is in use again after a loss of power has its aborted transactions", () => {
  const disk = withAbortedTransaction();
  for (const suffix of [".txnindex", ".timeindex"]) disk.rename(path(suffix), path(`${suffix}.deleted`));
  const log = open(disk);
  expect(log.abortedTransactions(0, 2)).toEqual(aborted);
  expect(disk.list(logDirectory).filter((name) => name.endsWith(".deleted"))).toEqual([]);
});

test("what is left of a segment that another one has replaced is not taken for that one's", () => {
  const disk = withAbortedTransaction();
  disk.rename(path(".txnindex"), path(".txnindex.deleted"));
  disk.open(path(".log.deleted"), "create").close();
  expect(open(disk).abortedTransactions(0, 2)).toEqual([]);
});

test("retention gives the log file its new name first, and removes it last", () => {
  const disk = withAbortedTransaction();
  const { log } = openLog(disk, { retentionMs: 1 }, { hadCleanShutdown: true });
  log.highWatermark = 2;
  const names = () => disk.list(logDirectory).filter((name) => name.startsWith("00000000000000000000."));
  const removals: (() => void)[] = [];
  expect(
    log.deleteOldSegments(startMs + 1_000, (removal) => removals.push(() => removal((path) => disk.remove(path)))),
  ).toBe(1);
  expect(names().every((name) => name.endsWith(".deleted"))).toBe(true);
  disk.fail("remove", "EIO", { path: /\.log\.deleted$/ });
  expect(removals[0]).toThrow("injected");
  expect(names()).toEqual(["00000000000000000000.log.deleted"]);
});

test("an index whose log file is gone goes too", () => {
  const disk = withAbortedTransaction();
  const stray = `${logDirectory}/00000000000000000001.timeindex`;
  disk.open(stray, "create").close();
  expect(open(disk).abortedTransactions(0, 2)).toEqual(aborted);
  expect(disk.exists(stray)).toBe(false);
});
