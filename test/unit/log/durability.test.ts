import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { DirectoryCheckpoints } from "../../../src/log/directory/directory-checkpoints.ts";
import { parentOf } from "../../../src/log/log-files.ts";
import { type Log } from "../../../src/log/log.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { batch, marker, startMs } from "./batches.ts";
import { type LogUnderTest, logDirectory, openLog, readAll } from "./open-log.ts";

/** What the draw of a loss of power leaves: nothing that was not synced. */
const nothing = (): number => 0;
const small = { segmentBytes: 400, indexIntervalBytes: 100 };

function append({ log, queue }: LogUnderTest, count: number, options: object = {}): void {
  for (let index = 0; index < count; index++) {
    expect(log.appendAsLeader(batch(options), 0, "client", startMs)).toMatchObject({ ok: true });
  }
  queue.flush();
  log.highWatermark = log.logEndOffset;
}

/** The checkpoints of the directory that the logs of these tests lie in. */
function openCheckpoints(disk: MemoryDisk) {
  const logs: Log[] = [];
  const checkpoints = new DirectoryCheckpoints({
    directory: parentOf(logDirectory),
    disk,
    timers: new ManualTime(),
    logger: silentLogger,
    logs,
    onDiskError: () => undefined,
  });
  const settled = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns++) await setImmediate();
  };
  return { checkpoints, logs, settled };
}

