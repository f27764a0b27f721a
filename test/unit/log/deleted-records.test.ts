import { expect, test } from "vitest";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, type BatchOptions, startMs } from "./batches.ts";
import { logDirectory, type LogUnderTest, openLog } from "./open-log.ts";

const logFile = `${logDirectory}/00000000000000000000.log`;

function append({ log, queue }: LogUnderTest, count: number, options: BatchOptions = {}): void {
  for (let index = 0; index < count; index++) {
    const records = batch({ timestamp: startMs + index, ...options });
    expect(log.appendAsLeader(records, 0, "client", startMs)).toMatchObject({ ok: true });
  }
  queue.flush();
}

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
