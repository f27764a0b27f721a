import { describe, expect, test } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type Disk } from "../../../../src/io/ports.ts";
import { type LogCleanerOptions } from "../../../../src/log/cleaner/log-cleaner.ts";
import { type CleanInput } from "../../../../src/log/cleaner/clean-input.ts";
import { CleanerCounts } from "../../../../src/log/cleaner/cleaner-counts.ts";
import { cleanableOf, isDue } from "../../../../src/log/cleaner/cleanable.ts";
import { type LogConfig } from "../../../../src/log/log-config.ts";
import { segmentFileName } from "../../../../src/log/log-files.ts";
import { buildBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { startMs } from "../batches.ts";
import { logDirectory, type LogUnderTest, openLog } from "../open-log.ts";
import { clean, cleanerConfig, compacted, openCleaner, type PlainRecord, recordsIn, untilIdle } from "./clean-log.ts";

/** One record a batch, of some 75 bytes; `segmentBytes` decides how many a segment holds. */
function append(opened: LogUnderTest, keys: readonly string[], timestamp = opened.time.wallMs()): void {
  const { log, queue, time } = opened;
  for (const key of keys) {
    const records = [{ key: Buffer.from(key), value: Buffer.from(`at ${log.logEndOffset}`), timestamp }];
    expect(log.appendAsLeader(buildBatch({ records }), 0, "client", time.wallMs()).ok).toBe(true);
  }
  queue.flush();
  log.highWatermark = log.logEndOffset;
}

function open(disk: Disk, config: Partial<LogConfig> = {}, dir = logDirectory): LogUnderTest {
  return openLog(disk, { ...compacted, ...config }, { dir });
}

/** Fills its first segment with what is to be cleaned, and damages it. */
function makeUncleanable(opened: LogUnderTest, disk: Disk): void {
  append(opened, ["a", "a"]);
  opened.log.roll();
  append(opened, ["a"]);
  disk.open(`${logDirectory}/00000000000000000000.log`, "readwrite").write([Buffer.from("?")], 70);
}

async function offsets(opened: LogUnderTest): Promise<number[]> {
  return (await recordsIn(opened.log)).map(({ offset }) => offset);
}

/** Does something in the middle of a round: at the n-th call of the thread to its disk or timers, or of the swap's sync. */
class Interruption {
  readonly act: () => void;
  readonly at: number;
  calls = 0;

  constructor(at: number, act: () => void) {
    this.at = at;
    this.act = act;
  }

  within<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        return typeof value !== "function"
          ? value
          : (...args: unknown[]): unknown => {
              this.count();
              return value.apply(target, args);
            };
      },
    });
  }

  count(): void {
    this.calls++;
    if (this.calls === this.at) this.act();
  }
}

