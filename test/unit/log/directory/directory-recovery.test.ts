import { describe, expect, test } from "vitest";
import { inPlaceWorkers } from "../../../../src/io/in-place-workers.ts";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type Logger, TaskError, type Workers } from "../../../../src/io/ports.ts";
import { LogManager } from "../../../../src/log/directory/log-manager.ts";
import { defaultLogConfig } from "../../../../src/log/log-config.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { countOpenFiles } from "../../../support/open-file-count.ts";
import { silentLogger } from "../../../support/silent-logger.ts";
import { batch, startMs } from "../batches.ts";
import { readAll } from "../open-log.ts";
import { managerPorts, neverRecurring } from "./manager-options.ts";

const topicId = "AAAAAAAAAAAAAAAAAAAAAQ";
const directories = ["/one", "/two"];

function open(disk: MemoryDisk, logger: Logger = silentLogger, defaultConfig = defaultLogConfig) {
  const time = new ManualTime(startMs);
  const ports = managerPorts(time, disk);
  const manager = new LogManager({ ...ports, ...neverRecurring, directories, defaultConfig, logger });
  return { manager, queue: ports.writeQueue, time };
}

/** A disk on which a broker with so many logs was killed, and the batches of each. */
function killed(partitions: number, valueSizeBytes = 10): { disk: MemoryDisk; records: Buffer[] } {
  const disk = new MemoryDisk();
  for (const directory of directories) disk.mkdir(directory);
  const { manager, queue } = open(disk);
  manager.load();
  const records: Buffer[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const log = manager.getOrCreate("orders", partition, topicId, defaultLogConfig)!;
    for (let count = 0; count < 3; count++) {
      const value = Buffer.alloc(valueSizeBytes, partition);
      const records = batch({ value, producerId: partition, producerEpoch: 0, baseSequence: count });
      expect(log.appendAsLeader(records, 0, "client", startMs)).toMatchObject({ ok: true });
    }
    queue.flush();
    records.push(readAll(log));
  }
  return { disk: disk.kill(), records };
}

/** Runs tasks where they are asked for, and notes the logs of each. */
function notingWorkers(disk: MemoryDisk, time: ManualTime) {
  const tasks: string[][] = [];
  const inPlace = inPlaceWorkers({ disk, clock: time, timers: time, compute: nodeCompute });
  const workers: Workers = {
    run: (task, input, options) => {
      tasks.push((input as { logs: { dir: string }[] }).logs.map(({ dir }) => dir));
      return inPlace.run(task, structuredClone(input), options);
    },
  };
  return { workers, tasks };
}

function expectAll(manager: LogManager, records: readonly Buffer[]): void {
  for (const [partition, expected] of records.entries()) {
    const log = manager.get("orders", partition)!;
    expect(readAll(log)).toEqual(expected);
    expect(log.producerState.get(partition)?.lastSequence).toBe(2);
  }
}

