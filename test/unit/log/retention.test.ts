import { expect, test } from "vitest";
import { type Removal } from "../../../src/log/removal.ts";
import { deletedAtOnceMax } from "../../../src/log/retention.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { batch, startMs } from "./batches.ts";
import { logDirectory, type LogUnderTest, openLog } from "./open-log.ts";

function append({ log, queue }: LogUnderTest, records: Buffer, leaderEpoch = 0) {
  const result = log.appendAsLeader(records, leaderEpoch, "client", startMs);
  queue.flush();
  log.highWatermark = log.logEndOffset;
  return result;
}

function grown(config: object): LogUnderTest & { removals: (() => void)[]; tick: (nowMs: number) => number } {
  const disk = new MemoryDisk();
  const under = openLog(disk, { segmentBytes: 200, ...config });
  for (let count = 0; count < 8; count++) append(under, batch({ timestamp: startMs + count * 1_000 }));
  const removals: (() => void)[] = [];
  return {
    ...under,
    removals,
    tick: (nowMs) =>
      under.log.deleteOldSegments(nowMs, (removal) => removals.push(() => removal((path) => disk.remove(path)))),
  };
}

test("retention by time: segments go when their newest record is too old", () => {
  const { log, tick } = grown({ retentionMs: 10_000 });
  expect(tick(startMs + 11_000)).toBe(0);
  expect(tick(startMs + 11_001)).toBe(1);
  expect([log.logStartOffset, log.segmentSizes().length]).toEqual([2, 3]);
  expect(log.read(1, 1_000, 8, true)).toEqual({ ok: false, error: Errors.OFFSET_OUT_OF_RANGE });
  expect(tick(startMs + 99_000)).toBe(3);
  expect([log.logStartOffset, log.logEndOffset, log.segmentSizes()]).toEqual([8, 8, [{ baseOffset: 8, sizeBytes: 0 }]]);
  expect(tick(startMs + 99_000)).toBe(0);
});

test("retention by size: as many as can go without falling below it", () => {
  const size = batch().length * 2;
  const { log, tick } = grown({ retentionBytes: size * 2 + 1, retentionMs: -1 });
  expect(tick(startMs)).toBe(1);
  expect(log.logStartOffset).toBe(2);
  // Of nothing that may stay all goes.
  const none = grown({ retentionBytes: 0, retentionMs: -1 });
  expect([none.tick(startMs), none.log.logStartOffset]).toEqual([4, 8]);
});

test("the snapshots of producers go with the segments that only those need", () => {
  const disk = new MemoryDisk();
  const under = openLog(disk, { segmentBytes: 200, retentionMs: 10_000 });
  for (let count = 0; count < 8; count++) {
    append(under, batch({ timestamp: startMs + count * 1_000, producerId: 1, producerEpoch: 0, baseSequence: count }));
  }
  const snapshots = () => disk.list(logDirectory).filter((name) => name.endsWith(".snapshot"));
  const offsetsOf = (names: string[]) => names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
  expect(offsetsOf(snapshots())).toEqual([2, 4, 6]);
  const removals: (() => void)[] = [];
  const nowMs = startMs + 14_000;
  under.log.deleteOldSegments(nowMs, (removal) => removals.push(() => removal((path) => disk.remove(path))));
  expect(under.log.logStartOffset).toBe(4);
  // A loss of power may still bring the segments back.
  expect(offsetsOf(snapshots())).toEqual([2, 4, 6]);
  for (const remove of removals) remove();
  expect(offsetsOf(snapshots())).toEqual([4, 6]);
});

