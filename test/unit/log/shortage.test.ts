import { describe, expect, test } from "vitest";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { logDirectory, type LogUnderTest, openLog, readAll } from "./open-log.ts";

const topicId = "K0a8tq3gSkK78COtfgEurw";
const refused = { ok: false, error: Errors.KAFKA_STORAGE_ERROR };

function append({ log, queue }: LogUnderTest, count: number, leaderEpoch = 0): void {
  for (let index = 0; index < count; index++) {
    expect(log.appendAsLeader(batch(), leaderEpoch, "client", startMs)).toMatchObject({ ok: true });
  }
  queue.flush();
}

/** A log that was just started: no file of it is open. */
function reopenedLog(disk: MemoryDisk, config = {}): LogUnderTest {
  const written = openLog(disk, config);
  append(written, 20);
  written.log.close();
  return openLog(disk, config, { hadCleanShutdown: true });
}

test.each(["EMFILE", "ENFILE", "ENOMEM"])("%s refuses a read and an append, and the log stays online", (code) => {
  const disk = new MemoryDisk();
  const subject = reopenedLog(disk);
  const { log, diskErrors } = subject;
  disk.fail("open", code);
  expect(log.read(5, 1_000, 20, true)).toEqual(refused);
  expect(log.appendAsLeader(batch(), 0, "client", startMs)).toMatchObject(refused);
  expect(log.abortedTransactions(0, 20)).toEqual([]);
  disk.heal();
  expect(log.read(5, 80, 20, true)).toMatchObject({ ok: true, endOffset: 6 });
  append(subject, 1);
  expect(log).toMatchObject({ writtenOffset: 21, isOffline: false });
  expect(diskErrors).toEqual([]);
});

test("what was appended is written as soon as there are descriptors again", async () => {
  const disk = new MemoryDisk();
  const { log, queue, time, diskErrors } = openLog(disk);
  disk.fail("open", "EMFILE", { path: /\.log$/ });
  log.beginEpoch(0);
  expect(log.appendAsLeader(batch(), 0, "client", startMs)).toMatchObject({ ok: true });
  queue.flush();
  expect(log).toMatchObject({ logEndOffset: 1, writtenOffset: 0, isOffline: false });
  await time.advance(1_000);
  expect(log.writtenOffset).toBe(0);
  disk.heal();
  await time.advance(100);
  expect(log.writtenOffset).toBe(1);
  expect(readAll(log)).toHaveLength(batch().length);
  expect(diskErrors).toEqual([]);
});

test("a flush that found no descriptor is made up for before it is acknowledged", async () => {
  const disk = new MemoryDisk();
  const { log, queue, time, diskErrors } = openLog(disk, { flushMessages: 2 });
  log.appendAsLeader(batch(), 0, "client", startMs);
  queue.flush();
  disk.fail("open", "EMFILE", { path: /leader-epoch-checkpoint/ });
  log.appendAsLeader(batch(), 0, "client", startMs);
  queue.flush();
  await time.advance(1_000);
  expect(log).toMatchObject({ writtenOffset: 1, recoveryPoint: 0, isOffline: false });
  disk.heal();
  await time.advance(100);
  expect(log).toMatchObject({ writtenOffset: 2, recoveryPoint: 1 });
  expect(diskErrors).toEqual([]);
});

test("a directory that a flush found no descriptor for is synced by the next one", async () => {
  const disk = new MemoryDisk();
  const subject = openLog(disk);
  append(subject, 1);
  await subject.log.flush();
  append(subject, 1, 1);
  disk.fail("sync", "EMFILE", { path: /topic-0$/ });
  await expect(subject.log.flush()).rejects.toMatchObject({ code: "EMFILE" });
  disk.heal();
  await subject.log.flush();
  const left = disk.crash(() => 0);
  expect(left.readFile(`${logDirectory}/leader-epoch-checkpoint`).toString()).toBe("0\n2\n0 0\n1 1\n");
});

test("the first record of an epoch needs no descriptor for it", () => {
  const disk = new MemoryDisk();
  const subject = openLog(disk);
  append(subject, 1);
  disk.fail("open", "EMFILE", { path: /leader-epoch-checkpoint/ });
  append(subject, 1, 1);
  disk.heal();
  subject.log.close();
  const reopened = openLog(disk, {}, { hadCleanShutdown: true });
  expect(reopened.log.leaderEpochs.entries()).toEqual([
    { epoch: 0, startOffset: 0 },
    { epoch: 1, startOffset: 1 },
  ]);
});

test("a topic's id that could not be noted is noted with the first record, which is refused till then", () => {
  const disk = new MemoryDisk();
  const subject = openLog(disk);
  const { log, diskErrors } = subject;
  disk.fail("open", "EMFILE", { path: /partition\.metadata/ });
  log.assignTopicId(topicId);
  expect(log.appendAsLeader(batch(), 0, "client", startMs)).toMatchObject(refused);
  disk.heal();
  append(subject, 1);
  expect([log.topicId, log.logEndOffset, diskErrors]).toEqual([topicId, 1, []]);
  expect(openLog(disk.kill()).log.topicId).toBe(topicId);
});

test.each([
  ["EMFILE", "open", false],
  ["ENOMEM", "sync", true],
] as const)(
  "where what a start has found cannot be flushed for %s at %s, the log is offline: %s",
  (code, operation, is) => {
    const killed = new MemoryDisk();
    append(openLog(killed), 3);
    const disk = killed.kill();
    const { log } = openLog(disk);
    log.updateConfig({ ...log.config, flushMessages: 1 });
    disk.fail(operation, code);
    if (is) log.settleRecovery();
    else expect(() => log.settleRecovery()).toThrow("injected");
    expect([log.isOffline, log.flushedOffset]).toEqual([is, 0]);
    disk.heal();
    log.settleRecovery();
    expect([log.isOffline, log.flushedOffset]).toEqual([is, is ? 0 : 3]);
  },
);

