import { describe, expect, test } from "vitest";
import { nodeDisk } from "../../../../src/io/node/node-disk.ts";
import { type Disk } from "../../../../src/io/ports.ts";
import { type LogConfig, defaultLogConfig } from "../../../../src/log/log-config.ts";
import { LogManager, type LogManagerOptions } from "../../../../src/log/directory/log-manager.ts";
import { type Log } from "../../../../src/log/log.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { readAll } from "../open-log.ts";
import { managerPorts, recurringAsUsual } from "./manager-options.ts";

const firstId = "AAAAAAAAAAAAAAAAAAAAAQ";
const secondId = "AAAAAAAAAAAAAAAAAAAAAg";

function open(disk: Disk, options: Partial<LogManagerOptions> = {}) {
  const time = new ManualTime(startMs);
  const ports = managerPorts(time, disk);
  const { writeQueue: queue } = ports;
  const failed: [directory: string, isLast: boolean][] = [];
  if (disk instanceof MemoryDisk) {
    disk.mkdir("/data");
    disk.settle("/data");
  }
  const manager = new LogManager({
    ...ports,
    ...recurringAsUsual,
    excluded: new Set(["__cluster_metadata-0"]),
    onDirectoryFailed: (directory, isLast) => failed.push([directory, isLast]),
    ...options,
  });
  manager.load();
  const create = (topic: string, partition: number, config: Partial<LogConfig> = {}, topicId = firstId): Log => {
    const log = manager.getOrCreate(topic, partition, topicId, { ...defaultLogConfig, ...config });
    if (log === undefined) throw new Error("no directory is online");
    return log;
  };
  const append = (log: Log, records = batch()) => {
    const result = log.appendAsLeader(records, 0, "client", time.wallMs());
    queue.flush();
    log.highWatermark = log.writtenOffset;
    return result;
  };
  return { manager, time, queue, failed, create, append };
}

function text(disk: Disk, path: string): string {
  return disk.readFile(path).toString();
}

