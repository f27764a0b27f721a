import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Log } from "../../../src/log/log.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { batch, startMs } from "./batches.ts";
import { logDirectory, openLog, readAll } from "./open-log.ts";

const config = { segmentBytes: 3 * batch().length };

function open(disk: MemoryDisk) {
  const under = openLog(disk, config);
  const append = (count: number): void => {
    for (let done = 0; done < count; done++) under.log.appendAsLeader(batch(), 0, "client", startMs);
    under.queue.flush();
  };
  append(12);
  return { ...under, append };
}

const cuts: Record<string, (log: Log) => void> = {
  "within the log": (log) => log.truncateTo(4),
  "of all of it": (log) => log.truncateFullyAndStartAt(3),
};

test.each(Object.keys(cuts))("a cut %s frees no file in the event loop, and leaves none", async (cut) => {
  const disk = new MemoryDisk();
  const { log, append, time } = open(disk);
  await log.flush();
  const removed: string[] = [];
  disk.onOperation = (operation, path) => {
    if (operation === "remove" && disk.exists(path) && /\.log/.test(path)) removed.push(path);
  };
  cuts[cut]!(log);
  expect(removed).toEqual([]);
  append(12);
  // One that begins where another was cut off is deleted, too, before that has gone.
  cuts[cut]!(log);
  append(5);
  const all = readAll(log);
  for (let turns = 0; turns < 30; turns++) await time.settle();
  expect(removed.length).toBeGreaterThan(0);
  expect(disk.list(logDirectory).filter((name) => name.endsWith(".deleted"))).toEqual([]);
  expect(readAll(log)).toEqual(all);
});

test.each(Object.keys(cuts))("a crash at any change of a cut %s leaves a log without a gap", async (cut) => {
  for (let seed = 0; seed < 60; seed++) {
    const random = new SeededRandom(seed);
    const disk = new MemoryDisk();
    const { log, append, time } = open(disk);
    await log.flush();
    disk.cutAfter(1 + random.below(60), (sizeBytes) => random.below(sizeBytes + 1));
    cuts[cut]!(log);
    if (disk.isOn) append(4);
    for (let turns = 0; turns < 3; turns++) await time.settle();
    const after = random.below(2) === 0 ? disk.kill() : disk.crash((bound) => random.below(bound));
    const { log: found, time: timeAfter } = openLog(after, config);
    // It may have had a hole, and have been cut there.
    for (let turns = 0; turns < 3; turns++) await timeAfter.settle();
    expect(readAll(found).length).toBe((found.logEndOffset - found.segmentSizes()[0]!.baseOffset) * batch().length);
    expect(after.list(logDirectory).filter((name) => name.endsWith(".deleted"))).toEqual([]);
  }
});

test.each(Object.keys(cuts))("a flush within which a cut %s comes makes no file of what is gone anew", async (cut) => {
  for (let turns = 0; turns < 15; turns++) {
    const disk = new MemoryDisk();
    disk.syncTurns = () => 2;
    const { log, time } = open(disk);
    const flushed = log.flush();
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    cuts[cut]!(log);
    for (let settled = 0; settled < 60; settled++) await time.settle();
    await flushed;
    expect(disk.list(logDirectory).filter((name) => name.endsWith(".deleted"))).toEqual([]);
  }
});

test("what a cut frees goes from where the log's directory is by then", async () => {
  const disk = new MemoryDisk();
  const { log, time } = open(disk);
  await log.flush();
  log.truncateTo(4);
  await setImmediate();
  const directory = "/data/topic-0.0123456789abcdef0123456789abcdef-future";
  log.rename(directory);
  for (let turns = 0; turns < 30; turns++) await time.settle();
  expect(disk.list(directory).filter((name) => name.endsWith(".deleted"))).toEqual([]);
});