/** Mistakes that seeds of `npm run sim` found, each on its own. */
describe("what was flushed survives a loss of power", () => {
  test("with the name of the partition's directory", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk);
    append(under, 3);
    await under.log.flush();
    expect(openLog(disk.crash(nothing)).log.logEndOffset).toBe(3);
  });

  test("also what the producers of a segment wrote last that retention has deleted meanwhile", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { retentionMs: 1 });
    const sent = { producerId: 7, baseSequence: 0 };
    append(under, 1, sent);
    await under.log.flush();
    expect(under.log.deleteOldSegments(startMs + 1e9, () => undefined)).toBe(1);
    // The system may write names long before it writes what is in the files.
    disk.syncDirectory(logDirectory);
    const again = openLog(disk.crash(nothing));
    expect(again.log.logStartOffset).toBe(1);
    expect(again.log.appendAsLeader(batch(sent), 0, "client", startMs)).toMatchObject({ ok: true, duplicate: true });
  });

  test("and so does a time index that was lost and made anew: of a torn one nobody could tell that there was more", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, small);
    for (let count = 0; count < 8; count++) append(under, 1, { timestamp: startMs + count });
    under.log.close();
    const path = `${logDirectory}/00000000000000000000.timeindex`;
    const [entryBytes, sizeBytes] = [12, disk.readFile(path).length];
    expect(sizeBytes).toBeGreaterThan(entryBytes);
    const file = disk.open(path, "readwrite");
    file.truncate(1);
    file.sync();
    const second = openLog(disk, small, { hadCleanShutdown: true });
    expect(await second.time.during(second.log.offsetForTimestamp(startMs + 3, nodeCompute))).toMatchObject({
      offset: 3,
    });
    second.log.close();
    // Of the bytes that were written the first entry is there, and the last of them are not in its place.
    const oneEntry = (bound: number): number => (bound === sizeBytes + 1 ? entryBytes : bound === 4 ? 1 : 0);
    const third = openLog(disk.crash(oneEntry), small, { hadCleanShutdown: true });
    expect(await third.time.during(third.log.offsetForTimestamp(startMs + 3, nodeCompute))).toMatchObject({
      offset: 3,
    });
  });

  test("and so do the producers whose batches were deleted since", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { ...small, retentionMs: 1_000 });
    append(under, 1, { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    append(under, 10);
    append(under, 3, { timestamp: startMs + 2_000 });
    await under.log.flush();
    expect(
      under.log.deleteOldSegments(startMs + 2_000, (removal) => removal((path) => disk.remove(path))),
    ).toBeGreaterThan(0);
    disk.syncDirectory(logDirectory);
    const { log } = openLog(disk.crash(nothing), small, { recoveryPoint: under.log.recoveryPoint });
    expect(log.logStartOffset).toBeGreaterThan(0);
    expect(log.producerState.get(7)).toMatchObject({ lastSequence: 0 });
  });

  test.each([
    ["a crash", false],
    ["a clean shutdown", true],
  ])("and so do those of whom all snapshots were lost in %s before that", async (_name, hadCleanShutdown) => {
    const config = { ...small, retentionMs: 1_000 };
    const written = new MemoryDisk();
    const first = openLog(written, config);
    append(first, 1, { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    append(first, 10);
    append(first, 1, { timestamp: startMs + 2_000 });
    await first.log.flush();
    const { recoveryPoint } = first.log;
    if (hadCleanShutdown) first.log.close();
    const disk = written.kill();
    for (const name of disk.list(logDirectory)) {
      if (name.endsWith(".snapshot")) disk.remove(`${logDirectory}/${name}`);
    }
    // No flush in the background makes up for them.
    const under = openLog(disk, config, { recoveryPoint, hadCleanShutdown, bareTailBytesMax: Infinity });
    append(under, 1, { timestamp: startMs + 2_000 });
    await under.log.flush();
    expect(
      under.log.deleteOldSegments(startMs + 2_000, (removal) => removal((path) => disk.remove(path))),
    ).toBeGreaterThan(1);
    disk.syncDirectory(logDirectory);
    const { log } = openLog(disk.crash(nothing), config, { recoveryPoint: under.log.recoveryPoint });
    expect(log.logStartOffset).toBeGreaterThan(0);
    expect(log.producerState.get(7)).toMatchObject({ lastSequence: 0 });
  });

  test("and so do the producers whose batches are deleted before any flush has ended", () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { ...small, retentionMs: 1_000 });
    disk.settle(logDirectory);
    append(under, 11);
    append(under, 1, { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    expect(
      under.log.deleteOldSegments(startMs + 2_000, (removal) => removal((path) => disk.remove(path))),
    ).toBeGreaterThan(0);
    // The names are on the device, of the files nothing that was not synced.
    let isFirst = true;
    const namesAlone = (bound: number): number => {
      const drawn = isFirst && bound > 9 ? bound - 1 : 0;
      if (drawn > 0) isFirst = false;
      return drawn;
    };
    const { log } = openLog(disk.crash(namesAlone), small);
    expect(log.logStartOffset).toBe(12);
    expect(log.producerState.get(7)).toMatchObject({ lastSequence: 0 });
  });

  test("and so do the aborted transactions, when nothing is left to do for the close", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk);
    append(under, 1, { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true });
    expect(under.log.appendAsLeader(marker(7, true), 0, "coordinator", startMs)).toMatchObject({ ok: true });
    under.queue.flush();
    await under.log.advanceRecoveryPoint();
    under.log.close();
    const { log } = openLog(disk.crash(nothing), {}, { hadCleanShutdown: true });
    expect(log.abortedTransactions(0, 2)).toMatchObject([{ producerId: 7, firstOffset: 0, lastOffset: 1 }]);
  });

  describe("and so do the aborted transactions of a segment that ends right where it was flushed to", () => {
    const config = { indexIntervalBytes: 0 };
    const abort = ({ log, queue }: LogUnderTest): void => {
      expect(log.appendAsLeader(marker(7, true), 0, "coordinator", startMs)).toMatchObject({ ok: true });
      queue.flush();
    };

    /** Of the next segment nothing is left, of this one's last bytes perhaps all; returns how many logs have them. */
    async function endsAtRoll(appendLast: (under: LogUnderTest) => void): Promise<number> {
      let ends = 0;
      for (let seed = 0; seed < 120; seed++) {
        const disk = new MemoryDisk();
        const under = openLog(disk, config);
        append(under, 2);
        append(under, 1, { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true });
        abort(under);
        append(under, 1, { producerId: 7, producerEpoch: 0, baseSequence: 1, isTransactional: true });
        await under.log.flush();
        disk.syncTurns = () => 3;
        appendLast(under);
        const { recoveryPoint } = under.log;
        const expected = readAll(under.log);
        const aborted = under.log.abortedTransactions(0, under.log.logEndOffset);
        expect(under.log.roll()).toBe(true);
        const random = new SeededRandom(seed);
        const { log } = openLog(
          disk.crash((bound) => random.below(bound)),
          config,
          { recoveryPoint },
        );
        const isWhole = log.logEndOffset === under.log.logEndOffset;
        if (isWhole) ends++;
        const bytes = readAll(log);
        expect([seed, bytes.equals(expected.subarray(0, bytes.length))]).toEqual([seed, true]);
        const left = isWhole || !Array.isArray(aborted) ? aborted : aborted.slice(0, 1);
        expect([seed, log.abortedTransactions(0, 100)]).toEqual([seed, left]);
      }
      return ends;
    }

    test("of which all was durable", async () => {
      expect(await endsAtRoll(() => undefined)).toBe(120);
    });

    test("of which all but the last marker was durable", async () => {
      expect(await endsAtRoll(abort)).toBeGreaterThan(20);
    });
  });

  test("but not what a truncation put in its place while the device was at work", async () => {
    const disk = new MemoryDisk();
    disk.syncTurns = () => 2;
    const under = openLog(disk);
    append(under, 10);
    const flush = under.log.flush();
    under.log.truncateTo(5);
    append(under, 5);
    await flush;
    expect(under.log.recoveryPoint).toBeLessThanOrEqual(5);
    expect(under.log.logEndOffset).toBe(10);
  });

  test("but nothing of what a second fsync makes of the first one's failure", async () => {
    const disk = new MemoryDisk();
    disk.syncTurns = () => 2;
    const under = openLog(disk);
    append(under, 3);
    disk.fail("sync", "EIO", { times: 1 });
    const flushes = await Promise.allSettled([under.log.flush(), under.log.flush()]);
    expect(flushes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(under.log.recoveryPoint).toBe(0);
    await expect(under.log.flush()).rejects.toThrow("failed before");
  });

  test("a flush that is under way opens no file any more when the volume has failed elsewhere", async () => {
    const opens = (disk: MemoryDisk): number => (disk.counts.get("open") ?? 0) + (disk.counts.get("create") ?? 0);
    let endsEarly = 0;
    for (let turns = 0; turns < 60; turns++) {
      const disk = new MemoryDisk();
      disk.syncTurns = () => 1;
      const under = openLog(disk, small, { topicId: "K0a8tq3gSkK78COtfgEurw" });
      append(under, 12);
      const flush = under.log.flush().then(
        () => "done",
        () => "failed",
      );
      for (let turn = 0; turn < turns; turn++) await setImmediate();
      under.log.goOffline();
      const before = opens(disk);
      const outcome = await flush;
      expect([turns, opens(disk)]).toEqual([turns, before]);
      if (outcome === "failed") endsEarly++;
    }
    expect(endsEarly).toBeGreaterThan(10);
  });

  test("a log that is offline is not rolled", () => {
    const disk = new MemoryDisk();
    const under = openLog(disk);
    append(under, 3);
    under.log.goOffline();
    expect(under.log.roll()).toBe(false);
    expect(disk.list(logDirectory).filter((name) => name.endsWith(".log"))).toHaveLength(1);
  });
});