describe("stopping and starting", () => {
  test("producers that expired meanwhile are forgotten at start, not those with an open transaction", async () => {
    const disk = new MemoryDisk();
    const first = open(disk);
    const log = first.create("orders", 1);
    first.append(log, batch({ producerId: 1, producerEpoch: 0, baseSequence: 0 }));
    first.append(log, batch({ producerId: 2, producerEpoch: 0, baseSequence: 0, isTransactional: true }));
    first.manager.close(42);
    const second = open(disk, { producerIdExpirationMs: 1_000 });
    await second.time.advance(1_000);
    second.manager.start();
    const { producerState } = second.manager.get("orders", 1)!;
    expect([producerState.get(1), producerState.get(2)?.transactionFirstOffset]).toEqual([undefined, 1]);
    second.manager.close(43);
  });

  test("a directory that could not be closed in good order is left alone all the same", async () => {
    const disk = new MemoryDisk();
    const first = open(disk);
    const [broken, pending] = [first.create("orders", 0), first.create("orders", 1)];
    first.append(broken);
    pending.appendAsLeader(batch(), 0, "client", startMs);
    disk.fail("sync", "EMFILE", { path: /orders-0/ });
    first.manager.close(42);
    disk.heal();
    const second = open(disk);
    const log = second.manager.get("orders", 1)!;
    await first.time.settle();
    expect([log.logEndOffset, disk.stat(`${log.dir}/00000000000000000000.log`).sizeBytes]).toEqual([0, 0]);
    second.manager.close(43);
  });

  test("the ends of logs that a clean shutdown left are no recovery points of a process that appends behind them", async () => {
    const disk = new MemoryDisk();
    const first = open(disk);
    first.append(first.create("orders", 1), batch({ count: 3 }));
    first.manager.close(42);
    const second = open(disk);
    second.manager.start();
    await second.time.settle();
    expect(text(disk, "/data/recovery-point-offset-checkpoint")).toBe("0\n1\norders 1 2\n");
    second.manager.close(43);
  });

  test("a clean shutdown leaves checkpoints, a marker with the broker's epoch, and no need of recovery", () => {
    const disk = new MemoryDisk();
    const first = open(disk);
    const log = first.create("orders", 1);
    for (let count = 0; count < 3; count++) first.append(log);
    log.maybeIncrementLogStartOffset(1);
    first.manager.close(42);
    expect(text(disk, "/data/recovery-point-offset-checkpoint")).toBe("0\n1\norders 1 3\n");
    expect(text(disk, "/data/log-start-offset-checkpoint")).toBe("0\n1\norders 1 1\n");
    expect(text(disk, "/data/replication-offset-checkpoint")).toBe("0\n1\norders 1 3\n");
    expect(text(disk, "/data/orders-1/partition.metadata")).toBe(`version: 0\ntopic_id: ${firstId}`);
    expect(JSON.parse(text(disk, "/data/.kafka_cleanshutdown"))).toEqual({ version: 0, brokerEpoch: 42 });

    // All that was closed in good order survives a loss of power.
    const next = disk.crash(() => 0);
    const second = open(next);
    expect(second.manager.previousBrokerEpoch).toBe(42);
    const loaded = second.manager.get("orders", 1)!;
    expect([loaded.topicId, loaded.logStartOffset, loaded.logEndOffset, loaded.highWatermark]).toEqual([
      firstId,
      1,
      3,
      3,
    ]);
    expect(next.exists("/data/.kafka_cleanshutdown")).toBe(false);
  });

  test("a hole that nobody has come to cut is found by the next start, whether the log is closed or killed", async () => {
    const disk = new MemoryDisk();
    const first = open(disk);
    const log = first.create("orders", 1, { segmentBytes: 200 });
    for (let count = 0; count < 9; count++) first.append(log);
    const left = disk.kill();
    const names = left.list("/data/orders-1").filter((name) => name.endsWith(".log"));
    const [start, end] = names.slice(1, 3).map((name) => Number(name.slice(0, 20)));
    left.remove(`/data/orders-1/${names[1]!}`);
    for (const ending of ["closed", "killed"] as const) {
      const found = left.kill();
      const second = open(found);
      const unsettled = second.manager.get("orders", 1)!;
      expect([unsettled.isSettled, unsettled.logEndOffset]).toEqual([false, 9]);
      second.manager.start();
      await unsettled.flush();
      await second.time.advance(60_000);
      if (ending === "closed") second.manager.close(43);
      expect(found.exists("/data/.kafka_cleanshutdown")).toBe(false);
      const third = open(found.kill());
      expect(third.create("orders", 1).logEndOffset).toBe(start);
      expect(end).toBeGreaterThan(start!);
    }
  });

  test("without a shutdown: recovery, and the epoch of the last one is not known", async () => {
    const disk = new MemoryDisk();
    const first = open(disk);
    first.manager.start();
    const log = first.create("orders", 0);
    for (let count = 0; count < 4; count++) first.append(log);
    await first.time.advance(60_000);
    expect(text(disk, "/data/replication-offset-checkpoint")).toBe("0\n1\norders 0 4\n");
    const next = disk.kill();
    const file = next.open("/data/orders-0/00000000000000000000.log", "readwrite");
    file.truncate(file.sizeBytes() - 1);
    const second = open(next);
    expect(second.manager.previousBrokerEpoch).toBe(-1);
    const loaded = second.manager.get("orders", 0)!;
    expect([loaded.logEndOffset, loaded.highWatermark]).toEqual([3, 3]);
    expect(readAll(loaded).length).toBe(batch().length * 3);
  });

  test("the same on a real disk", () => {
    const directory = temporaryDirectory();
    const first = open(nodeDisk, { directories: [directory] });
    const log = first.create("orders", 0, { segmentBytes: 500 });
    for (let count = 0; count < 20; count++) first.append(log);
    const records = readAll(log);
    first.manager.close(1);
    const second = open(nodeDisk, { directories: [directory] });
    expect(readAll(second.manager.get("orders", 0)!).equals(records)).toBe(true);
    second.manager.close(2);
  });

  test("a directory that is in use is refused", () => {
    const disk = new MemoryDisk();
    const { manager } = open(disk);
    expect(() => open(disk)).toThrow(/Failed to acquire lock on file \.lock in \/data/);
    manager.close(-1);
    open(disk).manager.close(-1);
  });

  test("a partition in two directories stops the start", () => {
    const disk = new MemoryDisk();
    for (const path of ["/one", "/two"]) {
      const { manager, create, append } = open(disk, { directories: [path] });
      append(create("orders", 0));
      manager.close(-1);
    }
    expect(() => open(disk, { directories: ["/one", "/two"] })).toThrow(/orders-0/);
    // The locks are free again.
    open(disk, { directories: ["/one"] }).manager.close(-1);
  });
});