test("a roll that found no descriptor is tried again", () => {
  const disk = new MemoryDisk();
  const subject = openLog(disk);
  append(subject, 3);
  disk.fail("open", "EMFILE");
  expect(subject.log.roll()).toBe(false);
  disk.heal();
  expect(subject.log.roll()).toBe(true);
  append(subject, 1);
  expect(subject.log.segmentSizes().map(({ baseOffset }) => baseOffset)).toEqual([0, 3]);
  expect(subject.diskErrors).toEqual([]);
});

test("records are deleted and old segments go without descriptors, or later; the log stays online", async () => {
  const disk = new MemoryDisk();
  const subject = openLog(disk, { retentionBytes: 100 });
  const { log, diskErrors, time } = subject;
  append(subject, 3);
  log.highWatermark = 3;
  disk.fail("open", "EMFILE");
  log.maybeIncrementLogStartOffset(2);
  expect([log.logStartOffset, log.isOffline]).toEqual([2, false]);
  disk.heal();
  for (let count = 0; count < 3; count++) {
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: count };
    expect(log.appendAsLeader(batch(producer), 0, "client", startMs)).toMatchObject({ ok: true });
    subject.queue.flush();
    disk.fail("open", "EMFILE", { path: /\.snapshot$/, skip: 1 });
    log.roll();
    disk.heal();
  }
  log.highWatermark = log.logEndOffset;
  disk.fail("open", "EMFILE", { path: /\.snapshot$/ });
  expect(log.deleteOldSegments(time.wallMs(), () => undefined)).toBe(0);
  disk.heal();
  expect(log.deleteOldSegments(time.wallMs(), () => undefined)).toBeGreaterThan(0);
  expect([diskErrors, log.isOffline]).toEqual([[], false]);
});

describe("what a start has not looked at and is damaged", () => {
  const config = { indexIntervalBytes: 0, segmentBytes: 800 };

  /** Of its first segment an index is damaged; the first record has the largest timestamp. */
  function damagedLog(disk: MemoryDisk, suffix: string, damage: (path: string) => void): LogUnderTest {
    const written = openLog(disk, config);
    expect(written.log.appendAsLeader(batch({ timestamp: startMs + 5 }), 0, "client", startMs)).toMatchObject({
      ok: true,
    });
    append(written, 19);
    written.log.close();
    damage(`${logDirectory}/00000000000000000000${suffix}`);
    return openLog(disk, config, { hadCleanShutdown: true });
  }

  test("is looked at before anything relies on it, also when there was no descriptor the first time", () => {
    const disk = new MemoryDisk();
    const { log, diskErrors } = damagedLog(disk, ".index", (path) => {
      const entries = disk.readFile(path);
      // They ascend, and point into the midst of batches.
      for (let at = 4; at < entries.length; at += 8) entries.writeInt32BE(entries.readInt32BE(at) + 5, at);
      disk.open(path, "readwrite").write([entries], 0);
    });
    disk.fail("open", "EMFILE", { path: /\.index$/, times: 1 });
    expect(log.read(5, 80, 20, true)).toEqual(refused);
    expect(log.read(5, 80, 20, true)).toMatchObject({ ok: true, endOffset: 6 });
    expect(diskErrors).toEqual([]);
  });

  test("is not trusted later because what was made of it could not be saved", async () => {
    const disk = new MemoryDisk();
    const few = { indexIntervalBytes: 10_000, segmentBytes: 400 };
    const written = openLog(disk, few);
    append(written, 20);
    written.log.close();
    // Its segments have less than an index entry, and this file has one that does not fit.
    disk
      .open(`${logDirectory}/00000000000000000000.index`, "create")
      .write([Buffer.from("0000000100000007", "hex")], 0);
    const { log, diskErrors } = openLog(disk, few, { hadCleanShutdown: true });
    disk.fail("open", "EMFILE", { path: /0000\.index$/, skip: 1, times: 1 });
    expect(log.read(2, 80, 20, true)).toEqual(refused);
    for (let minute = 0; minute < 2; minute++) log.releaseIdle();
    expect(log.read(2, 80, 20, true)).toMatchObject({ ok: true, endOffset: 3 });
    expect(diskErrors).toEqual([]);
  });

  test("is not trusted later because only a part of the segment could be read", async () => {
    const disk = new MemoryDisk();
    const { log, time, diskErrors } = damagedLog(disk, ".timeindex", (path) => disk.remove(path));
    const newest = () => time.during(log.offsetOfMaxTimestamp(nodeCompute));
    // Once it is read for its end, and then for its batches.
    for (let skip = 0; skip < 20; skip++) {
      disk.fail("read", "ENOMEM", { path: /00000\.log$/, skip, times: 1 });
      await newest();
      disk.heal();
      expect(await newest()).toMatchObject({ offset: 0, timestamp: startMs + 5 });
    }
    expect(diskErrors).toEqual([]);
  });

  test("is made anew, also when there was no descriptor the first time", async () => {
    const disk = new MemoryDisk();
    const { log, time, diskErrors } = damagedLog(disk, ".timeindex", (path) => disk.remove(path));
    const newest = () => time.during(log.offsetOfMaxTimestamp(nodeCompute));
    disk.fail("open", "EMFILE", { path: /0\.log$/, times: 1 });
    expect(await newest()).toBe(Errors.KAFKA_STORAGE_ERROR);
    expect(await newest()).toMatchObject({ offset: 0, timestamp: startMs + 5 });
    expect(diskErrors).toEqual([]);
  });
});
