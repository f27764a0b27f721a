import { describe, expect, test } from "vitest";
import { DiskError } from "../../../src/io/ports.ts";
import { type DiskOperation, MemoryDisk } from "../../sim/memory-disk.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { ShortDisk } from "../../support/short-disk.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { batch, outline, startMs } from "../log/batches.ts";
import { type WayOfWriting } from "../../../src/log/write-choice.ts";
import { readAll } from "../log/open-log.ts";
import { openReplicas, topicId } from "./replicas.ts";

const ids = new Map([
  ["/one", "b1ftXeVOTdqTXlZ4bVqkSQ"],
  ["/two", "vT2fYtJ0QiWVqVxYc1lUpA"],
]);
const [one, two] = [...ids.values()] as [string, string];

/** Of a directory that an earlier move went to. */
const elsewhere = "w3hGZ8VkS6uXo1bQ0tYfRA";

interface Told {
  readonly directory: string;
  readonly accept: () => void;
}

/** A broker with two directories, and a controller that takes their assignments when the test says so. */
function open(
  disk = new MemoryDisk(),
  options: { rate?: number; accepts?: boolean; segmentBytes?: number; way?: WayOfWriting } = {},
) {
  const told: Told[] = [];
  const { rate = Infinity, accepts = true, segmentBytes = 1_048_576, way } = options;
  const choice = { wayFor: (isUnderWay: boolean) => (isUnderWay ? "later" : (way ?? "now")), note: () => undefined };
  const broker = openReplicas(
    disk,
    { segmentBytes },
    {
      directoryIds: ids,
      ...(way === undefined ? {} : { choice }),
      moveBytesPerSecond: () => rate,
      assignDirectory: (_topicId, _partition, directory, accept) => {
        told.push({ directory, accept });
        if (accepts) accept();
      },
    },
  );
  const { replicas, logManager, queue } = broker;
  const append = (records = batch()) => {
    const result = replicas.partition("topic", 0)!.appendAsLeader(records, "client", startMs);
    queue.flush();
    return result;
  };
  const alter = (path: string) => replicas.alterLogDir("topic", 0, path);
  const dirOf = () => replicas.partition("topic", 0)!.log.dir;
  const future = () => logManager.future("topic", 0);
  const settle = async (turns = 20) => {
    for (let turn = 0; turn < turns; turn++) await broker.time.settle();
  };
  return { ...broker, told, append, alter, dirOf, future, settle };
}

const inOne = { registration: { directories: [one] } };

