import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { DirectoryCheckpoints } from "../../../../src/log/directory/directory-checkpoints.ts";
import { readOffsetCheckpoint } from "../../../../src/log/directory/offset-checkpoint.ts";
import { type Log } from "../../../../src/log/log.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { SeededRandom } from "../../../support/random-bytes.ts";
import { silentLogger } from "../../../support/silent-logger.ts";

const file = "/data/recovery-point-offset-checkpoint";

/** What the checkpoints ask of a log; `asked` counts. */
class Asked {
  static count = 0;
  readonly topic = "topic";
  readonly partition: number;
  offset: number;

  constructor(partition: number, offset: number) {
    this.partition = partition;
    this.offset = offset;
  }

  get name(): string {
    return `topic-${this.partition}`;
  }

  get recoveryPoint(): number {
    Asked.count++;
    return this.offset;
  }
}

function open(disk: MemoryDisk, logs: Asked[]) {
  if (!disk.exists("/data")) disk.mkdir("/data");
  disk.settle("/data");
  const time = new ManualTime();
  const errors: unknown[] = [];
  const checkpoints = new DirectoryCheckpoints({
    directory: "/data",
    disk,
    timers: time,
    logger: silentLogger,
    logs: logs as unknown as Log[],
    onDiskError: (error) => errors.push(error),
  });
  Asked.count = 0;
  return { time, checkpoints, errors };
}

function offsetsIn(disk: MemoryDisk): Map<number, number> {
  return new Map((readOffsetCheckpoint(disk, file) ?? []).map(({ partition, offset }) => [partition, offset]));
}

const thousands = (offset: number): Asked[] => Array.from({ length: 3_500 }, (_, index) => new Asked(index, offset));

test("thousands of logs are asked for their offsets in steps, and all of them are in the file", async () => {
  const disk = new MemoryDisk();
  const logs = thousands(5);
  const { checkpoints, time } = open(disk, logs);
  checkpoints.writeInBackground("recoveryPoint");
  expect(Asked.count).toBe(1_000);
  // Not asked yet: it is written as it is then.
  logs[3_000]!.offset = 3;
  await time.settle();
  expect(Asked.count).toBe(3_500);
  expect(offsetsIn(disk).size).toBe(3_500);
  expect([offsetsIn(disk).get(0), offsetsIn(disk).get(3_000)]).toEqual([5, 3]);
});

test("a log that is cut between the steps is never said to be durable behind the cut", async () => {
  const disk = new MemoryDisk();
  const logs = thousands(5);
  const { checkpoints, time } = open(disk, logs);
  checkpoints.writeInBackground("recoveryPoint");
  logs[7]!.offset = 2;
  checkpoints.beforeCut(logs[7] as unknown as Log);
  await time.settle();
  expect(offsetsIn(disk).get(7)).toBe(2);
});

test("what is written at once while a thread writes stays whole, and stays", async () => {
  const disk = new MemoryDisk();
  disk.syncTurns = () => 2;
  const logs = [new Asked(0, 1_000_000_000)];
  const { checkpoints, time } = open(disk, logs);
  checkpoints.writeInBackground("recoveryPoint");
  await setImmediate();
  logs[0]!.offset = 7;
  checkpoints.write("recoveryPoint");
  for (let turns = 0; turns < 20; turns++) await time.settle();
  expect(disk.readFile(file).toString()).toBe("0\n1\ntopic 0 7\n");
});

test("a crash at any change leaves the old offsets or the new ones", async () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = new SeededRandom(seed);
    const disk = new MemoryDisk();
    disk.syncTurns = () => random.below(3);
    const logs = Array.from({ length: 50 }, (_, index) => new Asked(index, 1));
    const { checkpoints, time } = open(disk, logs);
    checkpoints.write("recoveryPoint");
    for (const log of logs) log.offset = 2;
    disk.cutAfter(1 + random.below(8), (sizeBytes) => random.below(sizeBytes + 1));
    checkpoints.writeInBackground("recoveryPoint");
    for (let turns = 0; turns < 5; turns++) await time.settle();
    const left = offsetsIn(disk.crash((bound) => random.below(bound)));
    expect(left.size).toBe(50);
    expect(new Set(left.values()).size).toBe(1);
  }
});

test("what comes up while a thread writes is written next", async () => {
  const disk = new MemoryDisk();
  disk.syncTurns = () => 2;
  const logs = [new Asked(0, 5)];
  const { checkpoints, time } = open(disk, logs);
  checkpoints.writeInBackground("recoveryPoint");
  await setImmediate();
  logs[0]!.offset = 7;
  checkpoints.writeInBackground("recoveryPoint");
  for (let turns = 0; turns < 20; turns++) await time.settle();
  expect(offsetsIn(disk).get(0)).toBe(7);
});

test("what somebody relies on, no loss of power takes back", async () => {
  const disk = new MemoryDisk();
  const logs = [new Asked(0, 5)];
  const { checkpoints, time } = open(disk, logs);
  checkpoints.write("recoveryPoint");
  logs[0]!.offset = 7;
  expect(await time.during(checkpoints.writeRecoveryPoint(logs[0] as unknown as Log, 7))).toBe(true);
  expect(offsetsIn(disk.crash(() => 0)).get(0)).toBe(7);
});

test("a directory that has gone is noticed although there is nothing to write", async () => {
  const disk = new MemoryDisk();
  const { checkpoints, time, errors } = open(disk, [new Asked(0, 5)]);
  checkpoints.writeInBackground("recoveryPoint");
  await time.settle();
  checkpoints.writeInBackground("recoveryPoint");
  await time.settle();
  expect(errors).toEqual([]);
  disk.remove(file);
  checkpoints.writeInBackground("recoveryPoint");
  await time.settle();
  expect(errors).toMatchObject([{ code: "ENOENT" }]);
});
