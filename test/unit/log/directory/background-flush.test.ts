import { describe, expect, test } from "vitest";
import { BackgroundFlush } from "../../../../src/log/directory/background-flush.ts";
import { type Log } from "../../../../src/log/log.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { logDirectory, openLog, readAll } from "../open-log.ts";

const topicId = "K0a8tq3gSkK78COtfgEurw";
const config = { indexIntervalBytes: 150 };
const path = `${logDirectory}/00000000000000000000.log`;

function append(log: Log, count: number): void {
  for (let done = 0; done < count; done++) {
    expect(log.appendAsLeader(batch(), 0, "client", startMs)).toMatchObject({ ok: true });
  }
}

/** The simulated disk takes no time, only turns of the event loop. */
const settled = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe("recovery after a background flush", () => {
  test("begins where the flush ended, and not at the segment's start", async () => {
    const disk = new MemoryDisk();
    const { log, queue } = openLog(disk, config);
    append(log, 20);
    queue.flush();
    await log.advanceRecoveryPoint();
    append(log, 5);
    queue.flush();
    const all = readAll(log);
    const killed = disk.kill();
    // Who reads the first batches finds that they are damaged.
    killed.open(path, "readwrite").write([Buffer.from([0xff])], 70);
    const recovered = openLog(killed, config, { recoveryPoint: log.recoveryPoint }).log;
    expect(recovered.logEndOffset).toBe(25);
    expect(readAll(recovered).length).toBe(all.length);
    expect(openLog(killed.kill(), config, { recoveryPoint: 0 }).log.logEndOffset).toBe(0);
  });

  test.each(["index", "timeindex", "snapshot"])("reads the whole segment when its %s is lost", async (suffix) => {
    const disk = new MemoryDisk();
    const { log, queue } = openLog(disk, config);
    append(log, 20);
    queue.flush();
    await log.advanceRecoveryPoint();
    const killed = disk.kill();
    for (const name of killed.list(logDirectory)) {
      if (name.endsWith(`.${suffix}`)) killed.remove(`${logDirectory}/${name}`);
    }
    killed.open(path, "readwrite").write([Buffer.from([0xff])], 70);
    expect(openLog(killed, config, { recoveryPoint: log.recoveryPoint }).log.logEndOffset).toBe(0);
  });

  test("a hole behind the flush is cut with all that follows it", async () => {
    const disk = new MemoryDisk();
    const { log, queue } = openLog(disk, config);
    append(log, 10);
    queue.flush();
    await log.advanceRecoveryPoint();
    const flushedBytes = disk.stat(path).sizeBytes;
    append(log, 10);
    queue.flush();
    const killed = disk.kill();
    const batchBytes = flushedBytes / 10;
    killed.open(path, "readwrite").write([Buffer.alloc(batchBytes)], flushedBytes + 3 * batchBytes);
    const { log: recovered } = openLog(killed, config, { recoveryPoint: log.recoveryPoint });
    expect(recovered.logEndOffset).toBe(13);
    expect(killed.stat(path).sizeBytes).toBe(flushedBytes + 3 * batchBytes);
  });

  test("leaves one snapshot within the segment", async () => {
    const disk = new MemoryDisk();
    const { log, queue } = openLog(disk, config);
    for (let round = 0; round < 3; round++) {
      append(log, 2);
      queue.flush();
      await log.advanceRecoveryPoint();
    }
    const snapshots = disk.list(logDirectory).filter((name) => name.endsWith(".snapshot"));
    expect(snapshots).toEqual(["00000000000000000006.snapshot"]);
  });
});

