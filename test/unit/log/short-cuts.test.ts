import { describe, expect, test } from "vitest";
import { type Log } from "../../../src/log/log.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { ShortDisk } from "../../support/short-disk.ts";
import { batch } from "./batches.ts";
import { appendTo, configToCut, cuts, isRefused, logToCut, stateOf } from "./log-to-cut.ts";
import { logDirectory, openLog, readAll } from "./open-log.ts";

/** The states before and after a cut that lacks nothing. */
function statesOf(cut: (log: Log) => void) {
  const whole = logToCut(new MemoryDisk());
  const under = logToCut(new MemoryDisk());
  cut(under.log);
  return { before: stateOf(whole), after: stateOf(under) };
}

/** Runs `attempt` with ever more descriptors, until none is lacking; returns how often it was refused. */
function withEverMoreDescriptors(attempt: (disk: ShortDisk, left: number) => boolean): number {
  let refusals = 0;
  for (let left = 0; ; left++) {
    const disk = new ShortDisk();
    if (attempt(disk, left)) refusals++;
    if (disk.refusals === 0) return refusals;
  }
}

describe.each(Object.entries(cuts))("a cut %s that runs out of descriptors", (_name, cut) => {
  test("is done or not begun, and is done when it is tried again", () => {
    const { before, after } = statesOf(cut);
    const refusals = withEverMoreDescriptors((disk, left) => {
      const under = logToCut(disk);
      disk.left = left;
      const wasRefused = isRefused(() => cut(under.log));
      disk.left = Infinity;
      expect([left, under.log.isOffline, under.diskErrors]).toEqual([left, false, []]);
      expect([left, stateOf(under)]).toEqual([left, wasRefused ? before : after]);
      if (wasRefused) cut(under.log);
      expect([left, stateOf(under)]).toEqual([left, after]);
      // What comes in its place is there after a crash, and the epochs with it.
      for (let count = 0; count < 8; count++) appendTo(under.log, batch(), 9);
      under.queue.flush();
      const { recoveryPoint } = under.log;
      const all = stateOf(under);
      expect([left, stateOf(openLog(disk.kill(), configToCut, { recoveryPoint }))]).toEqual([left, all]);
      return wasRefused;
    });
    expect(refusals).toBeGreaterThan(3);
  });

  test("leaves the log whole, or cut, for a start after kill -9", () => {
    const { before, after } = statesOf(cut);
    const refusals = withEverMoreDescriptors((disk, left) => {
      const { log } = logToCut(disk);
      disk.left = left;
      const wasRefused = isRefused(() => cut(log));
      const { recoveryPoint } = log;
      const found = openLog(disk.kill(), configToCut, { recoveryPoint });
      expect([left, stateOf(found)]).toEqual([left, wasRefused ? before : after]);
      return wasRefused;
    });
    expect(refusals).toBeGreaterThan(3);
  });

  test("writes what was appended first, and acknowledges it when the cut was refused", () => {
    const refusals = withEverMoreDescriptors((disk, left) => {
      const { log, queue } = logToCut(disk);
      for (let count = 0; count < 3; count++) appendTo(log, batch(), 4);
      const end = log.logEndOffset;
      disk.left = left;
      const wasRefused = isRefused(() => cut(log));
      disk.left = Infinity;
      queue.flush();
      expect([left, log.writtenOffset, log.isOffline]).toEqual([left, wasRefused ? end : log.logEndOffset, false]);
      expect([left, readAll(log).length]).toEqual([left, log.sizeBytes]);
      return wasRefused;
    });
    expect(refusals).toBeGreaterThan(3);
  });

  test("leaves no descriptor and no file behind", async () => {
    const disk = new ShortDisk();
    const { log, time } = logToCut(disk);
    let open = 0;
    const openDirectory = disk.openDirectory.bind(disk);
    disk.openDirectory = (path) => {
      const directory = openDirectory(path);
      open++;
      return { ...directory, close: () => void open-- };
    };
    const names = disk.list(logDirectory);
    for (let left = 0; left < 4; left++) {
      disk.left = left;
      expect(isRefused(() => cut(log))).toBe(true);
    }
    disk.left = Infinity;
    expect([open, disk.list(logDirectory).filter((name) => !name.endsWith(".tmp"))]).toEqual([0, names]);
    cut(log);
    for (let turns = 0; turns < 30; turns++) await time.settle();
    expect([open, disk.list(logDirectory).filter((name) => name.endsWith(".deleted"))]).toEqual([0, []]);
  });

  test("and is killed at any change of it: a start finds the epochs of the records that it finds", () => {
    for (let changes = 1, isOn = false; !isOn; changes++) {
      const disk = new MemoryDisk();
      const { log } = logToCut(disk);
      disk.cutAfter(changes);
      cut(log);
      isOn = disk.isOn;
      const { recoveryPoint } = log;
      const { log: found } = openLog(disk.kill(), configToCut, { recoveryPoint });
      const expected: { epoch: number; startOffset: number }[] = [];
      for (const { partitionLeaderEpoch: epoch, baseOffset: startOffset } of batches(readAll(found)))
        if (expected.at(-1)?.epoch !== epoch) expected.push({ epoch, startOffset });
      expect([changes, found.leaderEpochs.entries()]).toEqual([changes, expected]);
    }
  });
});

test("a cut finds its segment open, also where others had to be read for the producers", () => {
  let baseOffset = 0;
  const cut = (log: Log): void => log.truncateTo(baseOffset);
  const prepared = (disk: MemoryDisk) => {
    const { log } = logToCut(disk);
    baseOffset = log.segmentSizes()[2]!.baseOffset;
    log.close();
    for (const name of disk.list(logDirectory)) if (name.endsWith(".snapshot")) disk.remove(`${logDirectory}/${name}`);
    return openLog(disk, configToCut, { hadCleanShutdown: true, openFilesMax: 1 });
  };
  const whole = prepared(new MemoryDisk());
  cut(whole.log);
  const refusals = withEverMoreDescriptors((disk, left) => {
    const under = prepared(disk);
    disk.left = left;
    const wasRefused = isRefused(() => cut(under.log));
    disk.left = Infinity;
    expect([left, under.diskErrors]).toEqual([left, []]);
    if (wasRefused) cut(under.log);
    expect([left, stateOf(under)]).toEqual([left, stateOf(whole)]);
    return wasRefused;
  });
  expect(refusals).toBeGreaterThan(3);
});

test("epochs without records are forgotten without a descriptor, and the file says so with the next record", () => {
  const disk = new ShortDisk();
  const { log, queue, diskErrors } = openLog(disk);
  appendTo(log, batch(), 1);
  queue.flush();
  log.leaderEpochs.assign(5, 1);
  disk.isShort = true;
  log.truncateTo(1);
  disk.isShort = false;
  expect([log.leaderEpochs.latestEpoch, diskErrors]).toEqual([1, []]);
  appendTo(log, batch(), 3);
  queue.flush();
  expect(openLog(disk.kill()).log.leaderEpochs.entries()).toEqual([
    { epoch: 1, startOffset: 0 },
    { epoch: 3, startOffset: 1 },
  ]);
});
