import { expect, test } from "vitest";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, outline, startMs } from "../batches.ts";
import { logDirectory, openLog, readAll } from "../open-log.ts";

const config = { segmentBytes: 100 };

/** Three closed segments and an active one, of one record each: 0, 1, 2, 3. */
function writtenDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  const { log, queue } = openLog(disk, config);
  for (let count = 0; count < 4; count++) {
    expect(log.appendAsLeader(batch({ key: "k", value: `value ${count}` }), 0, "client", startMs).ok).toBe(true);
    queue.flush();
  }
  log.close();
  return disk;
}

const name = (offset: number, suffix: string) => `${logDirectory}/${String(offset).padStart(20, "0")}${suffix}`;

/** The segments from 0 to 1 as one, under a name with that suffix: of record 0 nothing is left. */
function writeCleaned(disk: MemoryDisk, suffix: string): void {
  const file = disk.open(name(0, `.log${suffix}`), "create");
  file.write([disk.readFile(name(1, ".log"))], 0);
  file.close();
  for (const index of [".index", ".timeindex"]) disk.open(name(0, `${index}${suffix}`), "create").close();
}

function offsetsAfterStart(disk: MemoryDisk, hadCleanShutdown = false): number[] {
  const { log } = openLog(disk, config, { hadCleanShutdown });
  expect(disk.list(logDirectory).filter((file) => /\.(cleaned|swap|deleted)$/.test(file))).toEqual([]);
  expect(log.logEndOffset).toBe(4);
  return outline(readAll(log)).map(({ baseOffset }) => baseOffset);
}

test("a segment that the cleaner did not finish goes, the log stays", () => {
  const disk = writtenDisk();
  writeCleaned(disk, ".cleaned");
  expect(offsetsAfterStart(disk)).toEqual([0, 1, 2, 3]);
});

test.each([true, false])("one that was about to be swapped in takes its place (clean shutdown: %s)", (isClean) => {
  const disk = writtenDisk();
  writeCleaned(disk, ".swap");
  expect(offsetsAfterStart(disk, isClean)).toEqual([1, 2, 3]);
  expect(disk.exists(name(1, ".log"))).toBe(false);
});

test("so it does when the old ones have the names of deleted files already", () => {
  const disk = writtenDisk();
  writeCleaned(disk, ".swap");
  for (const offset of [0, 1]) {
    for (const suffix of [".log", ".index", ".timeindex"]) {
      if (disk.exists(name(offset, suffix))) disk.rename(name(offset, suffix), name(offset, `${suffix}.deleted`));
    }
  }
  expect(offsetsAfterStart(disk)).toEqual([1, 2, 3]);
});

test("and when its indexes, or its log, have their last names already", () => {
  for (const done of [[".index", ".timeindex"], [".log"]]) {
    const disk = writtenDisk();
    writeCleaned(disk, ".swap");
    disk.remove(name(1, ".log"));
    for (const suffix of done) disk.rename(name(0, `${suffix}.swap`), name(0, suffix));
    expect(offsetsAfterStart(disk)).toEqual([1, 2, 3]);
  }
});

test("later segments of a split that was not finished go, as in Apache Kafka: the whole one is there", () => {
  const disk = writtenDisk();
  const file = disk.open(name(1, ".log.swap"), "create");
  file.write([disk.readFile(name(2, ".log"))], 0);
  file.close();
  disk.open(name(0, ".log.cleaned"), "create").close();
  expect(offsetsAfterStart(disk)).toEqual([0, 1, 2, 3]);
});

test("what a start has completed is durable: a .cleaned file of the next round would undo a .swap file that came back", () => {
  const disk = writtenDisk();
  writeCleaned(disk, ".swap");
  disk.settle(logDirectory);
  expect(offsetsAfterStart(disk)).toEqual([1, 2, 3]);
  const left = disk.crash(() => 0).list(logDirectory);
  expect(left.filter((file) => file.endsWith(".swap"))).toEqual([]);
  expect(left).toContain("00000000000000000000.log");
});
