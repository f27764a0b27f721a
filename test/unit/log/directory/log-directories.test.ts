import { describe, expect, test } from "vitest";
import { type Disk } from "../../../../src/io/ports.ts";
import { defaultLogConfig } from "../../../../src/log/log-config.ts";
import { LogManager, type LogManagerOptions } from "../../../../src/log/directory/log-manager.ts";
import { type Log } from "../../../../src/log/log.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { managerPorts, neverRecurring } from "./manager-options.ts";

const first = "AAAAAAAAAAAAAAAAAAAAAQ";
const second = "AAAAAAAAAAAAAAAAAAAAAg";
const ids = new Map([
  ["/one", "b1ftXeVOTdqTXlZ4bVqkSQ"],
  ["/two", "vT2fYtJ0QiWVqVxYc1lUpA"],
  ["/three", "0wMPFXGbSsGLtV2TG2pQ8Q"],
]);
const futureName = "orders-0.0123456789abcdef0123456789abcdef-future";

function open(disk: Disk, options: Partial<LogManagerOptions> = {}) {
  const time = new ManualTime(startMs);
  const ports = managerPorts(time, disk);
  const { writeQueue: queue } = ports;
  const failed: [directory: string, isLast: boolean][] = [];
  const manager = new LogManager({
    ...ports,
    ...neverRecurring,
    directories: ["/one", "/two"],
    directoryIds: ids,
    initialDelayMs: 0,
    recoveryPointIntervalMs: 1_000,
    logStartIntervalMs: 1_000,
    highWatermarkIntervalMs: 1_000,
    onDirectoryFailed: (directory, isLast) => failed.push([directory, isLast]),
    ...options,
  });
  manager.load();
  const create = (partition: number, topicId = first, assigned?: string): Log | undefined =>
    manager.getOrCreate("orders", partition, topicId, defaultLogConfig, assigned);
  const append = (log: Log) => {
    log.appendAsLeader(batch(), 0, "client", startMs);
    queue.flush();
    log.highWatermark = log.writtenOffset;
  };
  const namesIn = (path: string) =>
    disk
      .list(path)
      .filter((name) => /-\d/.test(name))
      .map((name) => name.replace(/[0-9a-f]{32}/, "…"));
  return { manager, time, failed, create, append, namesIn };
}

/** Logs in directories, as a broker that was killed left them. */
function left(logs: readonly { dir: string; topicId?: string; records?: number }[]): MemoryDisk {
  let disk = new MemoryDisk();
  for (const { dir, topicId = first, records = 1 } of logs) {
    const { manager, create, append } = open(disk, { directories: ["/maker"] });
    const log = create(0, topicId)!;
    for (let count = 0; count < records; count++) append(log);
    manager.close(1);
    disk = disk.kill();
    disk.mkdir(dir.slice(0, dir.lastIndexOf("/")));
    disk.rename("/maker/orders-0", dir);
    disk.remove("/maker");
  }
  return disk;
}

const isFirstOrUnknown = (_topic: string, _partition: number, id?: string) => id === undefined || id === first;
const isFirst = (_topic: string, _partition: number, id: string | undefined) => id === first;