describe("which logs are cleaned", () => {
  test("one is left alone until enough of it is dirty", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk, { minCleanableDirtyRatio: 0.5 });
    const { log } = opened;
    append(opened, ["a", "b", "c", "d"]);
    log.roll();
    append(opened, ["a"]);
    await clean(disk, opened);
    expect(log.cleanedOffset).toBe(4);
    // Four records are clean and four are dirty, in segments that have ended.
    append(opened, ["e", "f", "g"]);
    log.roll();
    append(opened, ["h"]);
    expect(cleanableOf(log, opened.time.wallMs()).ratio).toBe(0.5);
    await clean(disk, opened);
    expect(log.cleanedOffset).toBe(4);
    log.roll();
    append(opened, ["i"]);
    await clean(disk, opened);
    expect(log.cleanedOffset).toBe(9);
  });

  test("max.compaction.lag.ms asks for a round however little is dirty", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk, { minCleanableDirtyRatio: 1, maxCompactionLagMs: 1_000 });
    append(opened, ["a", "a"]);
    opened.log.roll();
    append(opened, ["b"]);
    await opened.time.advance(1_000);
    await clean(disk, opened);
    expect(opened.log.cleanedOffset).toBe(undefined);
    await opened.time.advance(1);
    expect(cleanableOf(opened.log, opened.time.wallMs()).delayMs).toBe(1);
    const { cleaner } = await clean(disk, opened);
    expect(opened.log.cleanedOffset).toBe(2);
    expect(cleaner.metrics).toMatchObject({ rounds: 1 });
  });

  test("segments with records younger than min.compaction.lag.ms are left alone", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk, { minCompactionLagMs: 1_000 });
    append(opened, ["a", "a"]);
    opened.log.roll();
    await opened.time.advance(500);
    append(opened, ["a"]);
    opened.log.roll();
    append(opened, ["a"]);
    await opened.time.advance(500);
    await clean(disk, opened);
    expect(opened.log.cleanedOffset).toBe(2);
    expect(await offsets(opened)).toEqual([1, 2, 3]);
  });

  test("max.compaction.lag.ms asks for no round where nothing may be cleaned yet", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk, { minCleanableDirtyRatio: 1, maxCompactionLagMs: 1_000 });
    const { log, time } = opened;
    append(opened, ["a", "a"]);
    log.roll();
    append(opened, ["b"]);
    await time.advance(1_001);
    await clean(disk, opened);
    log.roll();
    append(opened, ["c"]);
    log.highWatermark = 2;
    await time.advance(10_000);
    const cleanable = cleanableOf(log, time.wallMs());
    expect(cleanable.delayMs).toBeGreaterThan(0);
    expect(isDue(cleanable)).toBe(false);
    log.highWatermark = 3;
    expect(isDue(cleanableOf(log, time.wallMs()))).toBe(true);
  });

  test("records without a timestamp are of no age", () => {
    const opened = open(new MemoryDisk(), { maxCompactionLagMs: 1_000 });
    append(opened, ["a", "a"], -1);
    opened.log.roll();
    append(opened, ["b"]);
    expect(cleanableOf(opened.log, opened.time.wallMs()).delayMs).toBe(0);
  });

  test("records of the future are cleaned as others where min.compaction.lag.ms is not set", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk);
    append(opened, ["a", "a"], opened.time.wallMs() + 1_000_000);
    opened.log.roll();
    append(opened, ["b"]);
    await clean(disk, opened);
    expect(await offsets(opened)).toEqual([1, 2]);
  });

  test("the dirtiest comes first, and one that cannot be cleaned does not hold up the others", async () => {
    const disk = new MemoryDisk();
    const [fewDirty, broken, allDirty] = ["a-0", "b-0", "c-0"].map((name) => open(disk, {}, `/data/${name}`));
    const all = [fewDirty!, broken!, allDirty!];
    append(fewDirty!, ["a", "b", "c"]);
    fewDirty!.log.roll();
    fewDirty!.log.storage.cleanedOffset = 3;
    for (const opened of all) {
      append(opened, ["a", "a"]);
      opened.log.roll();
      append(opened, ["a"]);
    }
    const file = disk.open("/data/b-0/00000000000000000000.log", "readwrite");
    file.write([Buffer.from("?")], 70);
    const before = disk.readFile("/data/b-0/00000000000000000000.log");
    const { time } = fewDirty!;
    const { cleaner, cleaned } = openCleaner(disk, time, () => all.map(({ log }) => log));
    cleaner.start();
    await untilIdle(cleaner, time);
    expect(cleaned.map((log) => all.findIndex((opened) => opened.log === log))).toEqual([2, 0]);
    expect(cleaner.isUncleanable(broken!.log)).toBe(true);
    expect(broken!.log.isOffline).toBe(false);
    expect(disk.readFile("/data/b-0/00000000000000000000.log")).toEqual(before);
    expect(disk.list("/data/b-0").filter((file) => file.endsWith(".cleaned"))).toEqual([]);

    // Later passes leave it alone, and clean what has come.
    append(allDirty!, ["a"]);
    allDirty!.log.roll();
    append(allDirty!, ["a"]);
    await time.advance(15_000);
    await untilIdle(cleaner, time);
    expect(cleaned).toHaveLength(3);
    expect(cleaner.metrics).toMatchObject({ uncleanableLogs: 1, rounds: 3 });
    await cleaner.close();
  });

  test("what the checkpoint says is not believed where it does not fit the log", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk);
    append(opened, ["a", "a"]);
    opened.log.roll();
    append(opened, ["a"]);
    opened.log.storage.cleanedOffset = 17;
    await clean(disk, opened);
    expect(opened.log.cleanedOffset).toBe(2);
    expect(await offsets(opened)).toEqual([1, 2]);
    opened.log.storage.cleanedOffset = 0;
    opened.log.maybeIncrementLogStartOffset(2);
    expect(cleanableOf(opened.log, startMs).firstDirtyOffset).toBe(2);
  });
});

