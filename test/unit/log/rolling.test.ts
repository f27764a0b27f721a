import { expect, test } from "vitest";
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
