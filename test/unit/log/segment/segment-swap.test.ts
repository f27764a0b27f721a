import { expect, test } from "vitest";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { batch, startMs } from "../batches.ts";
import { compacted, openCleaner, untilIdle } from "../cleaner/clean-log.ts";
import { logDirectory, openLog, readAll } from "../open-log.ts";

/** A disk on which the test does something when the directory is synced off the event loop. */
class WatchedDisk extends MemoryDisk {
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