describe("what was cut does not come back", () => {
  test("behind what is written in its place", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, small);
    append(under, 20);
    await under.log.flush();
    under.log.truncateTo(2);
    append(under, 1, { value: "other" });
    await under.log.flush();
    const expected = readAll(under.log);
    const { log } = openLog(disk.crash(nothing), small);
    expect(readAll(log).equals(expected)).toBe(true);
  });

  test("in part, behind what is written in its place and not flushed", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = new SeededRandom(seed);
      const disk = new MemoryDisk();
      const under = openLog(disk);
      append(under, 6, { value: "old" });
      await under.log.flush();
      under.log.truncateTo(2);
      append(under, 2, { value: "new" });
      const { log } = openLog(disk.crash((bound) => random.below(bound)));
      expect(readAll(log).toString("latin1").match(/old/g), `seed ${seed}`).toHaveLength(2);
    }
  });

  test("nor does a recovery point outlive the cut, which is asked about before", async () => {
    const disk = new MemoryDisk();
    const seen: [recoveryPoint: number, endOffset: number][] = [];
    const beforeCut = ({ recoveryPoint, logEndOffset }: { recoveryPoint: number; logEndOffset: number }): void =>
      void seen.push([recoveryPoint, logEndOffset]);
    const under = openLog(disk, {}, { beforeCut });
    append(under, 4, { count: 3 });
    await under.log.flush();
    under.log.truncateTo(7);
    // Where a batch begins is not known yet: the segment's start is sure.
    expect(seen).toEqual([[0, 12]]);
    expect(under.log.logEndOffset).toBe(6);
  });

  test("nor one that is being written just then", async () => {
    const disk = new MemoryDisk();
    const { checkpoints, logs, settled } = openCheckpoints(disk);
    const under = openLog(disk, {}, { beforeCut: (log) => checkpoints.beforeCut(log) });
    logs.push(under.log);
    append(under, 4, { count: 3 });
    await under.log.flush();
    disk.syncTurns = () => 3;
    checkpoints.writeInBackground("recoveryPoint");
    under.log.truncateTo(7);
    await settled();
    expect(checkpoints.read("recoveryPoint").get("topic-0")).toBeLessThanOrEqual(6);
  });

  test("nor does one that is being written of a log that is deleted outlive it, under whose name another is made", async () => {
    const disk = new MemoryDisk();
    const { checkpoints, logs, settled } = openCheckpoints(disk);
    const under = openLog(disk);
    logs.push(under.log);
    append(under, 4);
    await under.log.flush();
    disk.syncTurns = () => 3;
    checkpoints.writeInBackground("recoveryPoint");
    logs.pop();
    const writes = disk.counts.get("write")!;
    checkpoints.forget("other-0");
    expect(disk.counts.get("write")).toBe(writes);
    checkpoints.forget("topic-0");
    await settled();
    expect(checkpoints.read("recoveryPoint").get("topic-0")).toBeUndefined();
  });

  test("and a checkpoint that is being written is overtaken by one of its own kind alone", async () => {
    const disk = new MemoryDisk();
    const { checkpoints, logs, settled } = openCheckpoints(disk);
    const under = openLog(disk);
    logs.push(under.log);
    append(under, 4);
    checkpoints.writeInBackground("highWatermark");
    checkpoints.write("recoveryPoint");
    await settled();
    expect(checkpoints.read("highWatermark").get("topic-0")).toBe(4);
  });

  test("nor do the epochs of its records", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk);
    append(under, 5);
    await under.log.flush();
    const copy = disk.kill();
    copy.writeFileAtomic(`${logDirectory}/leader-epoch-checkpoint`, "0\n2\n0 0\n4 2\n");
    const { log } = openLog(copy);
    expect(log.leaderEpochs.entries()).toEqual([{ epoch: 0, startOffset: 0 }]);
    log.close();
    expect(copy.readFile(`${logDirectory}/leader-epoch-checkpoint`).toString()).toBe("0\n1\n0 0\n");
  });
});