test("new values of the dynamic keys count at once: what is under way is begun anew with them", async () => {
  const disk = new MemoryDisk();
  const opened = open(disk);
  append(opened, ["a", "b", "c", "d", "a"]);
  opened.log.roll();
  append(opened, ["e"]);
  const config = { ...cleanerConfig, dedupeBufferBytes: 2 * 24, dedupeBufferLoadFactor: 1 };
  const interruption = new Interruption(5, () => cleaner.reconfigure(config));
  const ports = { disk: interruption.within(disk) };
  const { cleaner, cleaned } = openCleaner(disk, opened.time, () => [opened.log], {}, ports);
  cleaner.start();
  await untilIdle(cleaner, opened.time);
  // Two keys a round.
  expect(cleaned).toHaveLength(3);
  expect(cleaner.metrics.lastMapUtilization).toBeLessThanOrEqual(1);
  expect(await offsets(opened)).toEqual([1, 2, 3, 4, 5]);
  await cleaner.close();
});

test("a log whose topic is not compacted any more is left as it is from then on", async () => {
  const disk = new MemoryDisk();
  const opened = open(disk, { segmentBytes: 400 });
  const { log, time } = opened;
  append(opened, ["a", "b", "a", "b", "a", "b", "a", "b"]);
  log.roll();
  append(opened, ["c"]);
  const written = await offsets(opened);
  const interruption = new Interruption(5, () =>
    log.updateConfig({ ...log.config, isCompacted: false, isDeleted: true }),
  );
  const { cleaner, cleaned } = openCleaner(disk, time, () => [log], {}, { disk: interruption.within(disk) });
  cleaner.start();
  await untilIdle(cleaner, time);
  expect(interruption.calls).toBeGreaterThanOrEqual(5);
  expect([cleaned, log.cleanedOffset, await offsets(opened)]).toEqual([[], undefined, written]);
  await cleaner.close();
});

test("one dirty log has all of log.cleaner.io.max.bytes.per.second, however many threads there are", async () => {
  const disk = new MemoryDisk();
  const shares: number[] = [];
  const all = ["a-0", "b-0"].map((name) => open(disk, {}, `/data/${name}`));
  const { time } = all[0]!;
  const options: Partial<LogCleanerOptions> = {
    workers: {
      run: async (_task, input) => {
        // The second one has begun by then.
        await time.turn();
        const { bytesPerSecondMax, sharers, endOffset } = input as unknown as CleanInput;
        shares.push(bytesPerSecondMax / sharers[0]!);
        return { cleanedOffset: endOffset, counts: new CleanerCounts() } as never;
      },
    },
  };
  const config = { threads: 4, ioBytesPerSecondMax: 1_000 };
  const { cleaner } = openCleaner(disk, time, () => all.map(({ log }) => log), config, {}, options);
  const dirty = (opened: LogUnderTest): void => {
    append(opened, ["a"]);
    opened.log.roll();
    append(opened, ["b"]);
  };
  dirty(all[0]!);
  cleaner.start();
  await untilIdle(cleaner, time);
  expect(shares).toEqual([1_000]);
  for (const opened of all) dirty(opened);
  await time.advance(15_000);
  await untilIdle(cleaner, time);
  // The other one has ended when the second of the two asks.
  expect(shares.slice(1)).toEqual([500, 1_000]);
  await cleaner.close();
});

