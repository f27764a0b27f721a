import { expect, test } from "vitest";
import { inPlaceWorkers } from "../../../../src/io/in-place-workers.ts";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type Disk, DiskError } from "../../../../src/io/ports.ts";
import { defaultLogConfig } from "../../../../src/log/log-config.ts";
import { LogManager } from "../../../../src/log/directory/log-manager.ts";
import { type Log } from "../../../../src/log/log.ts";
import { copyBatches } from "../../../../src/replication/replica-copy.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { managerPorts, recurringAsUsual } from "../directory/manager-options.ts";
import { cleanerConfig, compacted } from "./clean-log.ts";

const topicId = "AAAAAAAAAAAAAAAAAAAAAQ";
const checkpoint = "/data/cleaner-offset-checkpoint";

function open(disk: Disk, isEnabled = true, directories: readonly string[] = ["/data"]) {
  const time = new ManualTime(startMs);
  const ports = managerPorts(time, disk);
  const { writeQueue: queue } = ports;
  const manager = new LogManager({
    ...ports,
    ...recurringAsUsual,
    directories,
    cleaner: {
      config: { ...cleanerConfig, isEnabled },
      workers: inPlaceWorkers({ clock: time, timers: time, disk, compute: nodeCompute }),
    },
  });
  manager.load();
  const create = (topic: string): Log => {
    const config = { ...defaultLogConfig, ...compacted, isDeleted: true, retentionMs: 1_000 };
    const log = manager.getOrCreate(topic, 0, topicId, config);
    if (log === undefined) throw new Error("no directory is online");
    return log;
  };
  const append = (log: Log, count: number): void => {
    for (let left = count; left > 0; left--) log.appendAsLeader(batch({ key: "a" }), 0, "client", time.wallMs());
    log.roll();
    log.appendAsLeader(batch({ key: "a" }), 0, "client", time.wallMs());
    queue.flush();
    log.highWatermark = log.logEndOffset;
  };
  return { manager, time, create, append };
}

test("where each log is clean up to survives a restart, and goes with the log", async () => {
  const disk = new MemoryDisk();
  const first = open(disk);
  const [one, two] = [first.create("one"), first.create("two")];
  first.append(one, 3);
  first.append(two, 5);
  first.manager.start();
  for (let turns = 0; turns < 20; turns++) await first.time.settle();
  expect(disk.readFile(checkpoint).toString()).toBe("0\n2\none 0 3\ntwo 0 5\n");
  await first.manager.prepareClose();
  first.manager.close(1);

  const second = open(disk);
  const again = second.create("one");
  expect(again.cleanedOffset).toBe(3);
  second.manager.delete(again);
  await second.time.advance(100);
  expect(disk.readFile(checkpoint).toString()).toBe("0\n1\ntwo 0 5\n");
  expect(second.create("one").cleanedOffset).toBe(undefined);
});

/** Forty records; of each segment of eight the last two are superseded by those of the next. */
function fillWithGaps(log: Log, time: ManualTime): void {
  for (let offset = 0; offset < 40; offset++) {
    const key = offset % 8 < 6 ? `key ${offset}` : "a";
    log.appendAsLeader(batch({ key, value: "v".repeat(60) }), 0, "client", time.wallMs());
    if (offset % 8 === 7) log.roll();
  }
  log.writePending();
  log.highWatermark = log.logEndOffset;
}

test("what a round that was cut short left out is no hole to a topic that is no longer compacted", async () => {
  const disk = new MemoryDisk();
  const { manager, time, create } = open(disk);
  const log = create("one");
  fillWithGaps(log, time);
  disk.syncDirectory("/");
  let swaps = 0;
  let copy: MemoryDisk | undefined;
  disk.onOperation = (operation, path) => {
    if (operation === "rename" && path.endsWith(".log.cleaned") && ++swaps === 3) copy = disk.crash(() => 0);
  };
  manager.start();
  for (let turns = 0; turns < 20; turns++) await time.settle();
  expect(copy).toBeDefined();
  const second = open(copy!).manager.getOrCreate("one", 0, topicId, defaultLogConfig);
  expect(second?.logEndOffset).toBe(40);
  expect(second?.read(6, 1, 40, true)).toMatchObject({ ok: true, endOffset: 9 });
});

test("nor is it in the copy of such a log in another directory", async () => {
  const disk = new MemoryDisk();
  const directories = ["/data", "/other"];
  const { manager, time, create } = open(disk, true, directories);
  const log = create("one");
  fillWithGaps(log, time);
  manager.start();
  for (let turns = 0; turns < 20; turns++) await time.settle();
  expect(log.cleanedOffset).toBe(40);
  log.updateConfig({ ...defaultLogConfig, segmentBytes: 200 });
  const future = manager.createFuture(log, log.dir.startsWith("/data/") ? "/other" : "/data")!;
  while (future.logEndOffset < 40) expect(copyBatches(log, future, 1_000)).toMatchObject({ ok: true });
  await future.flush();
  expect(manager.promoteFuture("one", 0)).toBe(true);
  const second = open(disk.kill(), true, directories).manager.getOrCreate("one", 0, topicId, defaultLogConfig);
  expect(second?.logEndOffset).toBe(40);
});

test("without a cleaner, compacted logs are neither compacted nor cut by retention, as in Apache Kafka", async () => {
  const disk = new MemoryDisk();
  const { manager, time, create, append } = open(disk, false);
  const log = create("one");
  append(log, 3);
  manager.start();
  await time.advance(1_000_000);
  expect(manager.cleaner).toBe(undefined);
  expect(log.segmentSizes()).toHaveLength(2);
});

test("a log that moves to another directory is not compacted: the copy may have old values of keys, and needs their tombstones", async () => {
  const { manager, time, create, append } = open(new MemoryDisk(), true, ["/data", "/other"]);
  const [moving, caught] = [create("moving"), create("caught")];
  const directoryOf = (log: Log) => (log.dir.startsWith("/data/") ? "/other" : "/data");
  for (const log of [moving, caught]) {
    log.updateConfig({ ...log.config, isDeleted: false });
    append(log, 3);
  }
  expect(manager.createFuture(moving, directoryOf(moving))).toBeDefined();
  manager.start();
  const turn = time.settle();
  // A round that is under way ends without a change.
  expect(caught.storage.cleaning).not.toBe(null);
  expect(manager.createFuture(caught, directoryOf(caught))).toBeDefined();
  await turn;
  await time.advance(100_000);
  for (const log of [moving, caught]) {
    expect(log.cleanedOffset).toBe(undefined);
    expect(log.read(0, 1, log.writtenOffset, true)).toMatchObject({ ok: true, endOffset: 1 });
    const future = manager.future(log.topic, 0);
    if (future !== undefined) manager.delete(future);
  }
  await time.advance(100_000);
  for (const log of [moving, caught]) expect(log.cleanedOffset).toBe(3);
});

test("a copy whose beginning fails because a round cannot be ended is not there, and the log's directory is offline", () => {
  const { manager, create } = open(new MemoryDisk(), true, ["/data", "/other"]);
  const log = create("one");
  const path = log.dir.startsWith("/data/") ? "/other" : "/data";
  log.storage.cleaning = {
    // As a swap's: of a log that is offline nothing is touched any more.
    abort: () => {
      if (!log.isOffline) throw new DiskError("EIO", "input/output error");
    },
  };
  expect(manager.createFuture(log, path)).toBe(undefined);
  expect(manager.future("one", 0)).toBe(undefined);
  expect(["/data", "/other"].map((each) => manager.isOnline(each))).toEqual([path === "/data", path === "/other"]);
});
