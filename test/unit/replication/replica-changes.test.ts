import { expect, test } from "vitest";
import { defaultLogConfig } from "../../../src/log/log-config.ts";
import { DiskError } from "../../../src/io/ports.ts";
import { readPartitionMetadata } from "../../../src/log/partition-metadata.ts";
import { type LocalReplicaState } from "../../../src/metadata/delta/local-replica-changes.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { ShortDisk } from "../../support/short-disk.ts";
import { batch, startMs } from "../log/batches.ts";
import { openReplicas, registration, topicId } from "./replicas.ts";

const topic = "topic";
const logConfigOf = () => defaultLogConfig;

function states(count: number, id = topicId): LocalReplicaState[] {
  return Array.from({ length: count }, (_, partition) => ({
    topic,
    topicId: id,
    partition,
    registration: registration(),
  }));
}

function open(disk = new MemoryDisk(), directoryIds?: ReadonlyMap<string, string>) {
  const world = openReplicas(disk, {}, directoryIds === undefined ? {} : { directoryIds });
  const { replicas, time } = world;
  const apply = async (changes: { leaders?: LocalReplicaState[]; deletes?: LocalReplicaState[] }) => {
    const { leaders = [], deletes = [] } = changes;
    const applied = (replicas.applyAside({ leaders, deletes, followers: [] }, logConfigOf) ?? Promise.resolve()).then(
      () => "applied",
    );
    while ((await Promise.race([applied, time.settle()])) !== "applied");
  };
  const hosted = () => [...replicas.partitions()].map(({ index }) => index).sort((one, other) => one - other);
  return { ...world, disk, apply, hosted };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test("new partitions come in parts, their files off the event loop, and serve like any other", async () => {
  const { apply, hosted, replicas, disk, queue, time } = open();
  const made = disk.counts.get("mkdir") ?? 0;
  const done = apply({ leaders: states(120) });
  // Nothing was made before the first turn.
  expect([disk.counts.get("mkdir"), hosted()]).toEqual([made, []]);
  await done;
  expect(hosted()).toEqual(upTo(120));
  expect(disk.list("/data/topic-119")).toEqual(["00000000000000000000.log", "partition.metadata"]);
  expect(readPartitionMetadata(disk, "/data/topic-119")).toBe(topicId);
  const partition = replicas.partition(topic, 119)!;
  expect(partition.appendAsLeader(batch({ count: 3 }), "client", startMs)).toMatchObject({ ok: true });
  queue.flush();
  expect(partition.highWatermark).toBe(3);
  await time.during(partition.log.flush());
  expect(disk.list("/data/topic-119")).toContain("leader-epoch-checkpoint");
});

test("partitions that go are not served from the first moment, and their names are free when all is done", async () => {
  const { apply, replicas, disk, hosted } = open();
  await apply({ leaders: states(120) });
  const [first] = [replicas.partition(topic, 0)!];
  const done = apply({ deletes: states(120), leaders: states(60, "BBBBBBBBBBBBBBBBBBBBBA") });
  expect([hosted(), first.leaderError(-1)]).toEqual([[], Errors.UNKNOWN_TOPIC_OR_PARTITION]);
  await done;
  expect(hosted()).toEqual(upTo(60));
  expect(disk.list("/data").filter((name) => name.endsWith("-delete")).length).toBe(120);
  expect(readPartitionMetadata(disk, "/data/topic-0")).toBe("BBBBBBBBBBBBBBBBBBBBBA");
});

test("a stop leaves nothing of partitions whose files were made and that did not come any more", async () => {
  const { apply, hosted, replicas, disk } = open();
  const done = apply({ leaders: states(120) });
  replicas.close();
  await done;
  expect(disk.counts.get("mkdir")).toBeGreaterThan(50);
  const left = disk.list("/data").filter((name) => /^topic-\d+$/.test(name));
  expect([hosted(), left]).toEqual([[], []]);
});

test("what is no work for the disk is done at once", async () => {
  const { apply, replicas } = open();
  await apply({ leaders: states(3) });
  const changed = states(3).map((state) => ({ ...state, registration: registration({ leaderEpoch: 7 }) }));
  expect(replicas.applyAside({ leaders: changed, deletes: [], followers: [] }, logConfigOf)).toBeUndefined();
  expect(replicas.partition(topic, 2)!.leaderEpoch).toBe(7);
});

test("a directory that cannot take a partition is offline, and another one has it", async () => {
  const disk = new MemoryDisk();
  for (const path of ["/one", "/two"]) disk.mkdir(path);
  const ids = new Map([
    ["/one", "CCCCCCCCCCCCCCCCCCCCCA"],
    ["/two", "DDDDDDDDDDDDDDDDDDDDDA"],
  ]);
  const { apply, hosted, logManager } = open(disk, ids);
  disk.fail("mkdir", "EIO", { path: /^\/one\// });
  await apply({ leaders: states(10) });
  expect([
    hosted(),
    logManager.isOnline("/one"),
    disk.list("/two").filter((name) => name.startsWith("topic-")),
  ]).toEqual([upTo(10), false, upTo(10).map((index) => `topic-${index}`)]);
});

function twoDirectories() {
  const disk = new MemoryDisk();
  for (const path of ["/one", "/two"]) disk.mkdir(path);
  const ids = new Map([
    ["/one", "CCCCCCCCCCCCCCCCCCCCCA"],
    ["/two", "DDDDDDDDDDDDDDDDDDDDDA"],
  ]);
  return { disk, ids };
}

test("what was made in a directory that then failed comes back with it, and is nowhere else", async () => {
  const { disk, ids } = twoDirectories();
  const first = open(disk, ids);
  disk.fail("mkdir", "EIO", { path: /^\/one\/topic-4$/ });
  await first.apply({ leaders: states(10) });
  expect([first.hosted(), first.replicas.absenceError(topicId, 0)]).toEqual([
    [1, 3, 4, 5, 6, 7, 8, 9],
    Errors.KAFKA_STORAGE_ERROR,
  ]);
  const second = open(disk.kill(), ids);
  second.logManager.reconcile({ isAssigned: () => true, directoryOf: () => undefined });
  await second.apply({ leaders: states(10) });
  expect(second.hosted()).toEqual(upTo(10));
});

test("a replica that may lie in a directory that failed is not made in another one, whatever the metadata says next", async () => {
  const { disk, ids } = twoDirectories();
  const first = open(disk, ids);
  disk.fail("mkdir", "EIO", { path: /^\/one\/topic-4$/ });
  await first.apply({ leaders: states(10) });
  const next = states(10).map((state) => ({ ...state, registration: registration({ leaderEpoch: 1 }) }));
  await first.apply({ leaders: next });
  expect([first.hosted(), first.replicas.absenceError(topicId, 0)]).toEqual([
    [1, 3, 4, 5, 6, 7, 8, 9],
    Errors.KAFKA_STORAGE_ERROR,
  ]);
  const second = open(disk.kill(), ids);
  second.logManager.reconcile({ isAssigned: () => true, directoryOf: () => undefined });
  await second.apply({ leaders: next });
  expect(second.hosted()).toEqual(upTo(10));
});

test("one whose directory is offline from the start is as if it were to come, until something is said of it", async () => {
  const { disk, ids } = twoDirectories();
  disk.fail("open", "EIO", { path: /^\/two/ });
  const { apply, hosted, replicas, logManager } = open(disk, ids);
  expect(["/one", "/two"].map((path) => logManager.isOnline(path))).toEqual([true, false]);
  const inTwo = { directories: [ids.get("/two")!] };
  const stateOf = (leaderEpoch: number) =>
    states(2).map((state) => ({ ...state, registration: registration({ ...inTwo, leaderEpoch }) }));
  await apply({ leaders: stateOf(0) });
  expect([hosted(), replicas.absenceError(topicId, 0)]).toEqual([[], Errors.NOT_LEADER_OR_FOLLOWER]);
  await apply({ leaders: stateOf(1) });
  expect([hosted(), replicas.absenceError(topicId, 0)]).toEqual([[], Errors.KAFKA_STORAGE_ERROR]);
  expect([0, 9].map((index) => replicas.absenceErrorByName(topic, index))).toEqual([
    Errors.KAFKA_STORAGE_ERROR,
    Errors.NOT_LEADER_OR_FOLLOWER,
  ]);
  expect(disk.list("/one").filter((name) => name.startsWith("topic-"))).toEqual([]);
});

test.each([
  ["its topic's id", /topic-4\/partition\.metadata$/],
  ["its segment", /topic-4\/.*log$/],
])(
  "a directory that fails while a partition gets %s leaves an empty one, which gives way at the next start",
  async (_what, path) => {
    const { disk, ids } = twoDirectories();
    const first = open(disk, ids);
    disk.fail("create", "EIO", { path, times: 1 });
    await first.apply({ leaders: states(10) });
    const partition = first.replicas.partition(topic, 4)!;
    partition.appendAsLeader(batch({ count: 3 }), "client", startMs);
    first.queue.flush();
    expect([partition.log.dir, disk.list("/one").includes("topic-4")]).toEqual(["/two/topic-4", true]);
    const second = open(disk.kill(), ids);
    second.logManager.reconcile({ isAssigned: () => true, directoryOf: () => undefined });
    await second.apply({ leaders: states(10) });
    const { log } = second.replicas.partition(topic, 4)!;
    expect([second.hosted(), log.dir, log.logEndOffset]).toEqual([upTo(10), "/two/topic-4", 3]);
  },
);

test("what finds no descriptors is tried again until it does, with nothing left behind; nobody takes it for a failure", async () => {
  const disk = new ShortDisk();
  const { apply, hosted, logManager, replicas, time, remove } = open(disk);
  await apply({ leaders: states(1) });
  disk.isShort = true;
  await apply({ leaders: states(130) });
  expect([hosted(), logManager.isOnline("/data"), replicas.absenceError(topicId, 1)]).toEqual([
    [0],
    true,
    Errors.NOT_LEADER_OR_FOLLOWER,
  ]);
  const { refusals } = disk;
  await time.advance(1_500);
  expect([hosted(), disk.refusals > refusals]).toEqual([[0], true]);
  remove(topic, 129);
  void replicas.updateConfigs([topic], () => ({ ...defaultLogConfig, segmentBytes: 4_711 }));
  disk.isShort = false;
  for (let turns = 0; turns < 20; turns++) await time.advance(500);
  expect(hosted()).toEqual(upTo(129));
  expect(replicas.partition(topic, 128)!.log.config.segmentBytes).toBe(4_711);
  const names = disk.list("/data").filter((name) => name.startsWith("topic-"));
  expect(names.sort()).toEqual(
    upTo(129)
      .map((index) => `topic-${index}`)
      .sort(),
  );
});

test("news of a refused replica ends the wait for its next try: nothing is opened while its files are made aside", async () => {
  const disk = new ShortDisk();
  const { apply, hosted, replicas, time, queue } = open(disk);
  disk.isShort = true;
  await apply({ leaders: states(1) });
  disk.isShort = false;
  const make = disk.makeFilesAsync.bind(disk);
  const served: number[][] = [];
  disk.makeFilesAsync = async (path, files) => {
    await time.advance(1_500);
    served.push(hosted());
    await make(path, files);
  };
  await apply({ leaders: states(1).map((state) => ({ ...state, registration: registration({ leaderEpoch: 7 }) })) });
  const partition = replicas.partition(topic, 0)!;
  expect([served, partition.leaderEpoch]).toEqual([[[]], 7]);
  partition.appendAsLeader(batch({ count: 3 }), "client", startMs);
  queue.flush();
  await time.advance(5_000);
  expect([disk.stat(`${partition.log.dir}/00000000000000000000.log`).sizeBytes > 0, partition.highWatermark]).toEqual([
    true,
    3,
  ]);
});

test.each(["what is refused again at news of it", "what was refused"])("%s gets its next try", async (what) => {
  const disk = new ShortDisk();
  const { apply, hosted, replicas, time } = open(disk);
  disk.isShort = true;
  await apply({ leaders: states(1) });
  const next = states(1).map((state) => ({ ...state, registration: registration({ leaderEpoch: 7 }) }));
  if (what !== "what was refused") await apply({ leaders: next });
  disk.isShort = false;
  await time.advance(1_500);
  expect([hosted(), replicas.partition(topic, 0)!.leaderEpoch]).toEqual([[0], what === "what was refused" ? 0 : 7]);
});

test("the log of a replica that was refused goes with its topic", async () => {
  const disk = new ShortDisk();
  const first = open(disk);
  await first.apply({ leaders: states(1) });
  const partition = first.replicas.partition(topic, 0)!;
  for (let count = 0; count < 3; count++) {
    partition.appendAsLeader(batch(), "client", startMs);
    first.queue.flush();
    partition.log.roll();
  }
  first.logManager.close(1);
  // As after a loss of power, with a hole, which is to be cut before the replica is served.
  for (const name of [".kafka_cleanshutdown", "recovery-point-offset-checkpoint", "topic-0/00000000000000000001.log"]) {
    disk.remove(`/data/${name}`);
  }
  const { apply, logManager, hosted } = open(disk);
  disk.isShort = true;
  await apply({ leaders: states(1) });
  disk.isShort = false;
  expect([hosted(), logManager.get(topic, 0)?.isSettled]).toEqual([[], false]);
  await apply({ deletes: states(1) });
  expect(logManager.get(topic, 0)).toBe(undefined);
  expect(disk.list("/data").filter((name) => name.startsWith("topic-0") && !name.endsWith("-delete"))).toEqual([]);
});

test("a shortage before a directory could be made aside takes nothing of what lies there", async () => {
  const { apply, disk, logManager } = open();
  // What lies there has come meanwhile.
  const dir = "/data/topic-0";
  disk.mkdirAsync = () => {
    disk.mkdir(dir);
    disk.writeFileAtomic(`${dir}/mine`, "mine");
    return Promise.reject(new DiskError("EMFILE", "too many open files"));
  };
  await apply({ leaders: states(1) });
  expect([disk.list(dir).includes("mine"), logManager.isOnline("/data")]).toEqual([true, true]);
});

test.each([10, 120])(
  "of %d partitions one that throws is offline, the others follow, and it is said",
  async (count) => {
    const { apply, hosted, replicas, logManager } = open();
    const getOrCreate = logManager.getOrCreate.bind(logManager);
    logManager.getOrCreate = (name, index, ...rest) => {
      if (index === 3) throw new Error("a bug");
      return getOrCreate(name, index, ...rest);
    };
    await expect(apply({ leaders: states(count) })).rejects.toThrow("a bug");
    expect(hosted()).toEqual(upTo(count).filter((index) => index !== 3));
    expect(replicas.absenceError(topicId, 3)).toBe(Errors.KAFKA_STORAGE_ERROR);
  },
);

test("what a shortage left half made is put aside, and made anew", async () => {
  const { disk, ids } = twoDirectories();
  const { apply, hosted } = open(disk, ids);
  disk.fail("create", "EMFILE", { path: /topic-0\/.*log$/, times: 1 });
  await apply({ leaders: states(10) });
  const names = ["/one", "/two"].flatMap((path) => disk.list(path).filter((name) => /^topic-\d$/.test(name)));
  expect([hosted(), names.sort()]).toEqual([upTo(10), upTo(10).map((index) => `topic-${index}`)]);
});

test("where two directories work, each gets half of the partitions that come together", async () => {
  const disk = new MemoryDisk();
  for (const path of ["/one", "/two"]) disk.mkdir(path);
  const { apply } = open(
    disk,
    new Map([
      ["/one", "CCCCCCCCCCCCCCCCCCCCCA"],
      ["/two", "DDDDDDDDDDDDDDDDDDDDDA"],
    ]),
  );
  await apply({ leaders: states(100) });
  const counts = ["/one", "/two"].map((path) => disk.list(path).filter((name) => name.startsWith("topic-")).length);
  expect(counts).toEqual([50, 50]);
});

test("a shortage of descriptors, or something that lies there already, is no failure of the disk", async () => {
  const { apply, hosted, logManager, disk } = open();
  disk.mkdir("/data/topic-1");
  disk.open("/data/topic-1/00000000000000000000.log", "create").close();
  disk.fail("create", "EMFILE", { path: /topic-0/, times: 1 });
  await apply({ leaders: states(3) });
  expect([hosted(), logManager.isOnline("/data")]).toEqual([upTo(3), true]);
});

test("wherever a crash comes while partitions are made or go, the next start has all that the metadata has", async () => {
  for (let changes = 1; changes < 44; changes++) {
    const disk = new MemoryDisk();
    const first = open(disk);
    await first.apply({ leaders: states(4) });
    for (const partition of first.replicas.partitions()) {
      partition.appendAsLeader(batch({ count: 3 }), "client", startMs);
      first.queue.flush();
      partition.deleteRecordsBefore(3);
    }
    const [log] = first.logManager.logs();
    first.logManager.directoryOf(log!)!.checkpoints.write("logStart");
    disk.cutAfter(changes);
    const next = "BBBBBBBBBBBBBBBBBBBBBA";
    await first.apply({ deletes: states(4), leaders: states(4, next) });
    const second = open(disk.kill());
    second.logManager.reconcile({
      isAssigned: (_topic, _partition, id) => id === undefined || id === next,
      directoryOf: () => undefined,
    });
    await second.apply({ leaders: states(4, next) });
    expect(second.hosted()).toEqual(upTo(4));
    for (const index of upTo(4)) {
      const partition = second.replicas.partition(topic, index)!;
      expect([partition.log.topicId, partition.log.logStartOffset]).toEqual([next, 0]);
      expect(partition.appendAsLeader(batch(), "client", startMs)).toMatchObject({ ok: true });
    }
    second.queue.flush();
    expect(second.replicas.partition(topic, 3)!.highWatermark).toBe(1);
  }
});

test("two at a time are made, so that others find threads too", async () => {
  const disk = new MemoryDisk();
  let [underWay, most] = [0, 0];
  const make = disk.makeFilesAsync.bind(disk);
  disk.makeFilesAsync = async (path, files) => {
    most = Math.max(most, ++underWay);
    await make(path, files);
    underWay--;
  };
  const { apply } = open(disk);
  await apply({ leaders: states(20) });
  expect(most).toBe(2);
});

test("configurations of hundreds of topics reach their logs over several turns", async () => {
  const { replicas, host, time } = openReplicas(new MemoryDisk());
  const topics = Array.from({ length: 300 }, (_, index) => `t-${index}`);
  for (const [index, name] of topics.entries()) host({ topic: name, topicId: `${String(index).padStart(21, "d")}A` });
  const changed = { ...defaultLogConfig, segmentBytes: 4_711 };
  const count = () => topics.filter((name) => replicas.partition(name, 0)!.log.config === changed).length;
  const updated = replicas.updateConfigs(topics, () => changed);
  expect(count()).toBe(250);
  await time.turn();
  await updated;
  expect(count()).toBe(300);
});
