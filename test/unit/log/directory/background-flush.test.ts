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

/** Until flushes on the simulated disk are done. */
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
    await log.prepareClose();
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
  const flush = new BackgroundFlush({ logs: () => logs, timers: new ManualTime(), onAdvanced: () => told++ });
  for (let second = 1; second <= 4; second++) {
    flush.tick();
    await settled();
  }
  await settled();
  expect(logs.map(({ flushedOffset }) => flushedOffset)).toEqual([1, 1, 1, 1, 1]);
  expect(told).toBe(1);
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
  const flush = new BackgroundFlush({ logs: () => logs, timers: new ManualTime(), onAdvanced: () => undefined });
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
  const closing = new BackgroundFlush({ logs: () => logs, timers: time, onAdvanced: () => undefined }).prepareClose();
  const seen: number[] = [];
  for (let turns = 0; turns < 3; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(prepared);
    await time.turn();
  }
  await time.during(closing);
  expect(seen).toEqual([48, 96, 100]);
});
