import { expect, test } from "vitest";
import { DelayedRemovals } from "../../../../src/log/directory/delayed-removals.ts";
import { DiskError } from "../../../../src/io/ports.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { silentLogger } from "../../../support/silent-logger.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";

/** A disk of which the asynchronous removals end when the test says so. */
class SlowDisk extends MemoryDisk {
  readonly asked: string[] = [];
  readonly ends: ((error?: Error) => void)[] = [];

  override removeAsync(path: string): Promise<void> {
    this.asked.push(path);
    return new Promise((resolve, reject) =>
      this.ends.push((error) => {
        if (error !== undefined) return reject(error);
        this.remove(path);
        resolve();
      }),
    );
  }
}

function open() {
  const disk = new SlowDisk();
  const time = new ManualTime();
  for (const path of ["/a", "/b", "/c", "/d"]) disk.open(path, "create").close();
  const removals = new DelayedRemovals({ disk, timers: time, logger: silentLogger });
  const add = (delayMs: number, ...paths: string[]) => removals.add((remove) => paths.forEach(remove), delayMs);
  return { disk, time, removals, add };
}

test("files go one behind the other when their time has come, and nothing waits for them", async () => {
  const { disk, time, add } = open();
  add(1_000, "/a", "/b");
  add(1_000, "/c");
  await time.advance(999);
  expect(disk.asked).toEqual([]);
  await time.advance(1);
  expect(disk.asked).toEqual(["/a"]);
  disk.ends[0]!();
  await time.settle();
  expect(disk.asked).toEqual(["/a", "/b"]);
  // What cannot be removed is left to the next start, and stops nothing.
  disk.ends[1]!(new DiskError("EIO", "no"));
  await time.settle();
  expect(disk.asked).toEqual(["/a", "/b", "/c"]);
  disk.ends[2]!();
  await time.settle();
  expect(disk.list("/")).toEqual(["b", "d"]);
  add(5, "/d");
  await time.advance(5);
  expect(disk.asked.at(-1)).toBe("/d");
});

test("a stop does not wait for ever: what is left the next start removes", async () => {
  const { disk, time, removals, add } = open();
  add(60_000, "/a");
  add(60_000, "/b");
  const finished = removals.finish();
  await time.advance(2_000);
  disk.ends[0]!();
  await finished;
  removals.close();
  expect([disk.asked, disk.list("/")]).toEqual([["/a"], ["b", "c", "d"]]);
});

test("a stop in good order waits for all of them, another one removes what waits at once", async () => {
  const { disk, time, removals, add } = open();
  add(1_000, "/a");
  add(60_000, "/b");
  const finished = removals.finish();
  while (disk.ends.length < 1) await time.settle();
  disk.ends[0]!();
  await time.settle();
  disk.ends[1]!();
  await finished;
  expect(disk.list("/")).toEqual(["c", "d"]);
  add(1_000, "/c");
  removals.close();
  expect(disk.list("/")).toEqual(["d"]);
  expect(disk.asked).toEqual(["/a", "/b"]);
});
