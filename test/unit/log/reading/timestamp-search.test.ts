import { expect, test } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type Log } from "../../../../src/log/log.ts";
import { Errors } from "../../../../src/protocol/errors.ts";
import { buildBatch, compressBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { SeededRandom } from "../../../support/random-bytes.ts";
import { batch, type BatchOptions, startMs } from "../batches.ts";
import { logDirectory, type LogUnderTest, openLog } from "../open-log.ts";

function append({ log, queue }: LogUnderTest, count: number, options: BatchOptions = {}): void {
  for (let index = 0; index < count; index++) {
    const records = batch({ timestamp: startMs + index, ...options });
    expect(log.appendAsLeader(records, 0, "client", startMs)).toMatchObject({ ok: true });
  }
  queue.flush();
}

test("a search by time finds what a walk over all records finds, through segments and after a restart", async () => {
  const random = new SeededRandom(3);
  let disk = new MemoryDisk();
  let under = openLog(disk, { segmentBytes: 3_000, indexIntervalBytes: 200 });
  const records: { timestamp: number; offset: number }[] = [];
  for (let count = 0; count < 250; count++) {
    const timestamp = startMs + count * 10 - random.below(400);
    const bytes = batch({ timestamp, count: 1 + random.below(3), value: random.bytes(40) });
    const result = under.log.appendAsLeader(bytes, count >> 6, "client", startMs);
    under.queue.flush();
    if (!result.ok) throw new Error("not appended");
    for (let offset = result.baseOffset; offset <= result.lastOffset; offset++) records.push({ timestamp, offset });
  }
  const check = async () => {
    for (let wanted = startMs - 410; wanted < startMs + 2_600; wanted += 13) {
      const expected = records.find(({ timestamp }) => timestamp >= wanted);
      const found = await under.time.during(under.log.offsetForTimestamp(wanted, nodeCompute));
      expect(typeof found === "object" ? { timestamp: found.timestamp, offset: found.offset } : found).toEqual(
        expected,
      );
    }
    const newest = records.reduce((best, each) => (each.timestamp > best.timestamp ? each : best));
    expect(await under.time.during(under.log.offsetOfMaxTimestamp(nodeCompute))).toMatchObject(newest);
  };
  await check();
  under.log.close();
  disk = disk.kill();
  under = openLog(disk, { segmentBytes: 3_000 }, { hadCleanShutdown: true });
  await check();
  disk = disk.kill();
  under = openLog(disk, { segmentBytes: 3_000 });
  await check();
  under.log.close();
  under = openLog(disk.kill(), { segmentBytes: 3_000 }, { hadCleanShutdown: true });
  await check();
});

test("several searches by time at once each open a batch of their own", async () => {
  // With an index entry for each, so that no two scans begin at one place; too large to be decompressed on the spot.
  const under = openLog(new MemoryDisk(), { indexIntervalBytes: 1 });
  const random = new SeededRandom(9);
  const count = 20;
  for (let index = 0; index < count; index++) {
    const plain = batch({ timestamp: startMs + index, count: 3, value: random.bytes(10_000) });
    const compressed = await compressBatch(plain, index % 2 === 0 ? "gzip" : "snappy", nodeCompute);
    expect(under.log.appendAsLeader(compressed, 0, "client", startMs)).toMatchObject({ ok: true });
    under.queue.flush();
  }
  const found = await Promise.all(
    Array.from({ length: count }, (_, index) => under.log.offsetForTimestamp(startMs + index, nodeCompute)),
  );
  expect(found).toEqual(
    Array.from({ length: count }, (_, index) => ({ timestamp: startMs + index, offset: index * 3, leaderEpoch: 0 })),
  );
});

/** A segment for each of the timestamps. */
function openWith(timestamps: readonly number[]): LogUnderTest {
  const under = openLog(new MemoryDisk());
  for (const timestamp of timestamps) {
    under.log.appendAsLeader(batch({ timestamp, count: 2 }), 4, "client", startMs);
    under.queue.flush();
    under.log.roll();
  }
  return under;
}

const newest = async ({ log, time }: LogUnderTest) => time.during(log.offsetOfMaxTimestamp(nodeCompute));

test("the newest record of a log whose records have no timestamps is the first one, as in Kafka", async () => {
  expect(await newest(openWith([-1, -1]))).toEqual({ offset: 0, timestamp: -1, leaderEpoch: 4 });
  expect(await newest(openWith([-1, startMs, -1, startMs]))).toEqual({ offset: 2, timestamp: startMs, leaderEpoch: 4 });
  expect(await newest(openWith([]))).toBeUndefined();
});

test("a time index of which an entry tells the time of the one before it is made anew", async () => {
  const disk = new MemoryDisk();
  const config = { indexIntervalBytes: 100 };
  const { log, queue } = openLog(disk, config);
  const count = 40;
  for (let offset = 0; offset < count; offset++) {
    log.appendAsLeader(batch({ timestamp: startMs + offset }), 4, "client", startMs);
  }
  queue.flush();
  log.close();
  const path = `${logDirectory}/00000000000000000000.timeindex`;
  const bytes = disk.readFile(path);
  const [entryBytes, timestampBytes, slot] = [12, 8, 5];
  bytes.copy(bytes, slot * entryBytes, (slot - 1) * entryBytes, (slot - 1) * entryBytes + timestampBytes);
  disk.open(path, "update").write([bytes], 0);
  const found = openLog(disk, config, { hadCleanShutdown: true });
  for (let offset = 0; offset < count; offset++) {
    const at = await found.time.during(found.log.offsetForTimestamp(startMs + offset, nodeCompute));
    expect(at).toEqual({ offset, timestamp: startMs + offset, leaderEpoch: 4 });
  }
});

test("the newest record is found by the index, not by reading the segment", async () => {
  const disk = new MemoryDisk();
  const subject = openLog(disk, {}, { tailCacheBytes: 0 });
  append(subject, 500, { value: Buffer.alloc(10_000) });
  const before = disk.counts.get("read") ?? 0;
  const compute = undefined as never;
  expect(await subject.log.offsetOfMaxTimestamp(compute)).toMatchObject({ offset: 499, timestamp: startMs + 499 });
  expect((disk.counts.get("read") ?? 0) - before).toBeLessThan(4);
});

/** A log of so many segments, with one record each, as a start finds it; `opensOf` has the files opened in each turn of a search. */
function manySegments(count: number) {
  const disk = new MemoryDisk();
  const written = openLog(disk);
  for (let index = 0; index < count; index++) {
    append(written, 1, { timestamp: startMs + index });
    written.log.roll();
  }
  written.log.close();
  const found = openLog(disk, {}, { hadCleanShutdown: true });
  const opensOf = async (search: (log: Log) => Promise<unknown>): Promise<number[]> => {
    const opens: number[] = [];
    let before = disk.counts.get("open") ?? 0;
    const note = (): void => {
      const now = disk.counts.get("open") ?? 0;
      if (now > before) opens.push(now - before);
      before = now;
    };
    const endOfTurn = found.time.endOfTurn.bind(found.time);
    found.time.endOfTurn = (callback) => {
      note();
      endOfTurn(callback);
    };
    await found.time.during(search(found.log));
    note();
    return opens;
  };
  return { ...found, disk, opensOf };
}

test("a search by time looks into one segment a turn that a start has found, and into none twice", async () => {
  const { log, opensOf } = manySegments(20);
  const last = (): Promise<unknown> => log.offsetForTimestamp(startMs + 19, nodeCompute);
  const opens = await opensOf(async () => expect(await last()).toMatchObject({ offset: 19 }));
  expect(opens.length).toBeGreaterThanOrEqual(20);
  expect(Math.max(...opens)).toBeLessThanOrEqual(3);
  expect(await opensOf(async () => expect(await last()).toMatchObject({ offset: 19 }))).toEqual([]);
});

test("so does a search for the largest timestamp", async () => {
  const { log, opensOf } = manySegments(20);
  const opens = await opensOf(async () => {
    expect(await log.offsetOfMaxTimestamp(nodeCompute)).toMatchObject({ offset: 19 });
  });
  expect(opens.length).toBeGreaterThanOrEqual(20);
  expect(Math.max(...opens)).toBeLessThanOrEqual(3);
});

test("a search by time goes on when segments that it has yet to look into are deleted", async () => {
  const { log, time } = manySegments(20);
  const search = log.offsetForTimestamp(startMs + 12, nodeCompute);
  log.highWatermark = log.logEndOffset;
  log.maybeIncrementLogStartOffset(15);
  expect(log.deleteOldSegments(startMs, (remove) => remove(() => undefined))).toBe(15);
  expect(await time.during(search)).toMatchObject({ offset: 15 });
});

test("a search by time ends with the log, and leaves what comes in its place alone", async () => {
  const { log, time, disk, diskErrors } = manySegments(20);
  const search = log.offsetForTimestamp(startMs + 19, nodeCompute);
  await log.moveAsideAsync("/data/topic-0.x-delete");
  const opens = disk.counts.get("open");
  expect(await time.during(search)).toBe(Errors.KAFKA_STORAGE_ERROR);
  expect([disk.counts.get("open"), diskErrors]).toEqual([opens, []]);
});

test("a search by time misses a segment that is deleted under it, and blames nobody", async () => {
  const disk = new MemoryDisk();
  const subject = openLog(disk);
  const at = (timestamp: number) => ({ key: null, value: Buffer.from("value"), timestamp });
  // The record that is late enough lies before the log's start.
  subject.log.appendAsLeader(buildBatch({ records: [at(startMs + 9), at(startMs)] }), 0, "client", startMs);
  subject.queue.flush();
  subject.log.highWatermark = 2;
  subject.log.maybeIncrementLogStartOffset(1);
  subject.log.roll();
  append(subject, 1, { timestamp: startMs + 9 });
  // The flush of the first segment has its file open.
  await subject.time.settle();
  const search = subject.log.offsetForTimestamp(startMs + 9, undefined as never);
  subject.log.truncateFullyAndStartAt(0);
  for (const name of disk.list(logDirectory)) if (name.endsWith(".deleted")) disk.remove(`${logDirectory}/${name}`);
  expect(await search).toBe(Errors.KAFKA_STORAGE_ERROR);
  expect(subject.diskErrors).toEqual([]);
});

test("a search by time goes on behind a batch of which only the deleted records are young enough", async () => {
  const { log, queue } = openLog(new MemoryDisk());
  const records = [9, 1].map((ms) => ({ key: null, value: Buffer.from("value"), timestamp: startMs + ms }));
  log.appendAsLeader(buildBatch({ records }), 0, "client", startMs);
  log.appendAsLeader(batch({ timestamp: startMs + 5 }), 0, "client", startMs);
  queue.flush();
  log.highWatermark = log.logEndOffset;
  log.maybeIncrementLogStartOffset(1);
  expect(await log.offsetForTimestamp(startMs + 5, nodeCompute)).toMatchObject({ offset: 2 });
});

test("a search by time through a batch of many records gives others their turns", async () => {
  const { log, queue, time } = openLog(new MemoryDisk(), {});
  const long = batch({ count: 50_000, value: "" });
  expect(log.appendAsLeader(long, 0, "client", startMs)).toMatchObject({ ok: true });
  queue.flush();
  let turns = 0;
  const endOfTurn = time.endOfTurn.bind(time);
  time.endOfTurn = (callback) => {
    turns++;
    endOfTurn(callback);
  };
  log.highWatermark = log.logEndOffset;
  log.maybeIncrementLogStartOffset(45_000);
  const search = log.offsetForTimestamp(startMs, nodeCompute);
  for (let round = 0; round < 5; round++) await time.settle();
  expect(await search).toMatchObject({ offset: 45_000 });
  expect(turns).toBe(2);
});