test("what a round reads and writes counts, each time, for log.cleaner.io.max.bytes.per.second", async () => {
  const disk = new MemoryDisk();
  const opened = open(disk);
  const { log } = opened;
  append(opened, ["a", "b", "c"]);
  log.roll();
  append(opened, ["a"]);
  await clean(disk, opened);
  append(opened, ["b", "c", "d"]);
  log.roll();
  append(opened, ["e"]);
  const [before, dirty] = log.segmentSizes();
  const bytesPerSecond = 1;
  const time = { nowMs: 0, napMs: 0 };
  // Every look at the clock is late enough for a nap.
  const clock = { wallMs: () => startMs, monotonicMs: () => (time.nowMs += 301) };
  const timers = {
    endOfTurn: (callback: () => void) => opened.time.endOfTurn(callback),
    after: (delayMs: number, callback: () => void) => {
      time.nowMs += delayMs;
      time.napMs += delayMs;
      callback();
      return { cancel: () => undefined };
    },
  };
  const config = { ioBytesPerSecondMax: bytesPerSecond, ioBufferBytes: 100_000 };
  const { cleaner } = openCleaner(disk, opened.time, () => [log], config, { clock, timers });
  cleaner.start();
  await untilIdle(cleaner, opened.time);
  const [cleaned] = log.segmentSizes();
  expect(log.segmentSizes()).toHaveLength(2);
  // The dirty part is read for its keys first.
  const bytes = dirty!.sizeBytes + before!.sizeBytes + dirty!.sizeBytes + cleaned!.sizeBytes;
  const expectedMs = (bytes / bytesPerSecond) * 1_000;
  expect(time.napMs).toBeLessThan(expectedMs);
  expect(time.napMs).toBeGreaterThan(expectedMs * 0.97);
  await cleaner.close();
});

describe("a cleaned segment", () => {
  test("is as old as the newest of those that it was made of", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk);
    for (const key of ["a", "b", "c"]) {
      append(opened, [key]);
      opened.log.roll();
    }
    append(opened, ["d"]);
    const pathOf = (baseOffset: number): string => `${logDirectory}/${segmentFileName(baseOffset, ".log")}`;
    for (const baseOffset of [0, 1, 2]) disk.setModifiedMs(pathOf(baseOffset), 5_000 + baseOffset);
    await clean(disk, opened);
    expect(opened.log.segmentSizes().map(({ baseOffset }) => baseOffset)).toEqual([0, 3]);
    expect(disk.stat(pathOf(0)).modifiedMs).toBe(5_002);
  });

  test("is found by the time of its last record, however few entries its indexes have", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk, { indexIntervalBytes: 150 });
    const { log, time } = opened;
    // One of these lengths ends right behind an entry of the time index.
    for (let count = 6; count < 10; count++) {
      for (let index = 0; index < count; index++) append(opened, [`${count} ${index}`], startMs + log.logEndOffset);
      log.roll();
      append(opened, ["last"], startMs + log.logEndOffset);
      await clean(disk, opened);
      const offset = log.logEndOffset - 2;
      expect(await time.during(log.offsetForTimestamp(startMs + offset, nodeCompute))).toMatchObject({ offset });
    }
  });
});

