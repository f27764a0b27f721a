import { expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { type Log } from "../../../src/log/log.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { batch, startMs } from "./batches.ts";
import { logDirectory, type LogUnderTest, openLog } from "./open-log.ts";
import { type BatchOptions } from "./batches.ts";

const logFile = `${logDirectory}/00000000000000000000.log`;

function append({ log, queue }: LogUnderTest, count: number, options: BatchOptions = {}): void {
  for (let index = 0; index < count; index++) {
    const records = batch({ timestamp: startMs + index, ...options });
    expect(log.appendAsLeader(records, 0, "client", startMs)).toMatchObject({ ok: true });
  }
  queue.flush();
}

test("a read of a log that was moved aside is refused and harms neither its directory nor its successor", () => {
  const disk = new MemoryDisk();
  const subject = openLog(disk);
  append(subject, 10);
  subject.log.moveAside("/data/topic-0.x-delete");
  expect(subject.log.read(0, 100, 10, true)).toEqual({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
  expect(subject.diskErrors).toEqual([]);
  disk.mkdir(logDirectory);
  subject.log.read(0, 100, 10, true);
  expect(disk.list(logDirectory)).toEqual([]);
});

test("where a header is damaged the reader is told, and does not get nothing for ever", () => {
  const disk = new MemoryDisk();
  const written = openLog(disk);
  append(written, 200);
  written.log.close();
  const file = disk.open(logFile, "readwrite");
  file.write([Buffer.from([0xff])], (file.sizeBytes() / 200) * 50 + 8);
  file.close();
  const { log } = openLog(disk, {}, { hadCleanShutdown: true });
  expect(log.read(49, 1_000, 200, true)).toMatchObject({ ok: true, endOffset: 50 });
  expect(log.read(50, 1_000, 200, true)).toEqual({ ok: false, error: Errors.CORRUPT_MESSAGE });
  expect(log.read(120, 1_000, 200, true)).toMatchObject({ ok: true, endOffset: 133 });
});

test("the last stable offset is never before the log's start", () => {
  const subject = openLog(new MemoryDisk());
  append(subject, 1, { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true });
  append(subject, 10);
  subject.log.highWatermark = 11;
  subject.log.maybeIncrementLogStartOffset(5);
  expect(subject.log.lastStableOffset).toBe(5);
});

test("offsets of deleted records that are lost are not given out again", () => {
  const disk = new MemoryDisk();
  const written = openLog(disk);
  append(written, 10);
  written.log.close();
  disk.open(logFile, "create").close();
  const reopened = openLog(disk, {}, { logStartOffset: 8 });
  expect(reopened.log).toMatchObject({ logStartOffset: 8, logEndOffset: 8, highWatermark: 8 });
  append(reopened, 1);
  expect(reopened.log.read(8, 1_000, 9, true)).toMatchObject({ ok: true, endOffset: 9 });
  reopened.log.close();
  expect(openLog(disk, {}, { logStartOffset: 8 }).log).toMatchObject({ logStartOffset: 8, logEndOffset: 9 });
});

test.each([true, false])(
  "a log whose records were all deleted knows its producers still (clean: %s)",
  (hadCleanShutdown) => {
    const disk = new MemoryDisk();
    const written = openLog(disk);
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
    append(written, 1, producer);
    written.log.highWatermark = 1;
    written.log.maybeIncrementLogStartOffset(1);
    if (hadCleanShutdown) written.log.close();
    const { log } = openLog(disk.kill(), {}, { logStartOffset: 1, hadCleanShutdown });
    expect(log).toMatchObject({ logStartOffset: 1, logEndOffset: 1 });
    expect(log.appendAsLeader(batch(producer), 0, "client", startMs)).toMatchObject({ ok: true, duplicate: true });
  },
);

test("where the end of a log is lost before its start, nothing is left of what is known of its records", () => {
  const disk = new MemoryDisk();
  const written = openLog(disk, { segmentBytes: 100 });
  for (let baseSequence = 0; baseSequence < 4; baseSequence++) {
    append(written, 1, { producerId: 7, producerEpoch: 0, baseSequence });
  }
  written.log.close();
  let left = disk.kill();
  // The segments from the second one on, and the snapshots behind its beginning.
  for (const name of left.list(logDirectory)) {
    if (!/^0+[01]\.|^[a-z]/.test(name)) left.remove(`${logDirectory}/${name}`);
  }
  for (let start = 0; start < 2; start++) {
    const { log } = openLog(left, {}, { logStartOffset: 3 });
    expect(log).toMatchObject({ logStartOffset: 3, logEndOffset: 3 });
    expect([log.producerState.size, log.leaderEpochs.entries()]).toEqual([0, []]);
    left = left.kill();
  }
});

test("a log that starts anew is committed up to there", () => {
  const { log } = openLog(new MemoryDisk());
  log.truncateFullyAndStartAt(100);
  expect(log).toMatchObject({ logStartOffset: 100, logEndOffset: 100, highWatermark: 100, lastStableOffset: 100 });
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

test("a segment that somebody removed is missed, and does not come back empty", () => {
  const disk = new MemoryDisk();
  const written = openLog(disk);
  append(written, 10);
  written.log.close();
  const { log, diskErrors } = openLog(disk, {}, { hadCleanShutdown: true });
  disk.remove(logFile);
  expect(log.read(3, 1_000, 10, true)).toEqual({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
  expect(diskErrors).toHaveLength(1);
  expect(disk.exists(logFile)).toBe(false);
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
