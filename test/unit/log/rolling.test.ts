import { describe, expect, test } from "vitest";
import { ManualTime } from "../../support/manual-time.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { type LogUnderTest, openLog } from "./open-log.ts";

function append({ log, queue, time }: LogUnderTest, timestamp: number): void {
  expect(log.appendAsLeader(batch({ timestamp }), 0, "client", time.wallMs())).toMatchObject({ ok: true });
  queue.flush();
  log.highWatermark = log.logEndOffset;
}

const bases = ({ log }: LogUnderTest) => log.segmentSizes().map(({ baseOffset }) => baseOffset);

test("jitter lets a segment end earlier, by another share of it for each", () => {
  const draws = [0.5, 0, 0.999];
  const under = openLog(new MemoryDisk(), { segmentMs: 1_000, segmentJitterMs: 400 }, { draw: () => draws.shift()! });
  // The first one ends 200 ms early, the second not at all, the third 399 ms early.
  for (const offset of [0, 800, 801]) append(under, startMs + offset);
  expect(bases(under)).toEqual([0, 2]);
  for (const offset of [1_801, 1_802]) append(under, startMs + offset);
  expect(bases(under)).toEqual([0, 2, 4]);
  draws.push(0);
  for (const offset of [2_403, 2_404]) append(under, startMs + offset);
  expect(bases(under)).toEqual([0, 2, 4, 6]);
});

test("a segment that was loaded takes jitter and index interval when the topic's configuration is known, once", () => {
  const disk = new MemoryDisk();
  const config = { segmentMs: 1_000, segmentJitterMs: 400, indexIntervalBytes: 100 };
  const first = openLog(disk, { segmentMs: 1_000 });
  append(first, startMs);
  first.log.close();
  const loaded = { hadCleanShutdown: true, isConfigKnown: false };
  const draws = [0, 0.5, 0];
  const again = openLog(disk.kill(), { segmentMs: 1_000 }, { ...loaded, draw: () => draws.shift()! });
  again.log.updateConfig({ ...again.log.config, ...config });
  expect(draws).toEqual([0]);
  for (const offset of [200, 400, 600, 800]) append(again, startMs + offset);
  expect(bases(again)).toEqual([0]);
  again.log.updateConfig({ ...again.log.config, ...config, segmentJitterMs: 0 });
  append(again, startMs + 801);
  expect(bases(again)).toEqual([0, 5]);
  const index = again.log.storage.segments.first;
  expect(again.log.storage.disk.stat(index.file.path.replace(".log", ".index")).sizeBytes).toBeGreaterThan(0);
});

test("how large an index may be: a segment keeps to what the topic said when it began, and the next one to the newest", () => {
  const under = openLog(new MemoryDisk(), { segmentIndexBytes: 80, indexIntervalBytes: 0 });
  const configure = (segmentIndexBytes: number) => under.log.updateConfig({ ...under.log.config, segmentIndexBytes });
  let sent = 0;
  const send = (count: number) => {
    for (let each = 0; each < count; each++) append(under, startMs + sent++);
  };
  // All batches but the first of a segment have an entry of 12 bytes, and the last place of a time index stays empty.
  send(7);
  configure(40);
  send(5);
  expect(bases(under)).toEqual([0, 6]);
  send(1);
  configure(800);
  send(2);
  expect(bases(under)).toEqual([0, 6, 12]);
  send(1);
  expect(bases(under)).toEqual([0, 6, 12, 15]);
  send(30);
  expect(bases(under)).toHaveLength(4);
});

test("a segment that was loaded takes what its indexes may be when the topic's configuration is known, once", () => {
  const disk = new MemoryDisk();
  const indexed = { indexIntervalBytes: 0 };
  const first = openLog(disk, { ...indexed, segmentIndexBytes: 800 });
  for (let sent = 0; sent < 3; sent++) append(first, startMs + sent);
  first.log.close();
  const loaded = { hadCleanShutdown: true, isConfigKnown: false };
  const again = openLog(disk.kill(), { ...indexed, segmentIndexBytes: 8 }, loaded);
  for (const segmentIndexBytes of [80, 8]) again.log.updateConfig({ ...again.log.config, segmentIndexBytes });
  for (let sent = 3; sent < 7; sent++) append(again, startMs + sent);
  expect(bases(again)).toEqual([0]);
});

test("jitter is never more than the time a segment has, which compaction may shorten", () => {
  const config = { segmentMs: 1_000_000, segmentJitterMs: 1_000_000, isCompacted: true, maxCompactionLagMs: 1_000 };
  const under = openLog(new MemoryDisk(), config, { draw: () => 0.5 });
  const send = (timestamp: number) => {
    const records = batch({ timestamp, key: "k" });
    expect(under.log.appendAsLeader(records, 0, "client", startMs + 9_999)).toMatchObject({ ok: true });
  };
  for (const offset of [0, 500]) send(startMs + offset);
  expect(bases(under)).toEqual([0]);
  send(startMs + 501);
  expect(bases(under)).toEqual([0, 2]);
});