test("records of the future keep their segment, which is said in each round", () => {
  const warnings: object[] = [];
  const logger = {
    ...silentLogger,
    warn: (fields: object, message: string) => warnings.push({ ...fields, message }),
  };
  const under = openLog(new MemoryDisk(), { segmentBytes: 200, retentionMs: 10_000 }, { logger });
  for (let count = 0; count < 8; count++) append(under, batch({ timestamp: startMs + count * 1_000 }));
  const tick = (nowMs: number) => under.log.deleteOldSegments(nowMs, () => {});
  const message = "The segment contains future timestamp(s), making it ineligible to be deleted";
  // The first segment's newest record is of startMs + 1_000.
  tick(startMs + 1_000);
  expect(warnings).toEqual([]);
  expect(tick(startMs + 999)).toBe(0);
  expect(warnings).toEqual([{ log: "topic-0", baseOffset: 0, message }]);
  tick(startMs + 999);
  expect(warnings).toHaveLength(2);
  under.log.updateConfig({ ...under.log.config, retentionMs: -1 });
  tick(startMs + 999);
  expect(warnings).toHaveLength(2);
});

test("many segments go in steps, and what stops them is looked at in the last one", () => {
  let warned = 0;
  const logger = { ...silentLogger, warn: () => void warned++ };
  const under = openLog(new MemoryDisk(), { segmentBytes: 80, retentionMs: 10_000 }, { logger });
  for (let count = 0; count < deletedAtOnceMax + 3; count++) append(under, batch({ timestamp: startMs - 99_000 }));
  append(under, batch());
  const step = () => [under.log.deleteOldSegments(startMs - 1, () => {}), warned];
  expect([step(), step()]).toEqual([
    [deletedAtOnceMax, 0],
    [3, 1],
  ]);
});

test("retention stays below the high watermark, and not of compacted topics", () => {
  const under = openLog(new MemoryDisk(), { segmentBytes: 200, retentionMs: 1 });
  for (let count = 0; count < 8; count++) under.log.appendAsLeader(batch(), 0, "client", startMs);
  under.queue.flush();
  under.log.highWatermark = 3;
  expect(under.log.deleteOldSegments(startMs + 1e9, () => {})).toBe(1);
  expect(grown({ retentionMs: 1, retentionBytes: 1, isDeleted: false }).tick(startMs + 1e9)).toBe(0);
});

test("deleted records go, with their segments and epochs", () => {
  const disk = new MemoryDisk();
  const under = openLog(disk, { segmentBytes: 200 });
  for (let count = 0; count < 8; count++) append(under, batch(), count);
  expect(under.log.maybeIncrementLogStartOffset(5)).toBe(true);
  expect(under.log.maybeIncrementLogStartOffset(4)).toBe(false);
  expect(under.log.leaderEpochs.earliest).toEqual({ epoch: 5, startOffset: 5 });
  const removals: (() => void)[] = [];
  expect(
    under.log.deleteOldSegments(startMs, (removal) => removals.push(() => removal((path) => disk.remove(path)))),
  ).toBe(2);
  const names = () => disk.list(logDirectory).filter((name) => name.includes(".log"));
  expect(names().filter((name) => name.endsWith(".deleted"))).toHaveLength(2);
  for (const remove of removals) remove();
  expect(names()).toEqual(["00000000000000000004.log", "00000000000000000006.log"]);
  expect(under.log.read(5, 1_000, 8, true)).toMatchObject({ ok: true });
});

test("where all records are deleted the last segment stays", () => {
  const { log, tick } = grown({ retentionMs: -1 });
  log.maybeIncrementLogStartOffset(6);
  expect([tick(startMs), log.segmentSizes().length]).toEqual([3, 1]);
  log.maybeIncrementLogStartOffset(8);
  expect([tick(startMs), log.segmentSizes().map(({ baseOffset }) => baseOffset)]).toEqual([0, [6]]);
});

const foundConfig = { indexIntervalBytes: 200, retentionMs: 1_000_000 };

/** A log with an ended segment, as a start finds it. */
function foundLog(disk: MemoryDisk) {
  const { log, queue } = openLog(disk, foundConfig);
  for (let each = 0; each < 500; each++) log.appendAsLeader(batch({ timestamp: startMs }), 0, "client", startMs);
  queue.flush();
  log.roll();
  log.appendAsLeader(batch(), 0, "client", startMs);
  queue.flush();
  log.close();
  const found = openLog(disk, foundConfig, { hadCleanShutdown: true });
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