describe("files that spare recovery the reading", () => {
  const sizeBytes = batch().length;
  const derived = (disk: MemoryDisk): string[] => disk.list(logDirectory).filter((name) => /index|snapshot/.test(name));
  const open = (disk: MemoryDisk, tailBatches: number, options: object = {}) =>
    openLog(disk, config, { bareTailBytesMax: tailBatches * sizeBytes, ...options });

  test("are not made while it has little to read, and it reads that", async () => {
    const disk = new MemoryDisk();
    const { log, queue } = open(disk, 20);
    append(log, 20);
    queue.flush();
    await log.advanceRecoveryPoint();
    expect([log.recoveryPoint, derived(disk)]).toEqual([19, []]);
    const all = readAll(log);
    const left = disk.crash(() => 0);
    const { log: recovered } = open(left, 20, { recoveryPoint: log.recoveryPoint });
    expect(readAll(recovered).equals(all)).toBe(true);
    expect(derived(left)).toEqual(["00000000000000000000.index", "00000000000000000000.timeindex"]);
  });

  test("are made when it is more, and again when so much has come behind them", async () => {
    const disk = new MemoryDisk();
    const { log, queue } = open(disk, 20);
    const snapshots: string[] = [];
    for (const count of [20, 1, 20, 1]) {
      append(log, count);
      queue.flush();
      await log.advanceRecoveryPoint();
      snapshots.push(derived(disk).findLast((name) => name.endsWith("snapshot")) ?? "none");
    }
    expect(snapshots).toEqual(["none", ...["21", "21", "42"].map((end) => `${end.padStart(20, "0")}.snapshot`)]);
    // What lies before them nobody reads again.
    const killed = disk.kill();
    killed.open(path, "readwrite").write([Buffer.from([0xff])], 70);
    expect(open(killed, 20, { recoveryPoint: log.recoveryPoint }).log.logEndOffset).toBe(42);
  });

  test("count anew in each segment, and behind a cut", async () => {
    const disk = new MemoryDisk();
    const { log, queue } = open(disk, 4);
    const grow = async (count: number): Promise<string[]> => {
      append(log, count);
      queue.flush();
      await log.advanceRecoveryPoint();
      return derived(disk).filter((name) => name.endsWith(".snapshot"));
    };
    const named = (...offsets: number[]) => offsets.map((offset) => `${String(offset).padStart(20, "0")}.snapshot`);
    expect(await grow(5)).toEqual(named(5));
    log.roll();
    expect(await grow(4)).toEqual(named(5));
    expect(await grow(1)).toEqual(named(5, 10));
    log.truncateTo(7);
    expect(await grow(2)).toEqual(named(5));
    expect(await grow(1)).toEqual(named(5, 10));
  });

  test("are also made of what clients have had flushed, but not of what a start has found", async () => {
    const disk = new MemoryDisk();
    const { log, queue } = open(disk, 4);
    append(log, 5);
    queue.flush();
    await log.flush();
    expect([1, 2, 3, 4].map(() => log.tick())).toEqual([false, false, false, true]);
    await log.advanceRecoveryPoint();
    expect([log.tick(), derived(disk).length]).toEqual([false, 3]);
    append(log, 4);
    queue.flush();
    await log.flush();
    expect([1, 2, 3, 4].map(() => log.tick())).toEqual([false, false, false, false]);
    const { log: found } = open(disk.kill(), 4, { recoveryPoint: log.recoveryPoint });
    await found.flush();
    expect([1, 2, 3, 4].map(() => found.tick())).toEqual([false, false, false, false]);
  });

  test("are there after a stop in good order, which counts", async () => {
    const disk = new MemoryDisk();
    const first = open(disk, 4);
    append(first.log, 10);
    first.log.close();
    const { log, queue } = open(disk, 4, { hadCleanShutdown: true });
    const ends: number[] = [];
    for (const count of [4, 1]) {
      append(log, count);
      queue.flush();
      await log.advanceRecoveryPoint();
      ends.push(Number(derived(disk).at(-1)?.split(".")[0]));
    }
    expect(ends).toEqual([10, 15]);
  });

  test("are all there when the log is closed, and made before that", async () => {
    const disk = new MemoryDisk();
    const { log, queue } = open(disk, 20);
    append(log, 3);
    queue.flush();
    await log.prepareClose();
    const creates = disk.counts.get("create");
    log.close();
    expect(disk.counts.get("create")).toBe(creates);
    expect(derived(disk).map((name) => name.replace(/^0+/, ""))).toEqual([".index", ".timeindex", "3.snapshot"]);
  });
});

