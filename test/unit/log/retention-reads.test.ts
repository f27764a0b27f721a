import { expect, test } from "vitest";
import { type Removal } from "../../../src/log/removal.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { openLog } from "./open-log.ts";

const config = { indexIntervalBytes: 200, retentionMs: 1_000_000 };

/** A log with an ended segment, as a start finds it. */
function foundLog(disk: MemoryDisk) {
  const { log, queue } = openLog(disk, config);
  for (let each = 0; each < 500; each++) log.appendAsLeader(batch({ timestamp: startMs }), 0, "client", startMs);
  queue.flush();
  log.roll();
  log.appendAsLeader(batch(), 0, "client", startMs);
  queue.flush();
  log.close();
  const found = openLog(disk, config, { hadCleanShutdown: true });
  found.log.highWatermark = 501;
  return found.log;
}

test("retention opens nothing of a young segment but its time index", () => {
  const disk = new MemoryDisk();
  const log = foundLog(disk);
  disk.fail("open", "EIO", { path: /\.(log|index)$/ });
  expect(log.deleteOldSegments(startMs + 1_000_000, () => undefined)).toBe(0);
  expect(log.isOffline).toBe(false);
});

test("a time index that says too little deletes nothing", () => {
  const disk = new MemoryDisk();
  const log = foundLog(disk);
  const index = disk.open("/data/topic-0/00000000000000000000.timeindex", "update");
  index.write([Buffer.alloc(index.sizeBytes())], 0);
  expect(log.deleteOldSegments(startMs + 1_000_000, () => undefined)).toBe(0);
  expect(log.deleteOldSegments(startMs + 1_000_001, () => undefined)).toBe(2);
});

test("files go from where the directory is by then", () => {
  const disk = new MemoryDisk();
  const log = foundLog(disk);
  const removals: Removal[] = [];
  log.deleteOldSegments(startMs + 1_000_001, (removal) => void removals.push(removal));
  log.rename("/data/topic-0.copy");
  expect(disk.list("/data/topic-0.copy").filter((file) => file.endsWith(".deleted"))).not.toEqual([]);
  for (const removal of removals) removal((path) => disk.remove(path));
  expect(disk.list("/data/topic-0.copy").filter((file) => file.endsWith(".deleted"))).toEqual([]);
});