describe("after a crash", () => {
  test("threads recover the logs of a directory with many, each once", async () => {
    const { disk, records } = killed(120);
    const { manager, time } = open(disk);
    const { workers, tasks } = notingWorkers(disk, time);
    await manager.recover(workers, 2);
    const all = tasks.flat().sort();
    expect(new Set(all).size).toBe(120);
    expect(all.length).toBe(120);
    // They are handed out in pieces, so that all threads are busy to the end.
    expect(tasks.length).toBeGreaterThan(8);
    manager.load();
    expectAll(manager, records);
    manager.close(1);
    const next = open(disk);
    const again = notingWorkers(disk, next.time);
    await next.manager.recover(again.workers, 2);
    expect(again.tasks).toEqual([]);
    next.manager.load();
    expectAll(next.manager, records);
  });

  test("threads recover a few large logs, and nobody starts one for a few small ones", async () => {
    const small = killed(2, 1_000);
    const one = open(small.disk);
    const few = notingWorkers(small.disk, one.time);
    await one.manager.recover(few.workers, 2);
    expect(few.tasks).toEqual([]);
    one.manager.load();
    expectAll(one.manager, small.records);

    const large = killed(2, 9_000);
    const two = open(large.disk);
    const many = notingWorkers(large.disk, two.time);
    await two.manager.recover(many.workers, 2, 20_000);
    expect(many.tasks).toEqual([["/one/orders-0"], ["/two/orders-1"]]);
    two.manager.load();
    expectAll(two.manager, large.records);
  });

  test("no batch that a thread has read is read again", async () => {
    const { disk } = killed(120);
    const { manager, time } = open(disk);
    await manager.recover(notingWorkers(disk, time).workers, 2);
    disk.fail("open", "EIO", { path: /\.log$/ });
    manager.load();
    expect(directories.map((directory) => manager.isOnline(directory))).toEqual([true, true]);
  });

  test("a disk that fails in a thread takes its directory offline, and no other", async () => {
    const { disk, records } = killed(120);
    const { manager, time } = open(disk);
    const { workers } = notingWorkers(disk, time);
    disk.fail("read", "EIO", { path: /^\/two\/orders-77\// });
    await manager.recover(workers, 2);
    manager.load();
    expect(directories.map((directory) => manager.isOnline(directory))).toEqual([true, false]);
    for (const [partition, expected] of records.entries()) {
      const log = manager.get("orders", partition);
      if (partition % 2 === 0) expect(readAll(log!)).toEqual(expected);
      else expect(log).toBeUndefined();
    }
  });

  test("what a thread that died leaves is recovered in place", async () => {
    const { disk, records } = killed(120);
    const { manager, time } = open(disk);
    const { workers } = notingWorkers(disk, time);
    let runs = 0;
    const dying: Workers = {
      run: async (task, input, options) => {
        const output = await workers.run(task, input, options);
        if (++runs % 3 === 0) throw new TaskError("the thread died");
        return output;
      },
    };
    await manager.recover(dying, 2);
    manager.load();
    expectAll(manager, records);
  });

  test("what recovery has to say is said", async () => {
    const { disk, records } = killed(120);
    const path = "/one/orders-4/00000000000000000000.log";
    const file = disk.open(path, "update");
    file.truncate(file.sizeBytes() - 1);
    const lines: object[] = [];
    const logger: Logger = { ...silentLogger, warn: (fields, message) => void lines.push({ ...fields, message }) };
    const { manager, time } = open(disk, logger);
    await manager.recover(notingWorkers(disk, time).workers, 2);
    manager.load();
    expect(lines).toMatchObject([{ log: "orders-4", message: expect.stringContaining("its tail is cut") }]);
    expect(records[4]!.subarray(0, -1).includes(readAll(manager.get("orders", 4)!))).toBe(true);
  });

  test("a stop before the logs are loaded says of no directory that it was closed in good order", async () => {
    const { disk } = killed(3);
    const { manager } = open(disk);
    manager.close(1);
    expect(open(disk).manager.hadCleanShutdown("/one")).toBe(false);
  });

  test("a directory that cannot even be listed is offline", async () => {
    const { disk } = killed(3);
    const { manager, time } = open(disk);
    disk.fail("open", "EIO", { path: /^\/one\/recovery-point/ });
    await manager.recover(notingWorkers(disk, time).workers, 2);
    manager.load();
    expect(manager.isOnline("/one")).toBe(false);
  });
});

test("the look at how much is to be recovered counts what lies behind the last flush, and leaves no file open", async () => {
  const written = new MemoryDisk();
  for (const directory of directories) written.mkdir(directory);
  const first = open(written);
  first.manager.load();
  const config = { ...defaultLogConfig, indexIntervalBytes: 100 };
  for (let partition = 0; partition < 20; partition++) {
    const log = first.manager.getOrCreate("orders", partition, topicId, config)!;
    for (let count = 0; count < 8; count++) log.appendAsLeader(batch(), 0, "client", startMs);
    first.queue.flush();
  }
  // So that it is looked for a point within the segments where recovery may begin.
  await first.manager.prepareClose();
  await first.time.settle();
  const disk = written.kill();
  const files = countOpenFiles(disk);
  const opened = disk.counts.get("open") ?? 0;
  const { manager, time } = open(disk);
  const { workers, tasks } = notingWorkers(disk, time);
  await manager.recover(workers, 2, 1);
  // There is nothing behind those points.
  expect(tasks).toEqual([]);
  expect(disk.counts.get("open")! - opened).toBeGreaterThan(20);
  expect(files.count).toBe(0);
});

test.each(["a stop", "a crash"])("threads make the indexes that segments have lost at %s", async (end) => {
  const before = new MemoryDisk();
  for (const directory of directories) before.mkdir(directory);
  const first = open(before);
  first.manager.load();
  const config = { ...defaultLogConfig, segmentBytes: 2_000, indexIntervalBytes: 200 };
  const log = first.manager.getOrCreate("orders", 0, topicId, config)!;
  for (let count = 0; count < 110; count++)
    log.appendAsLeader(batch({ timestamp: startMs + count }), 0, "client", startMs);
  first.queue.flush();
  const bases = log.segmentSizes().map(({ baseOffset }) => baseOffset);
  await first.manager.prepareClose();
  await first.time.settle();
  if (end === "a stop") first.manager.close(1);
  const disk = before.kill();
  const path = (slot: number, suffix: string) => `/one/orders-0/${String(bases[slot]).padStart(20, "0")}.${suffix}`;
  const removed = [path(0, "index"), path(1, "timeindex"), path(2, "index"), path(2, "timeindex")];
  const lost = removed.map((file) => disk.readFile(file));
  for (const file of removed) disk.remove(file);
  const { manager, time } = open(disk, silentLogger, config);
  await manager.recover(notingWorkers(disk, time).workers, 2, 0);
  manager.load();
  const tasks: number[] = [];
  const inPlace = inPlaceWorkers({ disk, clock: time, timers: time, compute: nodeCompute });
  const workers: Workers = {
    run: (task, input, options) => {
      tasks.push((input as { baseOffset: number }).baseOffset);
      return inPlace.run(task, structuredClone(input), options);
    },
  };
  await manager.indexInThreads(workers, 2, 1_000_000);
  expect(tasks).toEqual([]);
  await manager.indexInThreads(workers, 2, 1_000);
  expect(tasks.sort((one, other) => one - other)).toEqual(bases.slice(0, 3));
  expect(removed.map((file) => disk.readFile(file))).toEqual(lost);
  const found = manager.get("orders", 0)!;
  expect(readAll(found).length).toBe(found.sizeBytes);
  const expected = { offset: 3, timestamp: startMs + 3 };
  expect(await time.during(found.offsetForTimestamp(startMs + 3, nodeCompute))).toMatchObject(expected);
});