describe("directories", () => {
  test("a lost topic id is noted again", () => {
    let disk = new MemoryDisk();
    const first = open(disk);
    first.create("orders", 0);
    disk = disk.kill();
    disk.remove("/data/orders-0/partition.metadata");
    expect(open(disk).create("orders", 0).topicId).toBe(firstId);
    expect(text(disk, "/data/orders-0/partition.metadata")).toContain(firstId);
  });

  test("a deleted log is out of reach at once, and its files go later", async () => {
    const disk = new MemoryDisk();
    const { manager, create, append, time } = open(disk);
    const log = create("orders", 0);
    append(log);
    manager.delete(log);
    expect(manager.get("orders", 0)).toBeUndefined();
    const [aside] = disk.list("/data").filter((name) => name.startsWith("orders"));
    expect(aside).toMatch(/^orders-0\.[0-9a-f]{32}-delete$/);
    expect(create("orders", 0, {}, secondId).logEndOffset).toBe(0);
    await time.advance(60_000);
    expect(disk.list("/data").filter((name) => name.startsWith("orders"))).toEqual(["orders-0"]);
  });

  test("what is yet to be removed of a log that was put aside is not looked for in its successor", async () => {
    const disk = new MemoryDisk();
    const { manager, create, append, time } = open(disk);
    const appendTo = (log: Log) => {
      for (let baseSequence = 0; baseSequence < 8; baseSequence++) {
        append(log, batch({ producerId: 1, producerEpoch: 0, baseSequence }));
      }
    };
    const first = create("orders", 0, { segmentBytes: 200 });
    appendTo(first);
    first.maybeIncrementLogStartOffset(8);
    manager.deleteOldSegments();
    await time.during(manager.deleteAside([first]));
    const next = create("orders", 0, { segmentBytes: 200 }, secondId);
    appendTo(next);
    const snapshots = () => disk.list("/data/orders-0").filter((name) => name.endsWith(".snapshot"));
    const before = snapshots();
    expect(before.length).toBeGreaterThan(1);
    await time.advance(60_000);
    expect(snapshots()).toEqual(before);
    expect(disk.list("/data").filter((name) => name.startsWith("orders"))).toEqual(["orders-0"]);
  });

  test("what waited for its deletion when the broker stopped is deleted after the next start", async () => {
    const disk = new MemoryDisk();
    disk.mkdir("/data/orders-0.0123456789abcdef0123456789abcdef-delete");
    const { manager, time } = open(disk);
    expect([...manager.logs()]).toEqual([]);
    await time.advance(60_000);
    expect(disk.list("/data")).toEqual([".lock"]);
  });

  test("a log of no topic, or of an earlier one of the same name, is moved aside and kept", async () => {
    let disk = new MemoryDisk();
    const first = open(disk);
    first.append(first.create("orders", 0));
    first.append(first.create("old", 3));
    first.manager.close(1);
    disk = disk.kill();
    const { manager, create, time } = open(disk);
    manager.reconcile({ isAssigned: (topic) => topic === "orders", directoryOf: () => undefined });
    expect([...manager.logs()].map(({ name }) => name)).toEqual(["orders-0"]);
    expect(create("orders", 0, {}, secondId).logEndOffset).toBe(0);
    await time.advance(600_000);
    const strays = disk.list("/data").filter((name) => name.endsWith("-stray"));
    expect(strays.map((name) => name.replace(/[0-9a-f]{32}/, "…"))).toEqual(["old-3.…-stray", "orders-0.…-stray"]);
    manager.close(1);
    expect([...open(disk.kill()).manager.logs()].map(({ name }) => name)).toEqual(["orders-0"]);
  });

  test("the metadata log, files and other directories are not taken for partitions", () => {
    const disk = new MemoryDisk();
    disk.mkdir("/data/__cluster_metadata-0");
    disk.mkdir("/data/lost+found");
    disk.writeFileAtomic("/data/file-1", "");
    expect([...open(disk).manager.logs()]).toEqual([]);
  });

  test("a write that fails takes the directory offline; others go on", () => {
    const disk = new MemoryDisk();
    const { manager, create, append, failed } = open(disk, { directories: ["/one", "/two"] });
    const [first, second] = [create("orders", 0), create("orders", 1)];
    expect([first.dir, second.dir]).toEqual(["/one/orders-0", "/two/orders-1"]);
    disk.fail("write", "EIO", { path: /^\/one\/.*\.log$/ });
    append(first);
    append(second);
    expect(failed).toEqual([["/one", false]]);
    expect([manager.isOnline("/one"), manager.isOnline("/two"), first.isOffline, second.writtenOffset]).toEqual([
      false,
      true,
      true,
      1,
    ]);
    expect(create("orders", 2).dir).toBe("/two/orders-2");
    disk.heal();
    manager.close(7);
    // The failed directory has no word of a clean shutdown.
    expect([disk.exists("/one/.kafka_cleanshutdown"), disk.exists("/two/.kafka_cleanshutdown")]).toEqual([false, true]);
  });

  test("the last directory that fails is told as such", async () => {
    const disk = new MemoryDisk();
    const { manager, create, time, failed } = open(disk);
    create("orders", 0);
    manager.start();
    disk.fail("sync", "EIO");
    await time.advance(100_000);
    expect(failed).toEqual([["/data", true]]);
    expect(manager.getOrCreate("orders", 1, firstId, defaultLogConfig)).toBeUndefined();
  });
});