describe("a log", () => {
  test("is flushed when nobody has written to it for some seconds", async () => {
    const { log, queue } = openLog(new MemoryDisk());
    append(log, 1);
    queue.flush();
    expect([1, 2, 3, 4].map(() => log.tick())).toEqual([false, false, false, true]);
    await log.advanceRecoveryPoint();
    expect(log.tick()).toBe(false);
    expect(log.flushedOffset).toBe(1);
  });

  test("that is written to all the time is flushed once a minute", () => {
    const { log, queue } = openLog(new MemoryDisk());
    let due = 0;
    for (let second = 1; second <= 120; second++) {
      append(log, 1);
      queue.flush();
      if (log.tick()) due++;
    }
    expect(due).toBe(2);
  });

  test("that was flushed, or never written to, is closed without a write", async () => {
    const disk = new MemoryDisk();
    const { log, queue } = openLog(disk, {}, { topicId });
    append(log, 3);
    queue.flush();
    await log.advanceRecoveryPoint();
    log.close();
    const started = openLog(disk, {}, { hadCleanShutdown: true }).log;
    const writes = disk.counts.get("write");
    const syncs = disk.counts.get("sync");
    await started.prepareClose();
    started.close();
    expect([disk.counts.get("write"), disk.counts.get("sync")]).toEqual([writes, syncs]);
  });

  test("that a crash left idle has its topic's id made durable in threads, and is closed without a sync", async () => {
    const killed = new MemoryDisk();
    openLog(killed, {}, { topicId });
    const disk = killed.kill();
    const { log } = openLog(disk);
    await log.prepareClose();
    const syncs = disk.counts.get("sync");
    expect(syncs).toBeGreaterThan(0);
    log.close();
    expect(disk.counts.get("sync")).toBe(syncs);
    expect(openLog(disk.crash(() => 0)).log.topicId).toBe(topicId);
  });

  test("that is made where one was begun has the file that it finds made durable", () => {
    const killed = new MemoryDisk();
    openLog(killed, {}, { topicId });
    const disk = killed.kill();
    openLog(disk, {}, { topicId, hadCleanShutdown: true }).log.close();
    expect(openLog(disk.crash(() => 0)).log.topicId).toBe(topicId);
  });

  test("is closed with the sync of its directory that a preparation found no descriptor for", async () => {
    const killed = new MemoryDisk();
    openLog(killed, {}, { topicId });
    const disk = killed.kill();
    const { log, diskErrors } = openLog(disk);
    disk.fail("sync", "EMFILE", { path: /topic-0$/ });
    await expect(log.prepareClose()).rejects.toMatchObject({ code: "EMFILE" });
    disk.heal();
    log.close();
    expect(diskErrors).toEqual([]);
    expect(openLog(disk.crash(() => 0)).log.topicId).toBe(topicId);
  });
});

test("background flushes go through all logs, and say when recovery points have moved", async () => {
  const disk = new MemoryDisk();
  const logs = [0, 1, 2, 3, 4].map((partition) => {
    const { log, queue } = openLog(disk, {}, { dir: `/data/topic-${partition}`, partition });
    append(log, 1);
    queue.flush();
    return log;
  });
  let told = 0;
  const time = new ManualTime();
  const flush = new BackgroundFlush({ logs: () => logs, clock: time, timers: time, onAdvanced: () => told++ });
  for (let second = 1; second <= 4; second++) {
    flush.tick();
    await settled();
  }
  await settled();
  expect(logs.map(({ flushedOffset }) => flushedOffset)).toEqual([1, 1, 1, 1, 1]);
  expect(told).toBe(1);
});

