import { expect, test } from "vitest";
import { ManualTime } from "../../../support/manual-time.ts";
import { type MemoryDisk } from "../../../sim/memory-disk.ts";
import { ShortDisk } from "../../../support/short-disk.ts";
import { batch, startMs } from "../batches.ts";
import { cleanerConfig, compacted, openCleaner, recordsIn, untilIdle } from "../cleaner/clean-log.ts";
import { logDirectory, openLog, readAll } from "../open-log.ts";

/** A disk on which the test does something when the directory is synced off the event loop. */
class WatchedDisk extends ShortDisk {
  onSync = (): void => undefined;

  override syncDirectoryAsync(path: string): Promise<void> {
    this.onSync();
    return super.syncDirectoryAsync(path);
  }
}

const segmentCount = 40;

test("a log that is emptied while many segments are put aside keeps what comes in their place", async () => {
  const time = new ManualTime(startMs);
  const disk = new WatchedDisk(() => time.wallMs());
  const config = { ...compacted, segmentBytes: 1_000_000 };
  const { log, queue } = openLog(disk, config, { time });
  const fill = (key: string): void => {
    for (let count = 0; count < segmentCount; count++) {
      log.appendAsLeader(batch({ key, timestamp: startMs }), 0, "client", startMs);
      queue.flush();
      log.highWatermark = log.logEndOffset;
      log.roll();
    }
  };
  fill("old");
  const filesNamed = (end: string) => disk.list(logDirectory).filter((file) => file.endsWith(end));
  let putAside = 0;
  disk.onSync = () => {
    const count = filesNamed(".log.deleted").length;
    if (putAside > 0 || count === 0) return;
    putAside = count;
    log.truncateFullyAndStartAt(0);
    fill("new");
  };
  const { cleaner } = openCleaner(disk, time, () => [log]);
  cleaner.start();
  await untilIdle(cleaner, time);
  await cleaner.close();
  expect(putAside).toBeGreaterThan(0);
  expect(putAside).toBeLessThan(segmentCount);
  const records = readAll(log);
  expect(records.toString("latin1")).not.toContain("old");
  const found = openLog(disk.kill(), config, { time });
  expect(readAll(found.log).equals(records)).toBe(true);
  expect(found.log.logEndOffset).toBe(segmentCount);
});

const moments: [string, RegExp][] = [
  ["the new segment is to take its place", /\.log\.cleaned$/],
  ["the old ones have gone", /\.log$/],
  ["it gets its own name", /\.log\.swap$/],
];

/** A log with a swap that found no descriptors once it had renamed such a file, and waits. */
async function openWaiting(renamed: RegExp) {
  const time = new ManualTime(startMs);
  const disk = new WatchedDisk(() => time.wallMs());
  const config = { ...compacted, segmentBytes: 1_000_000 };
  const { log, queue, diskErrors } = openLog(disk, config, { time });
  const append = (key: string): void => {
    log.appendAsLeader(batch({ key, timestamp: startMs }), 0, "client", startMs);
    queue.flush();
    log.highWatermark = log.logEndOffset;
  };
  for (let count = 0; count < 5; count++) {
    append("key");
    log.roll();
  }
  // Only once: what is renamed later finds them.
  let wasShort = false;
  disk.onOperation = (operation, path) => {
    if (operation !== "rename" || !renamed.test(path) || wasShort) return;
    disk.isShort = wasShort = true;
  };
  const { cleaner } = openCleaner(disk, time, () => [log]);
  cleaner.start();
  for (let turns = 0; turns < 30; turns++) await time.settle();
  await time.advance(3_000);
  expect([disk.isShort, disk.refusals > 1, cleaner.running]).toEqual([true, true, 1]);
  return { time, disk, config, log, diskErrors, append, cleaner };
}

const unfinishedOn = (disk: MemoryDisk) => disk.list(logDirectory).filter((file) => /\.(cleaned|swap)$/.test(file));

test.each(moments)(
  "a swap that finds no descriptors when %s waits for them, and the log goes on",
  async (_when, renamed) => {
    const { time, disk, log, diskErrors, append, cleaner } = await openWaiting(renamed);
    disk.isShort = false;
    append("other");
    await time.advance(2_000);
    await untilIdle(cleaner, time);
    await cleaner.close();
    expect([diskErrors, log.isOffline]).toEqual([[], false]);
    expect([unfinishedOn(disk), log.logEndOffset, log.segmentSizes().length]).toEqual([[], 6, 2]);
  },
);

test.each(moments)("a stop waits for no descriptors when %s", async (_when, renamed) => {
  for (const isKilled of [true, false]) {
    const { time, disk, config, log, diskErrors, cleaner } = await openWaiting(renamed);
    let isClosed = false;
    const closing = cleaner.close().then(() => (isClosed = true));
    await time.advance(1_000);
    expect([isClosed, cleaner.running, diskErrors, log.isOffline]).toEqual([true, 0, [], false]);
    await closing;
    disk.isShort = false;
    if (!isKilled) log.close();
    // Whatever its step was, the next start leaves nothing of it.
    const left = isKilled ? disk.kill() : disk;
    const found = openLog(left, config, { time });
    const newest = (await recordsIn(found.log)).at(-1);
    expect([newest?.offset, unfinishedOn(left), found.log.logEndOffset]).toEqual([4, [], 5]);
  }
});

test("an abortion that finds no descriptors leaves the log to its caller, and the next flush makes it durable", async () => {
  const { disk, log, diskErrors, append, cleaner } = await openWaiting(/\.log\.cleaned$/);
  // The next flush has no new files, for which it would sync the directory anyway.
  disk.isShort = false;
  append("other");
  await log.flush();
  disk.isShort = true;
  // The swap's name has come to the device by itself.
  disk.settle(logDirectory);
  log.storage.cleaning?.abort();
  expect([diskErrors, log.isOffline]).toEqual([[], false]);
  disk.isShort = false;
  append("other");
  await log.flush();
  expect(unfinishedOn(disk.crash(() => 0))).toEqual([]);
  log.abandon();
  void cleaner.close();
});

test("a log whose swap waits for descriptors is moved aside without one", async () => {
  const { disk, log, diskErrors } = await openWaiting(/\.log\.cleaned$/);
  await log.moveAsideAsync("/data/aside");
  expect([diskErrors, log.isOffline, log.storage.isClosed, disk.exists("/data/aside")]).toEqual([
    [],
    false,
    true,
    true,
  ]);
});

test.each(moments)("new values of the dynamic keys leave no half a swap when %s", async (_when, renamed) => {
  const { time, disk, log, diskErrors, cleaner } = await openWaiting(renamed);
  cleaner.reconfigure(cleanerConfig);
  await time.advance(2_000);
  disk.isShort = false;
  await time.advance(20_000);
  await untilIdle(cleaner, time);
  expect([diskErrors, unfinishedOn(disk), log.segmentSizes().length]).toEqual([[], [], 2]);
  await cleaner.close();
});
