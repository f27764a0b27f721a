import { expect, test } from "vitest";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { type Log } from "../../../src/log/log.ts";
import { type LogManager } from "../../../src/log/directory/log-manager.ts";
import { type AssignDirectory } from "../../../src/replication/replica-moves.ts";
import { ShortDisk } from "../../support/short-disk.ts";
import { batch, marker, outline, startMs } from "../log/batches.ts";
import { readAll } from "../log/open-log.ts";
import { openReplicas } from "./replicas.ts";

const directoryIds = new Map([
  ["/one", "b1ftXeVOTdqTXlZ4bVqkSQ"],
  ["/two", "vT2fYtJ0QiWVqVxYc1lUpA"],
]);
const compacted = { isCompacted: true, isDeleted: false, segmentBytes: 200 };
const inOne = { registration: { directories: [directoryIds.get("/one")!] } };

/** A broker with two directories on which all moves stand still. */
function open(disk: MemoryDisk, config = {}) {
  return openReplicas(disk, config, { directoryIds, moveBytesPerSecond: () => 1 });
}

function lastOffsets(manager: LogManager): number[] {
  return outline(readAll(manager.future("topic", 0)!)).map(({ lastOffset }) => lastOffset);
}

test("a copy that was given up does not come back with a loss of power", () => {
  const disk = new MemoryDisk();
  for (const path of directoryIds.keys()) {
    disk.mkdir(path);
    disk.settle(path);
  }
  const { host, replicas, logManager } = open(disk);
  host(inOne);
  replicas.alterLogDir("topic", 0, "/two");
  disk.syncDirectory("/two");
  expect(logManager.future("topic", 0)).toBeDefined();
  replicas.alterLogDir("topic", 0, "/one");
  const again = open(disk.crash(() => 0));
  expect(again.logManager.future("topic", 0)).toBeUndefined();
});

test("a copy in which a loss of power left a hole is made again from there, also when the log is compacted", async () => {
  const disk = new MemoryDisk();
  const { host, logManager, replicas } = open(disk, compacted);
  const { log } = host(inOne);
  const copied = Array.from({ length: 6 }, () => {
    const records = batch({ key: "key" });
    expect(log.appendAsLeader(records, 0, "client", startMs).ok).toBe(true);
    return records;
  });
  replicas.alterLogDir("topic", 0, "/two");
  const future = logManager.future("topic", 0)!;
  for (const records of copied) expect(future.appendAsFollower(records)).toBeNull();
  for (const each of [log, future]) each.writePending();
  await log.flush();
  const segments = future.segmentSizes().map(({ baseOffset }) => baseOffset);
  expect(segments.length).toBeGreaterThan(2);
  // The last segment is there, and of the one before it nothing.
  const hole = disk.open(`${future.dir}/${String(segments.at(-2)).padStart(20, "0")}.log`, "readwrite");
  hole.truncate(0);
  hole.close();

  const again = open(disk.kill(), compacted);
  expect(lastOffsets(again.logManager)).toContain(5);
  again.host(inOne);
  const kept = lastOffsets(again.logManager);
  expect(kept.at(-1)).toBe(segments.at(-2)! - 1);
  expect(again.logManager.future("topic", 0)!.logEndOffset).toBe(segments.at(-2));
});

test("a copy of a log that was compacted meanwhile begins anew", () => {
  const disk = new MemoryDisk();
  const { host, logManager, replicas } = open(disk, compacted);
  const { log } = host(inOne);
  const records = batch({ key: "key" });
  log.appendAsLeader(records, 0, "client", startMs);
  log.writePending();
  replicas.alterLogDir("topic", 0, "/two");
  const future = logManager.future("topic", 0)!;
  future.appendAsFollower(records);
  future.writePending();
  // As when the copy's directory had failed, and nothing kept the cleaner off the log.
  log.storage.cleanedOffset = 1;
  logManager.directoryOf(log)!.checkpoints.write("cleaned");

  const again = open(disk.kill(), compacted);
  expect(lastOffsets(again.logManager)).toEqual([0]);
  again.host(inOne);
  expect(lastOffsets(again.logManager)).toEqual([]);
  expect(again.logManager.future("topic", 0)!.cleanedOffset).toBe(1);
});

/** A broker on which moves go on, and whose controller agrees at once. */
function openMoving(disk: MemoryDisk) {
  return openReplicas(
    disk,
    {},
    { directoryIds, assignDirectory: (_topicId, _partition, _directory, accept) => accept() },
  );
}

async function settle({ time }: ReturnType<typeof openMoving>): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await time.settle();
}