describe("a hole that a loss of power left between two segments", () => {
  function holed(): { disk: MemoryDisk; sizes: { baseOffset: number }[] } {
    const disk = new MemoryDisk();
    const under = openLog(disk, small);
    append(under, 20);
    const sizes = under.log.segmentSizes();
    const copy = disk.kill();
    const file = copy.open(`${logDirectory}/${String(sizes[1]!.baseOffset).padStart(20, "0")}.log`, "readwrite");
    // Its last batch is gone, as a whole.
    file.truncate(file.sizeBytes() - batch().length);
    file.close();
    return { disk: copy, sizes };
  }

  test("is where the log ends", () => {
    const { disk, sizes } = holed();
    const { log } = openLog(disk, small);
    expect(log.logEndOffset).toBe(sizes[2]!.baseOffset - 1);
    expect(log.segmentSizes()).toHaveLength(2);
  });

  test("may be the work of the cleaner in a compacted log, and stays", () => {
    const { disk } = holed();
    const { log } = openLog(disk, { ...small, isCompacted: true });
    expect(log.logEndOffset).toBe(20);
  });

  test("stays where all was durable, although a damaged index has recovery look at it", () => {
    const { disk } = holed();
    disk.open(`${logDirectory}/00000000000000000000.txnindex`, "create").write([Buffer.alloc(3)], 0);
    expect(openLog(disk, small, { recoveryPoint: 20 }).log.logEndOffset).toBe(20);
  });

  test("stays right before the recovery point", () => {
    const { disk, sizes } = holed();
    disk.open(`${logDirectory}/00000000000000000000.txnindex`, "create").write([Buffer.alloc(3)], 0);
    expect(openLog(disk, small, { recoveryPoint: sizes[2]!.baseOffset }).log.logEndOffset).toBe(20);
  });

  test("stays where the cleaner has been, whatever the topic's policy is now", () => {
    const { disk } = holed();
    const { log } = openLog(disk, small, { cleanedOffset: 20 });
    expect(log.logEndOffset).toBe(20);
    // Nobody has to look for it again: a stop in good order counts as one.
    expect(log.isSettled).toBe(true);
  });
});