describe("a move", () => {
  test("copies, tells the controller, and swaps when it agrees; what comes meanwhile comes along", async () => {
    const { host, append, alter, dirOf, future, settle, told, logManager } = open(new MemoryDisk(), { accepts: false });
    const partition = host(inOne);
    for (let count = 0; count < 5; count++) append();
    expect(alter("/two")).toBe(Errors.NONE);
    await settle();
    expect([dirOf(), future()?.logEndOffset]).toEqual(["/one/topic-0", 5]);
    expect(told.map(({ directory }) => directory)).toEqual([two]);
    append();
    await settle();
    expect(dirOf()).toBe("/one/topic-0");
    told[0]!.accept();
    await settle();
    expect([dirOf(), future(), partition.log.logEndOffset, partition.highWatermark]).toEqual([
      "/two/topic-0",
      undefined,
      6,
      6,
    ]);
    expect(logManager.directoryOf(partition.log)?.path).toBe("/two");
    expect(append()).toMatchObject({ ok: true, baseOffset: 6 });
    expect(partition.highWatermark).toBe(7);
  });

  test("writes the copy in threads while the system holds writers back, but the last of it, and loses nothing", async () => {
    const disk = new MemoryDisk();
    disk.syncTurns = () => 3;
    const { host, alter, dirOf, queue, time } = open(disk, { way: "aside", segmentBytes: 600 });
    const partition = host(inOne);
    const append = () => expect(partition.appendAsLeader(batch(), "client", startMs)).toMatchObject({ ok: true });
    for (let count = 0; count < 30; count++) append();
    queue.flush();
    let isInTurn = false;
    const endOfTurn = time.endOfTurn.bind(time);
    time.endOfTurn = (callback) =>
      endOfTurn(() => {
        isInTurn = true;
        callback();
        isInTurn = false;
      });
    let writesInTurns = 0;
    disk.onOperation = (operation, path) => {
      if (isInTurn && operation === "write" && /-future\/.*\.log$/.test(path)) writesInTurns++;
    };
    expect(alter("/two")).toBe(Errors.NONE);
    for (let turns = 0; dirOf() === "/one/topic-0"; turns++) {
      if (turns < 10) append();
      await time.settle();
    }
    expect(writesInTurns).toBeLessThanOrEqual(1);
    queue.flush();
    expect([partition.log.logEndOffset, partition.log.writtenOffset]).toEqual([40, 40]);
    expect(readAll(partition.log).length).toBe(partition.log.sizeBytes);
  });

  test("whoever waits for records is told by the copy that took the log's place", async () => {
    const { host, alter, settle, queue } = open();
    const partition = host(inOne);
    alter("/two");
    await settle();
    const reached: number[] = [];
    partition.appendAsLeader(batch(), "client", startMs);
    partition.whenCommitted({ requiredOffset: 1, onReached: () => reached.push(1), onFailed: () => {} } as never);
    queue.flush();
    expect(reached).toEqual([1]);
  });

  test("to where it is ends a move, and to elsewhere begins another; the controller hears what holds", async () => {
    const { host, append, alter, dirOf, future, settle, told, disk } = open(new MemoryDisk(), { accepts: false });
    host(inOne);
    append();
    alter("/two");
    await settle();
    expect(future()).toBeDefined();
    expect(alter("/two")).toBe(Errors.NONE);
    expect(alter("/one")).toBe(Errors.NONE);
    expect(future()).toBeUndefined();
    expect(told.map(({ directory }) => directory)).toEqual([two, one]);
    // A late word of the controller changes nothing.
    told[0]!.accept();
    await settle();
    expect(dirOf()).toBe("/one/topic-0");
    expect(disk.list("/two").filter((name) => name.startsWith("topic"))).toEqual([
      expect.stringMatching(/^topic-0\.[0-9a-f]{32}-delete$/),
    ]);
  });

  test("metadata that is behind does not take the place of what the controller was told", async () => {
    const { host, append, alter, dirOf, settle, told } = open(new MemoryDisk(), { accepts: false });
    host(inOne);
    append();
    alter("/two");
    await settle();
    host({ registration: { directories: [elsewhere], leaderEpoch: 1 } });
    // The newest word counts, and the move would wait for ever.
    expect(told.map(({ directory }) => directory)).toEqual([two]);
    told[0]!.accept();
    await settle();
    expect(dirOf()).toBe("/two/topic-0");
    host({ registration: { directories: [elsewhere], leaderEpoch: 2 } });
    expect(told.map(({ directory }) => directory)).toEqual([two, two]);
  });

  test("errors are Kafka's", () => {
    const { host, replicas, logManager, alter } = open();
    host(inOne);
    expect(alter("/three")).toBe(Errors.LOG_DIR_NOT_FOUND);
    expect(replicas.alterLogDir("none", 0, "/two")).toBe(Errors.REPLICA_NOT_AVAILABLE);
    expect(replicas.alterLogDir("t".repeat(215), 0, "/two")).toBe(Errors.INVALID_TOPIC_EXCEPTION);
    expect(logManager.future("topic", 0)).toBeUndefined();
  });

  test("keeps to the throttle", async () => {
    const { host, append, alter, future, settle, time, dirOf } = open(new MemoryDisk(), { rate: 300_000 });
    host(inOne);
    for (let count = 0; count < 12; count++) append(batch({ value: "x".repeat(100_000) }));
    alter("/two");
    await time.advance(1_000);
    await settle();
    expect(future()!.logEndOffset).toBeGreaterThan(1);
    expect(future()!.logEndOffset).toBeLessThan(9);
    await time.advance(5_000);
    await settle();
    expect(dirOf()).toBe("/two/topic-0");
  });

  test("a target that fails leaves the replica where it is, and the controller hears that", async () => {
    const disk = new MemoryDisk();
    const { host, append, alter, dirOf, future, settle, told, logManager } = open(disk, { accepts: false });
    host(inOne);
    append();
    alter("/two");
    await settle();
    disk.fail("write", "EIO", { path: /^\/two\// });
    append();
    told[0]!.accept();
    await settle();
    expect([logManager.isOnline("/two"), dirOf(), future()]).toEqual([false, "/one/topic-0", undefined]);
    expect(told.at(-1)!.directory).toBe(one);
    expect(append()).toMatchObject({ ok: true });
    expect(alter("/two")).toBe(Errors.KAFKA_STORAGE_ERROR);
  });

  test.each([
    ["the flush of the copy", "open", /-future\/leader-epoch-checkpoint/],
    ["the last write of the log", "open", /^\/one\/topic-0\/.*\.log$/],
  ] as const)("%s that finds no descriptor is tried again after a pause", async (_what, operation, path) => {
    const disk = new MemoryDisk();
    const { host, append, alter, dirOf, future, settle, told, time, logManager, replicas } = open(disk, {
      accepts: false,
    });
    const partition = host(inOne);
    append();
    alter("/two");
    disk.fail(operation, "EMFILE", { path });
    // Were there no pause, this would not come to an end.
    await settle();
    if (told.length > 0) {
      for (const segment of partition.log.storage.segments.all()) segment.release();
      replicas.partition("topic", 0)!.appendAsLeader(batch(), "client", startMs);
      told[0]!.accept();
      await settle();
    }
    expect([logManager.isOnline("/two"), dirOf(), future() === undefined]).toEqual([true, "/one/topic-0", false]);
    disk.heal();
    await settle();
    expect(dirOf()).toBe("/one/topic-0");
    await time.advance(1_000);
    await settle();
    told.at(-1)!.accept();
    await settle();
    expect([dirOf(), partition.log.logEndOffset]).toEqual([
      "/two/topic-0",
      told.length > 1 ? 1 : partition.log.logEndOffset,
    ]);
  });

  test("a rename that fails at the swap leaves the replica where it is", async () => {
    const disk = new MemoryDisk();
    const { host, append, alter, dirOf, settle } = open(disk);
    host(inOne);
    append();
    disk.fail("rename", "EIO", { path: /^\/two\/.*-future$/ });
    alter("/two");
    await settle();
    expect(dirOf()).toBe("/one/topic-0");
    expect(append()).toMatchObject({ ok: true });
    expect(disk.list("/one").filter((name) => name.startsWith("topic"))).toEqual(["topic-0"]);
  });

  test("that lacked descriptors says nothing of a later topic of that name", () => {
    const disk = new ShortDisk();
    const { host, remove, alter, dirOf } = open(disk);
    host(inOne);
    disk.isShort = true;
    expect(alter("/two")).toBe(Errors.KAFKA_STORAGE_ERROR);
    disk.isShort = false;
    remove();
    host({ ...inOne, topicId: "BBBBBBBBBBBBBBBBBBBBBA" });
    expect(dirOf()).toBe("/one/topic-0");
  });

  test("a copy that finds no descriptors is not begun, and nothing of it is left; a swap waits for them", async () => {
    const disk = new ShortDisk();
    const { host, append, alter, dirOf, settle, time, logManager, told } = open(disk, { accepts: false });
    host(inOne);
    append();
    disk.isShort = true;
    expect(alter("/two")).toBe(Errors.KAFKA_STORAGE_ERROR);
    disk.isShort = false;
    await settle();
    expect(disk.list("/two").filter((name) => !name.endsWith("-delete") && name.startsWith("topic"))).toEqual([]);
    expect(alter("/two")).toBe(Errors.NONE);
    await settle();
    disk.isShort = true;
    told[0]!.accept();
    await settle();
    await time.advance(3_000);
    expect(dirOf()).toBe("/one/topic-0");
    disk.isShort = false;
    expect(append()).toMatchObject({ ok: true, baseOffset: 1 });
    await time.advance(3_000);
    await settle();
    expect([dirOf(), append()]).toMatchObject(["/two/topic-0", { ok: true, baseOffset: 2 }]);
    expect([logManager.isOnline("/one"), logManager.isOnline("/two")]).toEqual([true, true]);
  });

  test("descriptors that run out within the swap do not matter: it needs none", async () => {
    const disk = new ShortDisk();
    const { host, append, alter, dirOf, settle, logManager } = open(disk);
    host(inOne);
    append();
    disk.onOperation = (operation, path) => {
      if (operation === "rename" && path === "/one/topic-0") disk.isShort = true;
    };
    alter("/two");
    await settle();
    expect([dirOf(), logManager.isOnline("/one"), logManager.isOnline("/two")]).toEqual(["/two/topic-0", true, true]);
    disk.isShort = false;
    expect(append()).toMatchObject({ ok: true, baseOffset: 1 });
  });

  test("a new name that the disk does not keep is given back: the next start finds one log of the partition", async () => {
    const disk = new MemoryDisk();
    const { host, append, alter, dirOf, settle, logManager } = open(disk);
    host(inOne);
    append();
    disk.onOperation = (operation, path) => {
      const isSwap = operation === "rename" && /^\/two\/.*-future$/.test(path);
      if (isSwap) disk.fail("sync", "EIO", { path: /^\/two$/, times: 1 });
    };
    alter("/two");
    await settle();
    expect([dirOf(), logManager.isOnline("/two")]).toEqual(["/one/topic-0", false]);
    expect(append()).toMatchObject({ ok: true, baseOffset: 1 });
    const next = open(disk.kill());
    next.host(inOne);
    expect(next.dirOf()).toBe("/one/topic-0");
    await next.settle();
    expect([next.dirOf(), next.append()]).toMatchObject(["/two/topic-0", { ok: true, baseOffset: 2 }]);
  });

  test("a source that fails takes the partition offline, and keeps the copy for the next start", async () => {
    const disk = new MemoryDisk();
    const { host, append, alter, settle, replicas } = open(disk, { rate: 1 });
    host(inOne);
    for (let count = 0; count < 5; count++) append(batch({ value: "x".repeat(100_000) }));
    alter("/two");
    await settle();
    disk.fail("write", "EIO", { path: /^\/one\// });
    append();
    expect(append()).toMatchObject({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
    expect(replicas.partition("topic", 0)!.isOffline).toBe(true);
    await settle();
    expect(disk.list("/two").filter((name) => name.endsWith("-future"))).toHaveLength(1);
  });

  test("a topic that is deleted takes its copy along", async () => {
    const disk = new MemoryDisk();
    const { host, append, alter, remove, settle, future } = open(disk, { rate: 1 });
    host(inOne);
    append();
    alter("/two");
    remove();
    await settle();
    expect(future()).toBeUndefined();
    for (const path of ids.keys()) {
      expect(disk.list(path).filter((name) => name.startsWith("topic"))).toEqual([expect.stringMatching(/-delete$/)]);
    }
  });

  test("also one whose source is in a directory that failed before; a later topic of that name finds none", async () => {
    const disk = new MemoryDisk();
    const { host, append, alter, remove, settle, future, replicas } = open(disk, { rate: 1 });
    host(inOne);
    append();
    alter("/two");
    await settle();
    disk.fail("write", "EIO", { path: /^\/one\// });
    append();
    expect(replicas.partition("topic", 0)!.isOffline).toBe(true);
    expect(future()?.topicId).toBe(topicId);
    remove();
    await settle();
    expect(future()).toBeUndefined();
    expect(disk.list("/two").filter((name) => name.startsWith("topic"))).toEqual([expect.stringMatching(/-delete$/)]);
  });
});

/** Loses power before the n-th change: nothing gets to it from then on. */
class CuttingDisk extends MemoryDisk {
  changesLeft = Infinity;
  override check(operation: DiskOperation, path: string): void {
    const isChange = operation !== "read" && operation !== "open";
    if (isChange && --this.changesLeft < 0) throw new DiskError("EIO", `the power is off: ${path}`);
    super.check(operation, path);
  }
}

/** A move that loses power after `changes` changes of the disk; the broker starts again and finishes it. */
async function interrupted(changes: number, seed: number, how: "crash" | "kill"): Promise<{ isDone: boolean }> {
  const disk = new CuttingDisk();
  let assigned = one;
  const first = open(disk, { segmentBytes: 400, accepts: false });
  const sent: Buffer[] = [];
  let acknowledged = 0;
  const send = () => {
    const records = batch({ count: 2, value: `value ${sent.length}` });
    if (!first.append(records).ok) return;
    sent.push(records);
    // The operating system has it.
    if (disk.changesLeft >= 0) acknowledged = sent.length;
  };
  const partition = first.host(inOne);
  for (let count = 0; count < 6; count++) send();
  await partition.log.flush();
  let flushed = partition.log.logEndOffset;
  disk.changesLeft = changes;
  first.alter("/two");
  for (let turn = 0; turn < 30 && disk.changesLeft >= 0; turn++) {
    await first.time.settle();
    if (turn < 12) send();
    if (turn === 4) {
      const { log } = partition;
      const end = log.logEndOffset;
      const isFlushed = await log.flush().then(
        () => disk.changesLeft >= 0,
        () => false,
      );
      if (isFlushed) flushed = Math.max(flushed, end);
    }
    for (const { directory, accept } of disk.changesLeft < 0 ? [] : first.told.splice(0)) {
      assigned = directory;
      accept();
    }
  }
  const isDone = disk.changesLeft > 0;
  const random = new SeededRandom(seed);
  const rest = how === "kill" ? disk.kill() : disk.crash((bound) => random.below(bound));

  const second = open(rest, { segmentBytes: 400 });
  second.logManager.reconcile({
    isAssigned: (_topic, _partition, id) => id === undefined || id === topicId,
    directoryOf: () => assigned,
  });
  const again = second.host({ registration: { directories: [assigned] } });
  await second.settle(40);
  const { log } = again;
  expect(second.future(), "the move is over").toBeUndefined();
  const minimum = how === "kill" ? acknowledged * 2 : flushed;
  expect(log.logEndOffset, "nothing that had to last is lost").toBeGreaterThanOrEqual(minimum);
  expect(log.logEndOffset).toBeLessThanOrEqual(sent.length * 2);
  const found = outline(readAll(log));
  expect(found.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])).toEqual(
    found.map((_, index) => [index * 2, index * 2 + 1]),
  );
  for (const [index, { bytes }] of found.entries()) {
    expect(bytes).toBe(outline(sent[index]!)[0]!.bytes);
  }
  return { isDone };
}

test.each(["kill", "crash"] as const)("power is lost at every change of the disk during a move: %s", async (how) => {
  let changes = 0;
  for (; changes < 500; changes++) {
    const { isDone } = await interrupted(changes, changes + 1, how);
    if (isDone) break;
  }
  expect(changes).toBeGreaterThan(40);
  expect(changes).toBeLessThan(500);
});