describe("what else happens to a log", () => {
  test("retention leaves one alone that cannot be cleaned, as in Kafka", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk, { isDeleted: true, retentionMs: 10_000 });
    const { log, time } = opened;
    makeUncleanable(opened, disk);
    const { cleaner } = openCleaner(disk, time, () => [log]);
    cleaner.start();
    await untilIdle(cleaner, time);
    await time.advance(30_000);
    expect([cleaner.isUncleanable(log), log.logStartOffset]).toEqual([true, 0]);
    await cleaner.close();
  });

  test("a disk that fails in a round takes the log offline, as at any other time", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk);
    append(opened, ["a", "a"]);
    opened.log.roll();
    append(opened, ["a"]);
    disk.fail("write", "ENOSPC", { path: /cleaned/ });
    const { cleaner } = openCleaner(disk, opened.time, () => [opened.log]);
    cleaner.start();
    await untilIdle(cleaner, opened.time);
    expect(opened.diskErrors).toMatchObject([{ name: "DiskError", code: "ENOSPC" }]);
    expect(opened.log.isOffline).toBe(true);
    await cleaner.close();
  });

  describe("a system that is short of descriptors", () => {
    /** A log that is due, and how often its round was begun. */
    function openShort(disk: MemoryDisk, options: Partial<LogCleanerOptions> = {}) {
      const opened = open(disk);
      append(opened, ["a", "a"]);
      opened.log.roll();
      append(opened, ["a"]);
      const state = { rounds: 0 };
      const { cleaner } = openCleaner(
        disk,
        opened.time,
        () => [opened.log],
        {},
        {},
        {
          writeRecoveryPoint: async (log, offset) => {
            // What comes round at once would come round for ever.
            if (++state.rounds > 10) disk.heal();
            return log.recoveryPoint >= offset;
          },
          ...options,
        },
      );
      return { ...opened, cleaner, state };
    }

    test("costs one round in each back-off, and the log stays online", async () => {
      const disk = new MemoryDisk();
      const { cleaner, log, time, diskErrors, state } = openShort(disk);
      disk.fail("create", "EMFILE", { path: /cleaned/ });
      cleaner.start();
      await untilIdle(cleaner, time);
      expect(state.rounds).toBe(1);
      // The end of another log's round, or new values of the dynamic keys, are no reason to try this one again.
      cleaner.reconfigure(cleanerConfig);
      await time.advance(14_999);
      expect(state.rounds).toBe(1);
      await time.advance(1);
      expect(state.rounds).toBe(2);
      disk.heal();
      await time.advance(15_000);
      expect([state.rounds, log.cleanedOffset, diskErrors, log.isOffline]).toEqual([3, 2, [], false]);
      await cleaner.close();
    });

    test("costs no pass over all logs for each log that rests", async () => {
      const disk = new MemoryDisk();
      const all = Array.from({ length: 20 }, (_, index) => open(disk, {}, `/data/t-${index}`));
      for (const opened of all) {
        append(opened, ["a", "a"]);
        opened.log.roll();
        append(opened, ["a"]);
      }
      disk.fail("create", "EMFILE", { path: /cleaned/ });
      const { time } = all[0]!;
      let passes = 0;
      let isDue = true;
      const logs = () => (passes++, isDue ? all.map(({ log }) => log) : []);
      const { cleaner, cleaned } = openCleaner(disk, time, logs);
      cleaner.start();
      await untilIdle(cleaner, time);
      passes = 0;
      isDue = false;
      await time.advance(15_000);
      expect(passes).toBe(1);
      disk.heal();
      isDue = true;
      await time.advance(15_000);
      await untilIdle(cleaner, time);
      expect(cleaned).toHaveLength(all.length);
      await cleaner.close();
    });

    test("so that the recovery point cannot be written down is no fault of the log", async () => {
      let attempts = 0;
      const isWritten = (): Promise<boolean> => Promise.resolve(++attempts > 1);
      const { cleaner, log, time } = openShort(new MemoryDisk(), { writeRecoveryPoint: isWritten });
      cleaner.start();
      await untilIdle(cleaner, time);
      expect([attempts, log.cleanedOffset, cleaner.isUncleanable(log)]).toEqual([1, undefined, false]);
      await time.advance(15_000);
      await untilIdle(cleaner, time);
      expect([attempts, log.cleanedOffset]).toEqual([2, 2]);
      await cleaner.close();
    });
  });

  test("one that cannot be cleaned stays so while its topic is not compacted, and is forgotten when it goes", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk);
    const { log, time } = opened;
    makeUncleanable(opened, disk);
    const { cleaner } = openCleaner(disk, time, () => [log]);
    cleaner.start();
    await untilIdle(cleaner, time);
    const { config } = log;
    log.updateConfig({ ...config, isCompacted: false, isDeleted: true });
    await time.advance(15_000);
    log.updateConfig(config);
    expect([cleaner.isUncleanable(log), cleaner.metrics.uncleanableLogs]).toEqual([true, 1]);
    log.moveAside("/data/aside");
    await time.advance(15_000);
    expect([cleaner.isUncleanable(log), cleaner.metrics.uncleanableLogs]).toEqual([false, 0]);
    await cleaner.close();
  });

  test("retention of a log with both policies is the cleaner's, and rests while the log is being cleaned", async () => {
    const disk = new MemoryDisk();
    const opened = open(disk, { isDeleted: true, retentionMs: 10_000, segmentBytes: 100 });
    const { log, time } = opened;
    append(opened, ["a", "b", "c", "d"]);
    await time.advance(10_001);
    append(opened, ["e", "f"]);
    const { cleaner, removals } = openCleaner(disk, time, () => [log]);
    log.storage.cleaning = { abort: () => undefined };
    expect(log.deleteOldSegments(time.wallMs(), () => undefined)).toBe(0);
    log.storage.cleaning = null;
    cleaner.start();
    await untilIdle(cleaner, time);
    expect(await offsets(opened)).toEqual([4, 5]);
    expect(log.logStartOffset).toBe(4);
    expect(removals.length).toBeGreaterThan(0);
    await cleaner.close();
  });

  class SyncingDisk extends MemoryDisk {
    onSynced: () => void = () => undefined;

    override async syncDirectoryAsync(path: string): Promise<void> {
      await super.syncDirectoryAsync(path);
      this.onSynced();
    }
  }

  const keys = Array.from({ length: 12 }, (_, index) => `key ${(index * 5) % 7}`);
  const tableOf = (records: readonly PlainRecord[]) =>
    Object.fromEntries(records.map(({ key, value }) => [key, value]));
  const unfinishedIn = (disk: Disk) => disk.list(logDirectory).filter((file) => /\.(cleaned|swap)$/.test(file));

  const actions: Record<string, (log: LogUnderTest["log"]) => void> = {
    "a truncation to the high watermark": (log) => log.truncateTo(log.highWatermark),
    "a truncation of what is committed": (log) => log.truncateTo(4),
    "a truncation of everything": (log) => log.truncateFullyAndStartAt(3),
    "a deletion of records": (log) => void log.maybeIncrementLogStartOffset(7),
    "the removal of the log": (log) => log.moveAside("/data/aside"),
    "the end of the broker": (log) => log.close(),
  };
  test.each(Object.keys(actions))("%s, at every moment of a round", async (name) => {
    let isOver = false;
    for (let at = 1; !isOver; at++) {
      const disk = new SyncingDisk();
      const opened = open(disk, { segmentBytes: 400 });
      const { log, time } = opened;
      append(opened, keys);
      log.highWatermark = 11;
      // Segments behind the high watermark, of which a truncation can take some.
      for (const key of ["x", "y"]) {
        log.roll();
        const records = [{ key: Buffer.from(key), value: null, timestamp: startMs }];
        log.appendAsLeader(buildBatch({ records }), 0, "client", startMs);
        opened.queue.flush();
      }
      const written = await recordsIn(log);
      const interruption = new Interruption(at, () => actions[name]!(log));
      const ports = { disk: interruption.within(disk), timers: interruption.within(time) };
      disk.onSynced = () => interruption.count();
      const { cleaner } = openCleaner(disk, time, () => [log], {}, ports);
      cleaner.start();
      await untilIdle(cleaner, time);
      isOver = interruption.calls < at;
      disk.onSynced = () => undefined;
      const isThere = !log.storage.isClosed;
      expect(opened.diskErrors, `at ${at}`).toEqual([]);
      expect(cleaner.isUncleanable(log), `at ${at}`).toBe(false);
      await cleaner.close();
      if (!isThere) {
        if (name.includes("removal")) continue;
        // A swap that was past undoing is completed at the next start.
        const reopened = open(disk);
        expect(tableOf(await recordsIn(reopened.log)), `at ${at}`).toEqual(tableOf(written));
        expect(unfinishedIn(disk), `at ${at}`).toEqual([]);
        continue;
      }
      expect(unfinishedIn(disk), `at ${at}`).toEqual([]);
      const left = await recordsIn(log);
      for (const record of left) expect(written).toContainEqual(record);
      if (name.includes("high watermark") || name.includes("deletion of records")) {
        const { logStartOffset, logEndOffset } = log;
        const readable = written.filter(({ offset }) => offset >= logStartOffset && offset < logEndOffset);
        expect(tableOf(left), `at ${at}`).toEqual(tableOf(readable));
      }
      // The log goes on, and is cleaned another time.
      append(opened, keys);
      await clean(disk, opened);
      expect(log.cleanedOffset).toBe(log.segmentSizes().at(-1)!.baseOffset);
    }
  });
});