test("records without a timestamp: the time since the segment was made counts, by the clock", async () => {
  const time = new ManualTime(startMs);
  const under = openLog(new MemoryDisk(), { segmentMs: 1_000 }, { time });
  append(under, -1);
  await time.advance(1_000);
  append(under, -1);
  expect(bases(under)).toEqual([0]);
  await time.advance(1);
  append(under, -1);
  expect(bases(under)).toEqual([0, 2]);
});

test("a record of the beginning of time has a timestamp", () => {
  const nowMs = startMs;
  const rolled = openLog(new MemoryDisk(() => nowMs), { segmentMs: 1_000 });
  for (const timestamp of [0, 1_000, 1_001]) append(rolled, timestamp);
  expect(bases(rolled)).toEqual([0, 2]);
  const old = openLog(new MemoryDisk(() => nowMs), { retentionMs: 10_000 });
  append(old, 0);
  expect(old.log.deleteOldSegments(nowMs, () => {})).toBe(1);
});

test("retention of records without a timestamp goes by the file's last change", async () => {
  const time = new ManualTime(startMs);
  const under = openLog(new MemoryDisk(() => time.wallMs()), { retentionMs: 10_000, segmentBytes: 200 }, { time });
  for (let count = 0; count < 3; count++) append(under, -1);
  expect(bases(under)).toEqual([0, 2]);
  await time.advance(10_000);
  expect(under.log.deleteOldSegments(time.wallMs(), () => {})).toBe(0);
  await time.advance(1);
  expect(under.log.deleteOldSegments(time.wallMs(), () => {})).toBe(2);
  expect(bases(under)).toEqual([3]);
});

test("retention by size: a segment that is exactly the excess goes, and records of the future have no age", () => {
  const size = batch().length;
  const bySize = openLog(new MemoryDisk(), { retentionBytes: 2 * size, segmentBytes: size, retentionMs: -1 });
  for (let count = 0; count < 3; count++) append(bySize, startMs);
  expect(bySize.log.deleteOldSegments(startMs, () => {})).toBe(1);
  expect(bases(bySize)).toEqual([1, 2]);
  const future = openLog(new MemoryDisk(), { retentionMs: 1_000, segmentBytes: size });
  append(future, startMs + 3_000_000);
  append(future, startMs);
  expect(future.log.deleteOldSegments(startMs + 100_000, () => {})).toBe(0);
});

test("a segment is filled to the last byte that it may have", () => {
  const sizeBytes = batch({ timestamp: startMs }).length;
  const under = openLog(new MemoryDisk(), { segmentBytes: sizeBytes * 2 });
  for (let count = 0; count < 5; count++) append(under, startMs);
  expect(bases(under)).toEqual([0, 2, 4]);
});

test("a segment that a truncation has emptied is as old as that, where its records have no timestamps", async () => {
  const under = openLog(new MemoryDisk(), { segmentMs: 1_000 });
  append(under, -1);
  await under.time.advance(900);
  under.log.truncateTo(0);
  append(under, -1);
  await under.time.advance(600);
  append(under, -1);
  expect(bases(under)).toEqual([0]);
  await under.time.advance(401);
  append(under, -1);
  expect(bases(under)).toEqual([0, 2]);
});

describe("a batch has an index entry when more than index.interval.bytes lie before it since the last one", () => {
  const sizeBytes = batch({ timestamp: startMs }).length;
  const entriesOf = ({ log }: LogUnderTest): number[] => {
    const { offsets } = log.storage.segments.active.indexes;
    return Array.from({ length: offsets.count }, (_, slot) => offsets.offsetAt(slot));
  };

  test("and not when it is just as many", () => {
    const under = openLog(new MemoryDisk(), { indexIntervalBytes: sizeBytes });
    for (let count = 0; count < 6; count++) append(under, startMs);
    expect(entriesOf(under)).toEqual([2, 4]);
  });

  test("also of a log that recovery goes on with in the middle of an interval", async () => {
    const disk = new MemoryDisk();
    const config = { indexIntervalBytes: sizeBytes * 2 };
    const first = openLog(disk, config);
    for (let count = 0; count < 5; count++) append(first, startMs);
    await first.log.advanceRecoveryPoint();
    const again = openLog(disk.kill(), config, { recoveryPoint: first.log.recoveryPoint });
    for (let count = 0; count < 5; count++) append(again, startMs);
    expect(entriesOf(again)).toEqual([3, 6, 9]);
  });
});

test("a replica's log that has nothing yet begins where its leader's records do, however far on", () => {
  const disk = new MemoryDisk();
  const { log, queue } = openLog(disk);
  const baseOffset = 3_000_000_000;
  expect(log.appendAsFollower(batch({ baseOffset, leaderEpoch: 0 }))).toBeNull();
  queue.flush();
  expect(log.logEndOffset).toBe(baseOffset + 1);
  expect(log.segmentSizes().at(-1)).toMatchObject({ baseOffset });
});