describe("where a new log goes", () => {
  test("to the directory with the fewest", () => {
    const { create } = open(new MemoryDisk(), { directories: ["/one", "/two", "/three"] });
    const dirs = [0, 1, 2, 3, 4].map((partition) => create(partition)!.dir);
    expect(dirs).toEqual(["/one/orders-0", "/two/orders-1", "/three/orders-2", "/one/orders-3", "/two/orders-4"]);
  });

  test("to the one that is assigned, or was asked for before, which counts more", () => {
    const { create, manager } = open(new MemoryDisk());
    expect(create(0, first, ids.get("/two"))!.dir).toBe("/two/orders-0");
    manager.prefer("orders", 1, "/two");
    expect(create(1, first, ids.get("/one"))!.dir).toBe("/two/orders-1");
    manager.delete(manager.get("orders", 1)!);
    expect(create(1, second)!.dir).toBe("/one/orders-1");
  });

  test("to none that is cordoned, unless all are", () => {
    const cordoned = new Set(["/one"]);
    const { create } = open(new MemoryDisk(), { isCordoned: (path) => cordoned.has(path) });
    expect([create(0)!.dir, create(1)!.dir]).toEqual(["/two/orders-0", "/two/orders-1"]);
    cordoned.add("/two");
    expect(create(2)!.dir).toBe("/one/orders-2");
  });

  test("to the next one when it cannot be made in the first, which is offline then", () => {
    const disk = new MemoryDisk();
    const { create, failed } = open(disk);
    disk.fail("mkdir", "EROFS", { path: /^\/one\// });
    expect(create(0)!.dir).toBe("/two/orders-0");
    expect(failed).toEqual([["/one", false]]);
    disk.fail("mkdir", "EROFS", { path: /^\/two\// });
    expect(create(1)).toBeUndefined();
    expect(failed).toEqual([
      ["/one", false],
      ["/two", true],
    ]);
  });

  test("nowhere while the directory that it is assigned to, and may lie in, is offline", () => {
    const disk = new MemoryDisk();
    disk.fail("mkdir", "EIO", { path: /^\/two$/ });
    const { create } = open(disk);
    expect(create(0, first, ids.get("/two"))).toBeUndefined();
    expect(create(1, first, ids.get("/one"))!.dir).toBe("/one/orders-1");
    expect(create(2)!.dir).toBe("/one/orders-2");
  });

  test("anywhere when the directory that it is assigned to is not configured any more", () => {
    const { create } = open(new MemoryDisk());
    expect(create(0, first, ids.get("/three"))!.dir).toBe("/one/orders-0");
  });
});

describe("a directory that fails at the start", () => {
  test.each([
    ["cannot be made", "mkdir", /^\/two$/],
    ["cannot be locked", "open", /^\/two\/\.lock/],
    ["has a log that cannot be read", "read", /^\/two\/orders-0\//],
    ["has a checkpoint that cannot be read", "read", /^\/two\/recovery/],
  ] as const)("is offline alone when it %s", (_what, operation, path) => {
    const disk = left([{ dir: "/two/orders-0" }]);
    disk.mkdir("/one");
    if (operation === "mkdir") disk.remove("/two");
    else disk.writeFileAtomic("/two/recovery-point-offset-checkpoint", "0\n0\n");
    const lock = disk.lock.bind(disk);
    disk.fail(operation, "EIO", { path });
    disk.lock = (name: string) => {
      disk.check("open", name);
      return lock(name);
    };
    const { manager, create, failed } = open(disk);
    expect([manager.isOnline("/one"), manager.isOnline("/two")]).toEqual([true, false]);
    expect([...manager.allLogs()]).toEqual([]);
    expect(manager.onlineDirectoryIds()).toEqual([ids.get("/one")]);
    expect(manager.previousBrokerEpoch).toBe(-1);
    expect(create(1)!.dir).toBe("/one/orders-1");
    // Nobody is told of what was so from the start.
    expect(failed).toEqual([]);
  });

  test("stops the start when it is the last", () => {
    const disk = new MemoryDisk();
    disk.fail("mkdir", "EIO");
    expect(() => open(disk)).toThrow(/none of the specified log dirs from \/one, \/two can be created or validated/);
    const other = left([{ dir: "/one/orders-0" }]);
    other.fail("read", "EIO", { path: /^\/one\/orders-0\// });
    expect(() => open(other, { directories: ["/one"] })).toThrow(/all log dirs in \/one have failed/);
    other.heal();
    // The lock is free again.
    open(other, { directories: ["/one"] }).manager.close(1);
  });
});

describe("a directory that fails while the broker runs", () => {
  test.each([
    ["an append", "write", /\.log$/],
    ["a flush", "sync", /\.log$/],
    ["a checkpoint", "write", /checkpoint/],
    ["a look at a checkpoint that has nothing new to say", "open", /nothing/],
  ] as const)("%s", async (what, operation, path) => {
    const disk = new MemoryDisk();
    const { manager, create, append, failed, time } = open(disk);
    const log = create(0)!;
    const other = create(1)!;
    manager.start();
    append(log);
    await time.advance(3_000);
    if (operation === "open") disk.remove("/one");
    else disk.fail(operation, "EIO", { path: new RegExp(`^/one/.*${path.source}`) });
    append(log);
    if (what === "a flush") await log.flush().catch(() => {});
    await time.advance(3_000);
    expect(failed).toEqual([["/one", false]]);
    expect([log.isOffline, other.isOffline]).toEqual([true, false]);
    expect(manager.get("orders", 0)).toBeUndefined();
    append(other);
    expect(other.writtenOffset).toBe(1);
  });
});

describe("a directory of many logs that fails", () => {
  const count = 450;

  function fail() {
    const disk = new MemoryDisk();
    const opened = disk.open.bind(disk);
    const openFiles = new Set<object>();
    disk.open = (path, mode) => {
      const file = opened(path, mode);
      if (!path.endsWith(".log")) return file;
      openFiles.add(file);
      const close = file.close.bind(file);
      file.close = () => {
        openFiles.delete(file);
        close();
      };
      return file;
    };
    const { manager, create, append, time } = open(disk, { directories: ["/one"] });
    const logs = Array.from({ length: count }, (_, partition) => create(partition)!);
    for (const log of logs) append(log);
    expect(openFiles.size).toBe(count);
    disk.fail("write", "EIO", { path: /^\/one\/orders-0\// });
    append(logs[0]!);
    return { manager, time, logs, openFiles };
  }

  test("serves none of them from then on, and closes their files over some turns", async () => {
    const { time, logs, openFiles } = fail();
    expect(logs.filter((log) => !log.isOffline)).toEqual([]);
    const open = [openFiles.size];
    while (open.at(-1)! > 0 && open.length < 9) {
      await time.turn();
      open.push(openFiles.size);
    }
    expect(open).toEqual([250, 50, 0]);
  });

  test("closes the rest at a stop", () => {
    const { manager, openFiles } = fail();
    manager.close(1);
    expect(openFiles.size).toBe(0);
  });
});

describe("what lies in the directories at the start", () => {
  test("a future log is loaded, and goes on", () => {
    const disk = left([
      { dir: "/one/orders-0", records: 5 },
      { dir: `/two/${futureName}`, records: 3 },
    ]);
    const { manager } = open(disk);
    expect(manager.get("orders", 0)!.logEndOffset).toBe(5);
    expect(manager.future("orders", 0)!.logEndOffset).toBe(3);
    manager.reconcile({ isAssigned: isFirst, directoryOf: () => ids.get("/two") });
    // The current log is there: what the copy lacks is not given up, although the metadata names the copy's directory.
    expect([manager.get("orders", 0)!.dir, manager.future("orders", 0)!.logEndOffset]).toEqual(["/one/orders-0", 3]);
  });

  test("a future log without a current one is promoted when the metadata has it as the replica", () => {
    const disk = left([{ dir: `/two/${futureName}`, records: 3 }]);
    const { manager, namesIn } = open(disk);
    manager.reconcile({ isAssigned: isFirst, directoryOf: () => ids.get("/two") });
    expect(manager.get("orders", 0)).toMatchObject({ dir: "/two/orders-0", logEndOffset: 3 });
    expect([manager.future("orders", 0), namesIn("/two")]).toEqual([undefined, ["orders-0"]]);
  });

  test("or when it is all there is; not while its current log may be in a directory that is offline", () => {
    const logs = [{ dir: `/two/${futureName}`, records: 3 }];
    const alone = open(left(logs)).manager;
    alone.reconcile({ isAssigned: isFirst, directoryOf: () => ids.get("/three") });
    expect(alone.get("orders", 0)!.dir).toBe("/two/orders-0");
    const disk = left(logs);
    disk.fail("mkdir", "EIO", { path: /^\/one$/ });
    const { manager, create } = open(disk);
    manager.reconcile({ isAssigned: isFirst, directoryOf: () => ids.get("/one") });
    expect([manager.get("orders", 0), manager.future("orders", 0)?.logEndOffset]).toEqual([undefined, 3]);
    expect(create(0, first, ids.get("/one"))).toBeUndefined();
  });

  test("a future log of a deleted topic is moved aside", () => {
    const { manager, namesIn } = open(left([{ dir: `/two/${futureName}`, topicId: second }]));
    manager.reconcile({ isAssigned: isFirst, directoryOf: () => undefined });
    expect([manager.future("orders", 0), namesIn("/two")]).toEqual([undefined, ["orders-0.…-stray"]]);
  });

  test("one log in two directories stops the start, worded as Kafka does", () => {
    const disk = left([{ dir: "/one/orders-0" }, { dir: "/two/orders-0" }]);
    expect(() => open(disk)).toThrow(
      "Duplicate log directories for orders-0 are found in both /two/orders-0 and /one/orders-0. It is likely because log directory failure happened while broker was replacing current replica with future replica.",
    );
  });

  test.each([
    ["/one", second, first],
    ["/two", first, second],
  ])("of two logs of one name the one of the topic that is there counts: not %s's", (stray, inOne, inTwo) => {
    const disk = left([
      { dir: "/one/orders-0", topicId: inOne },
      { dir: "/two/orders-0", topicId: inTwo },
    ]);
    const { manager, namesIn } = open(disk);
    manager.reconcile({ isAssigned: isFirst, directoryOf: () => undefined });
    expect(manager.get("orders", 0)!.topicId).toBe(first);
    expect(namesIn(stray)).toEqual(["orders-0.…-stray"]);
    expect([...manager.allLogs()]).toHaveLength(1);
  });

  test.each([
    ["the one without a topic's id gives way", ["/one"], "/two/orders-0"],
    ["both do, when neither says whose it is", ["/one", "/two"], undefined],
  ])("of two logs of one name %s", (_, unknown, served) => {
    const disk = left([{ dir: "/one/orders-0" }, { dir: "/two/orders-0" }]);
    for (const root of unknown) disk.remove(`${root}/orders-0/partition.metadata`);
    const { manager, namesIn } = open(disk);
    manager.reconcile({ isAssigned: isFirstOrUnknown, directoryOf: () => undefined });
    expect(manager.get("orders", 0)?.dir).toBe(served);
    for (const root of unknown) expect(namesIn(root)).toEqual(["orders-0.…-stray"]);
  });

  test("a log whose file that says whose it is was damaged stays where it is, in a directory that is offline", () => {
    const disk = left([{ dir: "/one/orders-0", records: 3 }, { dir: "/two/orders-1" }]);
    disk.writeFileAtomic("/one/orders-0/partition.metadata", "version: 0\ntopic_id: ?");
    const { manager, namesIn } = open(disk);
    manager.reconcile({ isAssigned: isFirstOrUnknown, directoryOf: () => undefined });
    expect([manager.isOnline("/one"), manager.isOnline("/two")]).toEqual([false, true]);
    expect([namesIn("/one"), namesIn("/two")]).toEqual([["orders-0"], ["orders-1"]]);
  });

  test("the id of a log that lost it is in its file with its records, although descriptors were short at first", () => {
    const disk = left([{ dir: "/one/orders-0", records: 0 }]);
    disk.remove("/one/orders-0/partition.metadata");
    const { manager, create, append } = open(disk);
    manager.reconcile({ isAssigned: isFirstOrUnknown, directoryOf: () => undefined });
    disk.fail("open", "EMFILE", { path: /partition\.metadata/ });
    const log = create(0)!;
    disk.heal();
    append(log);
    manager.close(1);
    const { manager: next } = open(disk.kill());
    next.reconcile({ isAssigned: isFirst, directoryOf: () => undefined });
    expect(next.get("orders", 0)).toMatchObject({ topicId: first, logEndOffset: 1 });
  });

  test("a new log that lacks memory even for its removal leaves the directory online, and is made later", () => {
    const disk = left([]);
    const { manager, create } = open(disk, { directories: ["/one"] });
    disk.fail("open", "ENOMEM", { path: /orders-0/ });
    disk.fail("rename", "ENOMEM", { path: /orders-0/ });
    expect(() => create(0)).toThrow("injected open fault");
    disk.heal();
    expect(manager.isOnline("/one")).toBe(true);
    expect(create(0)).toMatchObject({ topicId: first, logEndOffset: 0 });
  });

  test("records of which nobody knows whose they are become no part of the topic that has the name now", () => {
    const disk = left([
      { dir: "/one/orders-0", records: 3 },
      { dir: "/one/orders-1", records: 0 },
    ]);
    for (const name of ["orders-0", "orders-1"]) disk.remove(`/one/${name}/partition.metadata`);
    const { manager, create, namesIn } = open(disk);
    manager.reconcile({ isAssigned: isFirstOrUnknown, directoryOf: () => undefined });
    expect(create(0)!.logEndOffset).toBe(0);
    expect(namesIn("/one").filter((name) => name.endsWith("-stray"))).toEqual(["orders-0.…-stray"]);
  });
});