describe("files", () => {
  test("of a segment that is deleted go in an order that keeps a log and its aborted transactions together", async () => {
    const disk = new MemoryDisk();
    const under = openLog(disk, { ...small, retentionMs: 1_000 });
    append(under, 1, { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true });
    expect(under.log.appendAsLeader(marker(7, true), 0, "coordinator", startMs)).toMatchObject({ ok: true });
    append(under, 10);
    await under.log.flush();
    disk.fail("rename", "EIO", { path: /\.(index|timeindex|txnindex)$/ });
    under.log.deleteOldSegments(startMs + 2_000, (removal) => removal((path) => disk.remove(path)));
    const names = disk.list(logDirectory).filter((name) => name.startsWith("00000000000000000000."));
    expect(names).toContain("00000000000000000000.log.deleted");
    expect(names).toContain("00000000000000000000.txnindex");
  });

  test.each([".index", ".timeindex"])("%s that ends within an entry is made anew", async (suffix) => {
    const disk = new MemoryDisk();
    const under = openLog(disk, small);
    append(under, 20, { timestamp: startMs + 5 });
    under.log.close();
    const copy = disk.kill();
    const path = `${logDirectory}/00000000000000000000${suffix}`;
    const whole = copy.readFile(path);
    const file = copy.open(path, "readwrite");
    file.truncate(whole.length - 3);
    file.close();
    const { log, time } = openLog(copy, small, { hadCleanShutdown: true });
    for (let offset = 0; offset < 20; offset++) expect(log.read(offset, 1, 20, true)).toMatchObject({ ok: true });
    expect(await time.during(log.offsetForTimestamp(startMs + 5, nodeCompute))).toMatchObject({ offset: 0 });
    expect(copy.readFile(path).length % (suffix === ".index" ? 8 : 12)).toBe(0);
  });
});

describe("the simulated disk", () => {
  /** What is left when the power fails within or behind a write over what was durable. */
  function overwritten(seed: number, before: Buffer, after: Buffer): Buffer {
    const disk = new MemoryDisk();
    disk.mkdir("/data");
    const file = disk.open("/data/file", "readwrite");
    file.write([before], 0);
    file.sync();
    disk.settle("/data");
    disk.syncDirectory("/data");
    file.write([after], 0);
    const random = new SeededRandom(seed);
    return disk.crash((bound) => random.below(bound)).readFile("/data/file");
  }

  test("zeroes what a torn write adds to a file, but nothing that was durable before it", () => {
    const before = Buffer.alloc(100, 1);
    const seeds = Array.from({ length: 300 }, (_, seed) => seed);
    const files = seeds.map((seed) => overwritten(seed, before, Buffer.alloc(200, 1)));
    for (const bytes of files) expect(bytes.subarray(0, 100).equals(before)).toBe(true);
    expect(files.some((bytes) => bytes.length > 100 && bytes.includes(0))).toBe(true);
  });
});
