import { describe, expect, test } from "vitest";
import { type Disk } from "../../../../src/io/ports.ts";
import { inPlaceWorkers } from "../../../../src/io/in-place-workers.ts";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type Log } from "../../../../src/log/log.ts";
import { ProducerEntry } from "../../../../src/log/producers/producer-entry.ts";
import { producerSnapshotPath, writeProducerSnapshot } from "../../../../src/log/producers/producer-snapshot.ts";
import { recoveryTask } from "../../../../src/log/recovery/recovery-task.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { SeededRandom } from "../../../support/random-bytes.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, marker, outline, startMs } from "../batches.ts";
import { type LogUnderTest, logDirectory, openLog, readAll } from "../open-log.ts";

const config = { segmentBytes: 1_500, indexIntervalBytes: 150 };

/** Appends batches of four producers, one of them transactional, under rising epochs. */
class Writer {
  readonly #random: SeededRandom;
  readonly #sequences = [0, 0, 0];
  #isInTransaction = false;
  #epoch = 0;

  readonly #isIdempotent: boolean;

  constructor(random: SeededRandom, isIdempotent = true) {
    this.#random = random;
    this.#isIdempotent = isIdempotent;
  }

  append({ log }: LogUnderTest): void {
    const random = this.#random;
    if (random.below(15) === 0) this.#epoch++;
    const timestamp = startMs + random.below(5_000);
    const producerId = random.below(5);
    if (producerId === 3 && this.#isInTransaction && random.below(2) === 0) {
      const isAbort = random.below(2) === 0;
      this.#isInTransaction = false;
      const records = marker(2, isAbort, timestamp);
      expect(log.appendAsLeader(records, this.#epoch, "coordinator", startMs)).toMatchObject({ ok: true });
      return;
    }
    const count = 1 + random.below(4);
    const value = random.bytes(random.below(120));
    let records = batch({ count, value, timestamp });
    if (producerId < 3 && this.#isIdempotent) {
      const isTransactional = producerId === 2;
      if (isTransactional) this.#isInTransaction = true;
      const baseSequence = this.#sequences[producerId]!;
      this.#sequences[producerId]! += count;
      records = batch({ count, value, timestamp, producerId, producerEpoch: 0, baseSequence, isTransactional });
    }
    expect(log.appendAsLeader(records, this.#epoch, "client", startMs)).toMatchObject({ ok: true });
  }
}

/** All that a log knows besides its records. */
function knowledgeOf(log: Log) {
  return {
    logEndOffset: log.logEndOffset,
    epochs: log.leaderEpochs.entries(),
    producers: [...log.producerState.entries()]
      // Only the last batch is in a snapshot, and one timestamp for it and a marker behind it.
      .map(({ batches: cached, ...entry }) => ({ ...entry, last: { ...cached.at(-1), timestamp: undefined } }))
      .sort((one, other) => one.producerId - other.producerId),
    undecided: log.producerState.transactions.firstUndecidedOffset,
    aborted: log.abortedTransactions(0, log.logEndOffset),
  };
}

/** As `knowledgeOf`, with what a restart forgets, and without what only the order of events decides. */
function everythingOf(log: Log) {
  return {
    ...knowledgeOf(log),
    logStartOffset: log.logStartOffset,
    producers: [...log.producerState.entries()].sort((one, other) => one.producerId - other.producerId),
    ended: log.producerState.transactions.ended(),
    recoveryPoint: log.recoveryPoint,
    unstable: log.producerState.transactions.firstUnstableOffset,
    segments: log.segmentSizes(),
  };
}

/** A log that takes the same records from the start: what any recovery has to come to. */
function rebuilt(records: Buffer): Log {
  const { log, queue } = openLog(new MemoryDisk(), config);
  expect(log.appendAsFollower(Buffer.from(records))).toBeNull();
  queue.flush();
  return log;
}

/**
 * Whether offsets are missing: a loss of power may take the end of a segment and leave the next one, and recovery cannot
 * tell such a hole from one that compaction made. Kafka goes on behind it too.
 */
function hasHole(log: Log, records: Buffer): boolean {
  let nextOffset = 0;
  for (const each of batches(records)) {
    if (each.baseOffset !== nextOffset) return true;
    nextOffset = each.nextOffset;
  }
  return nextOffset !== log.logEndOffset;
}

async function expectEqualToRebuild({ log, time: clock }: LogUnderTest): Promise<void> {
  const records = readAll(log);
  const expected = rebuilt(records);
  // The epochs and the end of what is lost are known still.
  const known = hasHole(log, records) ? { epochs: expect.anything(), logEndOffset: log.logEndOffset } : {};
  expect(knowledgeOf(log)).toEqual({ ...knowledgeOf(expected), ...known });
  for (let offset = 0; offset < expected.logEndOffset; offset++) {
    const [one, other] = [log, expected].map((each) => each.read(offset, 1, log.logEndOffset, true));
    expect(one!.ok && other!.ok && one!.records.equals(other!.records)).toBe(true);
  }
  for (let time = startMs - 100; time < startMs + 5_100; time += 331) {
    expect(await clock.during(log.offsetForTimestamp(time, nodeCompute))).toEqual(
      await expected.offsetForTimestamp(time, nodeCompute),
    );
  }
  const newest = await clock.during(log.offsetOfMaxTimestamp(nodeCompute));
  expect(newest).toEqual(await expected.offsetOfMaxTimestamp(nodeCompute));
}

function written(batchesToWrite: number, seed: number): { disk: MemoryDisk; under: LogUnderTest } {
  const disk = new MemoryDisk();
  const under = openLog(disk, config);
  const writer = new Writer(new SeededRandom(seed));
  for (let count = 0; count < batchesToWrite; count++) writer.append(under);
  under.queue.flush();
  return { disk, under };
}

/** As `openLog`, with recovery before it in a thread. */
async function openRecovered(disk: MemoryDisk, recoveryPoint: number, logStartOffset = 0): Promise<LogUnderTest> {
  const time = new ManualTime();
  const workers = inPlaceWorkers({ disk, clock: time, timers: time, compute: nodeCompute });
  const log = { name: "topic-0", dir: logDirectory, recoveryPoint, logStartOffset };
  const { indexIntervalBytes } = config;
  const outcome = await workers.run(recoveryTask, structuredClone({ logs: [log], indexIntervalBytes }));
  // From thread to thread only plain data passes.
  const [recovered] = structuredClone(outcome);
  return openLog(disk, config, { recoveryPoint, logStartOffset, recovered });
}

/** As clients and `flush.messages` have it flushed, or as it happens in the background. */
function flushSomehow(log: Log, step: number): Promise<void> {
  return step % 2 === 0 ? log.flush() : log.advanceRecoveryPoint();
}

function newestLogFile(disk: Disk): string {
  return `${logDirectory}/${disk.list(logDirectory).findLast((name) => name.endsWith(".log"))}`;
}

describe("a torn tail", () => {
  test("is cut at the last whole batch, wherever in the last two batches it ends", () => {
    const { disk, under } = written(20, 1);
    const all = readAll(under.log);
    const positions = [...batches(all)].map(({ start, end }) => ({ start, end }));
    const path = newestLogFile(disk);
    const fileStart = all.length - disk.stat(path).sizeBytes;
    const saved = disk.kill();
    const knowledge: Record<number, object> = {};
    for (let length = positions.at(-2)!.start; length <= all.length; length++) {
      const copy = saved.kill();
      copy.open(path, "readwrite").truncate(length - fileStart);
      const { log } = openLog(copy, config);
      const whole = positions.findLast(({ end }) => end <= length)!.end;
      expect(readAll(log).equals(all.subarray(0, whole))).toBe(true);
      const expected = (knowledge[whole] ??= knowledgeOf(rebuilt(all.subarray(0, whole))));
      expect(knowledgeOf(log)).toEqual(expected);
      expect(copy.stat(path).sizeBytes).toBe(whole - fileStart);
    }
  });

  test.each(["zeros", "noise", "a flipped bit"])("is cut before %s", (damage) => {
    const { disk, under } = written(20, 2);
    const all = readAll(under.log);
    const path = newestLogFile(disk);
    const copy = disk.kill();
    const file = copy.open(path, "readwrite");
    const last = [...batches(all)].at(-1)!;
    if (damage === "zeros") file.write([Buffer.alloc(500)], file.sizeBytes());
    if (damage === "noise") file.write([new SeededRandom(5).bytes(500)], file.sizeBytes());
    if (damage === "a flipped bit") file.write([Buffer.from([all.at(-1)! ^ 1])], file.sizeBytes() - 1);
    const { log } = openLog(copy, config);
    expect(readAll(log)).toEqual(damage === "a flipped bit" ? all.subarray(0, last.start) : all);
    expect(log.appendAsLeader(batch(), 9, "client", startMs)).toMatchObject({ ok: true });
  });

  test("after a clean shutdown, what others left behind the last batch is cut too", () => {
    const { disk, under } = written(20, 3);
    const all = readAll(under.log);
    under.log.close();
    const copy = disk.kill();
    const file = copy.open(newestLogFile(copy), "readwrite");
    file.write([Buffer.alloc(100)], file.sizeBytes());
    const next = openLog(copy, config, { hadCleanShutdown: true });
    next.log.appendAsLeader(batch(), 9, "client", startMs);
    next.queue.flush();
    expect(readAll(next.log).length).toBe(all.length + batch().length);
  });
});

/** `count` seeds, and those that once found a mistake. */
function seeds(first: number, count: number, found: readonly number[]): number[] {
  return [...Array.from({ length: count }, (_, index) => first + index), ...found];
}

describe("a crash", () => {
  test.each(seeds(0, 60, [234]))(
    "seed %i: the log has what was flushed, and behind it only what was appended",
    async (seed) => {
      const random = new SeededRandom(seed);
      const draw = (bound: number) => random.below(bound);
      let disk = new MemoryDisk();
      let under = openLog(disk, config);
      // The log's directory itself is there for long.
      disk.settle(logDirectory);
      for (let round = 0; round < 3; round++) {
        const writer = new Writer(random, false);
        let flushedOffset = 0;
        let recoveryPoint = 0;
        for (let step = draw(80); step > 0; step--) {
          writer.append(under);
          if (draw(3) === 0) under.queue.flush();
          if (draw(20) === 0) {
            await flushSomehow(under.log, step);
            flushedOffset = under.log.logEndOffset;
            // The checkpoint is written now and then, after a flush.
            if (draw(2) === 0) recoveryPoint = under.log.recoveryPoint;
          }
        }
        under.queue.flush();
        const before = readAll(under.log);
        const isPowerLoss = draw(3) > 0;
        disk = isPowerLoss ? disk.crash(draw) : disk.kill();
        under = openLog(disk, config, { recoveryPoint });
        const after = readAll(under.log);
        const flushed = outline(before).filter(({ baseOffset }) => baseOffset < flushedOffset);
        expect(outline(after).slice(0, flushed.length)).toEqual(flushed);
        const appended = new Set(outline(before).map(({ bytes }) => bytes));
        expect(outline(after).filter(({ bytes }) => !appended.has(bytes))).toEqual([]);
        if (!isPowerLoss) expect(after.length).toBe(before.length);
        // A hole of this round is not one of the next.
        if (hasHole(under.log, after)) return;
        expect(before.subarray(0, after.length).equals(after)).toBe(true);
      }
    },
  );

  test.each(seeds(100, 40, [201, 406, 478, 497]))("seed %i: all that is derived equals a rebuild", async (seed) => {
    const { disk, recoveryPoint, draw } = await lived(seed);
    const left = draw(4) === 0 ? disk.kill() : disk.crash(draw);
    const recovered = openLog(left, config, { recoveryPoint });
    await expectEqualToRebuild(recovered);
    // What recovery made is what the next start finds.
    recovered.log.close();
    const again = openLog(left.crash(draw), config, { hadCleanShutdown: true });
    await expectEqualToRebuild(again);
  });
});

/** A life drawn from `seed`, up to where it is broken off. */
async function lived(seed: number) {
  const random = new SeededRandom(seed);
  const draw = (bound: number) => random.below(bound);
  const disk = new MemoryDisk();
  const under = openLog(disk, config);
  disk.settle(logDirectory);
  const writer = new Writer(random);
  let recoveryPoint = 0;
  for (let step = 10 + draw(120); step > 0; step--) {
    writer.append(under);
    if (draw(3) === 0) under.queue.flush();
    if (draw(15) === 0) {
      await flushSomehow(under.log, step);
      recoveryPoint = under.log.recoveryPoint;
    }
  }
  under.queue.flush();
  return { disk, log: under.log, recoveryPoint, draw };
}

/** What a crash left of it; the same each time. */
async function crashed(seed: number) {
  const { disk, log, recoveryPoint, draw } = await lived(seed);
  const logStartOffset = draw(3) === 0 ? draw(log.logEndOffset + 20) : 0;
  const left = draw(4) === 0 ? disk.kill() : disk.crash(draw);
  return { left, recoveryPoint, logStartOffset, draw };
}

describe("recovery in a thread", () => {
  test.each(seeds(1_100, 20, []))("seed %i: comes to what recovery in place comes to", async (seed) => {
    const { recoveryPoint, logStartOffset, ...other } = await crashed(seed);
    const { left, draw } = await crashed(seed);
    const inPlace = openLog(other.left, config, { recoveryPoint, logStartOffset });
    const recovered = await openRecovered(left, recoveryPoint, logStartOffset);
    expect(readAll(recovered.log)).toEqual(readAll(inPlace.log));
    expect(everythingOf(recovered.log)).toEqual(everythingOf(inPlace.log));
    const before = readAll(recovered.log);
    if (draw(2) === 0) recovered.log.appendAsLeader(batch(), 99, "client", startMs);
    recovered.queue.flush();
    const all = readAll(recovered.log);
    const epochs = recovered.log.leaderEpochs.entries();
    if (draw(2) === 0) {
      recovered.log.close();
      const next = openLog(left.crash(draw), config, { hadCleanShutdown: true, logStartOffset });
      expect(readAll(next.log)).toEqual(all);
      expect(next.log.leaderEpochs.entries()).toEqual(epochs);
    } else {
      // What recovery wrote is not durable before a flush, and known not to be.
      await flushSomehow(recovered.log, draw(2));
      const next = openLog(left.crash(draw), config, { recoveryPoint: recovered.log.recoveryPoint, logStartOffset });
      expect(readAll(next.log).subarray(0, before.length)).toEqual(before);
      expect(readAll(next.log)).toEqual(all);
      expect(next.log.leaderEpochs.entries()).toEqual(epochs);
    }
  });

  test("the epochs that it found are made durable by the next flush", async () => {
    const { disk, under } = written(60, 32);
    await under.log.flush();
    const path = `${logDirectory}/leader-epoch-checkpoint`;
    const killed = disk.kill();
    killed.writeFileAtomic(path, "0\n1\n50 0\n");
    const { log } = await openRecovered(killed, 0);
    await log.flush();
    const entries = log.leaderEpochs.entries().map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`);
    expect(
      killed
        .crash(() => 0)
        .readFile(path)
        .toString(),
    ).toBe(`0\n${entries.length}\n${entries.join("")}`);
  });

  test("what it wrote is durable after a stop in good order though nobody has looked at it", async () => {
    const { disk } = written(60, 31);
    const killed = disk.kill();
    const path = newestLogFile(killed).replace(".log", ".timeindex");
    const { log } = await openRecovered(killed, 0);
    const timeIndex = killed.readFile(path);
    expect(timeIndex.length).toBeGreaterThan(0);
    log.close();
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = new SeededRandom(seed);
      expect(killed.crash((bound) => random.below(bound)).readFile(path)).toEqual(timeIndex);
    }
  });
});

describe("files that are lost or damaged", () => {
  const kinds = [".index", ".timeindex", ".txnindex", ".snapshot", "leader-epoch-checkpoint"];
  const damages: Record<string, (disk: MemoryDisk, path: string, random: SeededRandom) => void> = {
    removed: (disk, path) => disk.remove(path),
    emptied: (disk, path) => disk.open(path, "create").close(),
    "filled with noise": (disk, path, random) => {
      const length = disk.stat(path).sizeBytes;
      disk.open(path, "create").write([random.bytes(length)], 0);
    },
    "filled with zeros": (disk, path) => {
      const length = disk.stat(path).sizeBytes;
      disk.open(path, "create").write([Buffer.alloc(length)], 0);
    },
    "those of another segment": (disk, path) => {
      const suffix = path.slice(path.lastIndexOf("."));
      const other = disk.list(logDirectory).find((name) => name.endsWith(suffix) && !path.endsWith(name));
      if (other !== undefined) disk.writeFileAtomic(path, disk.readFile(`${logDirectory}/${other}`));
    },
  };
  const cases = kinds.flatMap((kind) =>
    Object.keys(damages).flatMap((damage) => [true, false].map((isClean) => ({ kind, damage, isClean }))),
  );

  test.each(cases)("$kind files $damage (clean shutdown: $isClean)", async ({ kind, damage, isClean }) => {
    const { disk, under } = written(120, 4);
    if (isClean) under.log.close();
    else await under.log.flush();
    const copy = disk.kill();
    const random = new SeededRandom(6);
    for (const name of copy.list(logDirectory)) {
      // Nobody can tell these from sound ones, Kafka neither: transaction indexes are only there when needed.
      if (kind === ".snapshot" && damage === "those of another segment") continue;
      if (
        kind === ".txnindex" &&
        (damage === "removed" || damage === "emptied" || damage === "those of another segment")
      )
        continue;
      if (name.endsWith(kind)) damages[damage]!(copy, `${logDirectory}/${name}`, random);
    }
    const recoveryPoint = isClean ? 0 : under.log.recoveryPoint;
    const found = openLog(copy, config, { hadCleanShutdown: isClean, recoveryPoint });
    await expectEqualToRebuild(found);
    found.log.releaseIdle();
    found.log.releaseIdle();
    await expectEqualToRebuild(found);
  });

  test("indexes without an entry do not come back damaged when their memory was released", () => {
    const disk = new MemoryDisk();
    const sparse = { segmentBytes: 300, indexIntervalBytes: 10_000 };
    const under = openLog(disk, sparse);
    for (let count = 0; count < 12; count++) under.log.appendAsLeader(batch(), 0, "client", startMs + count);
    under.log.close();
    const copy = disk.kill();
    const path = `${logDirectory}/00000000000000000000.index`;
    copy.writeFileAtomic(path, Buffer.from("0000000000000045".repeat(3), "hex"));
    const { log } = openLog(copy, sparse, { hadCleanShutdown: true });
    const firstTwo = () =>
      [0, 1].map((offset) => log.read(offset, 1, 12, true)).map((each) => each.ok && each.endOffset);
    expect(firstTwo()).toEqual([1, 2]);
    for (let times = 0; times < 3; times++) log.releaseIdle();
    expect(firstTwo()).toEqual([1, 2]);
    expect(copy.stat(path).sizeBytes).toBe(0);
  });

  test.each([5, 6, 7, 8])(
    "the largest timestamp of a recovered segment of %i batches outlives the next start",
    async (count) => {
      const disk = new MemoryDisk();
      const dense = { indexIntervalBytes: 150 };
      const { log: first, queue } = openLog(disk, dense);
      for (let index = 0; index < count; index++) {
        first.appendAsLeader(batch({ timestamp: startMs + index }), 0, "client", startMs);
      }
      first.roll();
      first.appendAsLeader(batch(), 0, "client", startMs);
      queue.flush();
      const killed = disk.kill();
      openLog(killed, dense).log.close();
      const { log, time } = openLog(killed.kill(), dense, { hadCleanShutdown: true });
      const newest = { offset: count - 1, timestamp: startMs + count - 1 };
      expect(await time.during(log.offsetOfMaxTimestamp(nodeCompute))).toMatchObject(newest);
    },
  );

  test.each([
    ["a crash", false],
    ["a clean shutdown", true],
  ])("after %s a snapshot of records that are not there goes, lest the log grow past it", (_, hadCleanShutdown) => {
    const { disk, under } = written(20, 7);
    const copy = disk.kill();
    const stale = producerSnapshotPath(logDirectory, under.log.logEndOffset + 10);
    writeProducerSnapshot(copy, stale, [new ProducerEntry(99)]);
    openLog(copy, config, { hadCleanShutdown });
    expect(copy.exists(stale)).toBe(false);
  });
});

test("a damaged entry of an index that only the search for a time comes by has the segment read whole", async () => {
  const disk = new MemoryDisk();
  const opened = openLog(disk, { indexIntervalBytes: 100 });
  const append = (): void => {
    for (let count = 0; count < 8; count++) {
      // The largest timestamp, with which the time index ends, is that of an early batch.
      const timestamp = startMs + (count === 3 ? 900 : count);
      opened.log.appendAsLeader(batch({ value: "x".repeat(100), timestamp }), 0, "client", startMs);
    }
    opened.queue.flush();
  };
  append();
  await opened.log.advanceRecoveryPoint();
  const { recoveryPoint } = opened.log;
  append();
  const left = disk.kill();
  const path = `${logDirectory}/00000000000000000000.index`;
  const bytes = left.readFile(path);
  const file = left.open(path, "readwrite");
  // The position of each entry but the last.
  for (let at = 4; at < bytes.length - 8; at += 8) bytes.writeInt32BE(bytes.readInt32BE(at) + 1, at);
  file.write([bytes], 0);
  file.close();
  const { log } = openLog(left, { indexIntervalBytes: 100 }, { recoveryPoint });
  expect(outline(readAll(log)).map(({ lastOffset }) => lastOffset)).toEqual(
    Array.from({ length: 16 }, (_, offset) => offset),
  );
});

test("a batch behind the recovery point, torn, tells nothing of its producer", async () => {
  const disk = new MemoryDisk();
  const { log, queue } = openLog(disk, { indexIntervalBytes: 100 });
  const append = (options: object): void => {
    const records = batch({ value: "x".repeat(100), timestamp: startMs + log.logEndOffset, ...options });
    expect(log.appendAsLeader(records, 0, "client", startMs)).toMatchObject({ ok: true });
    queue.flush();
  };
  for (let baseSequence = 0; baseSequence < 8; baseSequence++)
    append({ producerId: 7, producerEpoch: 0, baseSequence });
  await log.advanceRecoveryPoint();
  const { recoveryPoint } = log;
  append({});
  const tornAt = log.segmentSizes()[0]!.sizeBytes;
  append({ producerId: 7, producerEpoch: 0, baseSequence: 8 });
  const left = disk.kill();
  // The producers as they were there are lost: they are read from the batches.
  left.open(producerSnapshotPath(logDirectory, 8), "create").close();
  const file = left.open(`${logDirectory}/00000000000000000000.log`, "readwrite");
  file.write([Buffer.alloc(8)], tornAt);
  file.close();
  const { log: recovered } = openLog(left, { indexIntervalBytes: 100 }, { recoveryPoint });
  expect(recovered.logEndOffset).toBe(9);
  expect(recovered.producerState.get(7)).toMatchObject({ lastSequence: 7 });
});

test("the end of a preallocated segment stays cut after a clean shutdown that a loss of power follows", async () => {
  const disk = new MemoryDisk();
  const { log, queue } = openLog(disk, { preallocates: true, segmentBytes: 4_000 });
  log.appendAsLeader(batch(), 0, "client", startMs);
  queue.flush();
  await log.flush();
  log.close();
  const path = `${logDirectory}/00000000000000000000.log`;
  expect(disk.crash(() => 0).readFile(path).length).toBe(log.segmentSizes()[0]!.sizeBytes);
});