describe("a stop of many logs", () => {
  const openMany = (disk: MemoryDisk) => {
    const opened = open(disk);
    const logs = Array.from({ length: 500 }, (_, partition) => opened.create("orders", partition));
    for (const log of logs) opened.append(log);
    return { ...opened, logs };
  };

  test("takes several turns, and leaves what one in a single turn leaves", async () => {
    const [disk, other] = [new MemoryDisk(), new MemoryDisk()];
    openMany(other).manager.close(7);
    const { manager, logs, time } = openMany(disk);
    const closing = manager.closeOverTurns(7);
    const closed = () => logs.filter(({ storage }) => storage.isClosed).length;
    expect(closed()).toBe(50);
    expect(disk.exists("/data/.kafka_cleanshutdown")).toBe(false);
    await time.turn();
    expect(closed()).toBe(100);
    await time.during(closing);
    expect(closed()).toBe(500);
    for (const name of disk.list("/data").filter((each) => each.includes("checkpoint") || each.includes("clean"))) {
      expect([name, text(disk, `/data/${name}`)]).toEqual([name, text(other, `/data/${name}`)]);
    }
    const next = open(disk.crash(() => 0));
    expect(next.manager.hadCleanShutdown("/data")).toBe(true);
    expect(logs.every(({ partition }) => next.manager.get("orders", partition)!.logEndOffset === 1)).toBe(true);
  });

  test("in which the directory fails leaves no word of a clean shutdown, and the directory to others", async () => {
    const disk = new MemoryDisk();
    const { manager, time } = openMany(disk);
    const closing = manager.closeOverTurns(7);
    disk.fail("sync", "EIO");
    await time.during(closing);
    expect(disk.exists("/data/.kafka_cleanshutdown")).toBe(false);
    disk.heal();
    open(disk).manager.close(8);
    expect(disk.exists("/data/.kafka_cleanshutdown")).toBe(true);
  });
});

describe("recurring work", () => {
  test("a round of retention through many logs takes several turns", async () => {
    const { manager, time, create, append } = open(new MemoryDisk());
    const logs = Array.from({ length: 250 }, (_, partition) => create("orders", partition, { retentionMs: 1_000 }));
    for (const log of logs) append(log);
    manager.start();
    const retained = () => logs.filter((log) => log.logStartOffset === 0).length;
    await time.advance(30_000);
    expect(retained()).toBe(150);
    await time.advance(10);
    expect(retained()).toBe(50);
    await time.advance(10);
    expect(retained()).toBe(0);
  });

  test("retention, and the removal of the files after their delay", async () => {
    const disk = new MemoryDisk();
    const { manager, create, append, time } = open(disk);
    const log = create("orders", 0, { segmentBytes: 200, retentionMs: 100_000 });
    for (let count = 0; count < 6; count++) append(log);
    manager.start();
    await time.advance(30_000);
    expect(log.logStartOffset).toBe(0);
    await time.advance(300_000);
    expect(log.logStartOffset).toBe(6);
    await time.advance(60_000);
    expect(disk.list(log.dir).filter((name) => name.endsWith(".log"))).toEqual(["00000000000000000006.log"]);
    expect(text(disk, "/data/log-start-offset-checkpoint")).toBe("0\n0\n");
    manager.close(1);
    expect(open(disk.kill()).manager.get("orders", 0)!.logStartOffset).toBe(6);
  });

  test("producers that have been silent for too long are forgotten", async () => {
    const { manager, create, append, time } = open(new MemoryDisk(), { producerIdExpirationMs: 900_000 });
    const log = create("orders", 0);
    append(log, batch({ producerId: 5, producerEpoch: 0, baseSequence: 0, timestamp: startMs }));
    manager.start();
    await time.advance(600_000);
    expect(log.producerState.size).toBe(1);
    await time.advance(600_000);
    expect(log.producerState.size).toBe(0);
  });
});