test("what an earlier process had made durable is so in the copy before the log goes", async () => {
  const disk = new MemoryDisk();
  const first = openMoving(disk);
  for (const path of directoryIds.keys()) disk.settle(path);
  const { log } = first.host(inOne);
  for (let count = 0; count < 3; count++) log.appendAsLeader(batch(), 0, "client", startMs);
  await log.flush();

  const left = disk.kill();
  const second = openMoving(left);
  const partition = second.host(inOne);
  second.replicas.alterLogDir("topic", 0, "/two");
  await settle(second);
  expect(partition.log.dir).toBe("/two/topic-0");
  const third = openMoving(left.crash(() => 0));
  expect(third.logManager.get("topic", 0)?.logEndOffset).toBe(3);
});

test("a producer of which the log has its last marker alone goes on where it was when the log has moved", async () => {
  const broker = openMoving(new MemoryDisk());
  const partition = broker.host(inOne);
  const own = { producerId: 2, producerEpoch: 0, isTransactional: true };
  const { log } = partition;
  log.appendAsLeader(batch({ ...own, count: 3, baseSequence: 0 }), 0, "client", startMs);
  log.appendAsLeader(marker(2, false, startMs), 0, "coordinator", startMs);
  broker.queue.flush();
  log.maybeIncrementLogStartOffset(3);
  broker.replicas.alterLogDir("topic", 0, "/two");
  await settle(broker);
  expect([partition.log.dir, partition.log.logStartOffset]).toEqual(["/two/topic-0", 3]);
  const next = partition.log.appendAsLeader(batch({ ...own, baseSequence: 3 }), 0, "client", startMs);
  expect(next).toMatchObject({ ok: true, baseOffset: 4 });
});

test("a copy that has to be cut waits for descriptors, and the log is served meanwhile", async () => {
  const disk = new ShortDisk();
  const first = open(disk);
  const { log } = first.host(inOne);
  const records = [0, 1, 2].map(() => batch());
  for (const each of records) expect(log.appendAsLeader(each, 0, "client", startMs).ok).toBe(true);
  first.replicas.alterLogDir("topic", 0, "/two");
  const future = first.logManager.future("topic", 0)!;
  for (const each of records) expect(future.appendAsFollower(each)).toBeNull();
  log.truncateTo(1);
  for (let count = 0; count < 2; count++) log.appendAsLeader(batch({ value: "other" }), 2, "client", startMs);
  first.queue.flush();
  first.replicas.close();
  first.logManager.close(-1);

  const assignDirectory: AssignDirectory = (_topicId, _partition, _directory, accept) => accept();
  const again = openReplicas(disk, {}, { directoryIds, moveBytesPerSecond: () => Infinity, assignDirectory });
  disk.isShort = true;
  const { log: current } = again.host({ registration: { ...inOne.registration, leaderEpoch: 3 } });
  await again.time.advance(3_000);
  disk.isShort = false;
  const bytesOf = (each: Log) => outline(readAll(each)).map(({ bytes }) => bytes);
  const own = bytesOf(current);
  expect([current.isOffline, disk.refusals > 1, own.length]).toEqual([false, true, 3]);
  expect(bytesOf(again.logManager.future("topic", 0)!)).not.toEqual(own);
  await again.time.advance(1_000);
  for (let turns = 0; turns < 30; turns++) await again.time.settle();
  const { log: moved } = again.replicas.partition("topic", 0)!;
  expect([moved.dir, bytesOf(moved)]).toEqual(["/two/topic-0", own]);
});

test("a log with a hole is served when there are descriptors to cut it", async () => {
  const disk = new ShortDisk();
  const config = { segmentBytes: 400 };
  const first = openReplicas(disk, config);
  const { log } = first.host();
  for (let count = 0; count < 20; count++) log.appendAsLeader(batch(), 0, "client", startMs);
  first.queue.flush();
  const [, second, third] = log.segmentSizes();
  first.logManager.close(-1);
  for (const name of [".kafka_cleanshutdown", "recovery-point-offset-checkpoint"]) disk.remove(`/data/${name}`);
  const file = disk.open(`/data/topic-0/${String(second!.baseOffset).padStart(20, "0")}.log`, "readwrite");
  file.truncate(file.sizeBytes() - batch().length);
  file.close();

  const again = openReplicas(disk, config);
  disk.isShort = true;
  expect(again.host()).toBeUndefined();
  await again.time.advance(3_000);
  expect([again.replicas.partition("topic", 0), again.logManager.isOnline("/data")]).toEqual([undefined, true]);
  disk.isShort = false;
  await again.time.advance(1_000);
  expect(again.replicas.partition("topic", 0)?.log.logEndOffset).toBe(third!.baseOffset - 1);
});