test("files of many logs, which are durable, are made over several turns of the event loop", async () => {
  const time = new ManualTime();
  let advanced = 0;
  const log = { tick: () => true, advanceRecoveryPoint: async () => void advanced++ };
  const logs = Array.from({ length: 30 }, () => ({ ...log }) as Partial<Log> as Log);
  const options = { logs: () => logs, clock: time, timers: time, onAdvanced: () => undefined };
  new BackgroundFlush(options).tick();
  const seen: number[] = [];
  for (let turns = 0; turns < 3; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(advanced);
    await time.turn();
  }
  expect(seen).toEqual([12, 24, 30]);
});

test("a stop waits for the device in threads, and then closes the logs without waiting for it again", async () => {
  const disk = new MemoryDisk();
  const logs = [0, 1, 2].map((partition) => {
    const under = openLog(disk, config, { dir: `/data/topic-${partition}`, partition });
    append(under.log, 20);
    under.queue.flush();
    return under.log;
  });
  // That one needs nothing but its index of times.
  await logs[0]!.advanceRecoveryPoint();
  // And that one what its producers are like.
  await logs[1]!.flush();
  const time = new ManualTime();
  const flush = new BackgroundFlush({ logs: () => logs, clock: time, timers: time, onAdvanced: () => undefined });
  await flush.prepareClose();
  const syncs = disk.counts.get("sync");
  for (const log of logs) log.close();
  expect(disk.counts.get("sync")).toBe(syncs);
  const after = disk.crash(() => 0);
  for (const partition of [0, 1, 2]) {
    const own = { dir: `/data/topic-${partition}`, partition, hadCleanShutdown: true };
    expect(openLog(after, config, own).log.logEndOffset).toBe(20);
  }
});

test("a stop prepares few logs in a turn of the event loop, although all is durable", async () => {
  const time = new ManualTime();
  let prepared = 0;
  const logs = Array.from(
    { length: 100 },
    () => ({ prepareClose: async () => void prepared++ }) as Partial<Log> as Log,
  );
  const options = { logs: () => logs, clock: time, timers: time, onAdvanced: () => undefined };
  const closing = new BackgroundFlush(options).prepareClose();
  const seen: number[] = [];
  for (let turns = 0; turns < 3; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(prepared);
    await time.turn();
  }
  await time.during(closing);
  expect(seen).toEqual([48, 96, 100]);
});

describe("a stop that lacks descriptors", () => {
  const open = (disk: MemoryDisk) => {
    const { log, queue, time, diskErrors } = openLog(disk, config);
    append(log, 20);
    queue.flush();
    const options = { logs: () => [log], clock: time, timers: time, onAdvanced: () => undefined };
    return { log, time, diskErrors, flush: new BackgroundFlush(options) };
  };
  const endAfterPowerLoss = (disk: MemoryDisk): number => {
    const after = disk.crash(() => 0);
    return openLog(after, config, { hadCleanShutdown: true }).log.logEndOffset;
  };

  test("waits until there are some", async () => {
    const disk = new MemoryDisk();
    const { log, time, diskErrors, flush } = open(disk);
    disk.fail("open", "EMFILE");
    let isDone = false;
    const closing = flush.prepareClose().then(() => (isDone = true));
    await time.advance(5_000);
    expect(isDone).toBe(false);
    disk.heal();
    await time.advance(100);
    await closing;
    const syncs = disk.counts.get("sync");
    log.close();
    expect([disk.counts.get("sync"), diskErrors]).toEqual([syncs, []]);
    expect(endAfterPowerLoss(disk)).toBe(20);
  });

  test("does not wait for ever", async () => {
    const disk = new MemoryDisk();
    const { log, time, diskErrors, flush } = open(disk);
    disk.fail("open", "EMFILE");
    const closing = flush.prepareClose();
    await time.advance(11_000);
    await closing;
    expect(() => log.close()).toThrow("injected");
    expect([log.isOffline, diskErrors]).toEqual([false, []]);
    disk.heal();
    log.close();
    expect(endAfterPowerLoss(disk)).toBe(20);
  });
});
