import { describe, expect, test } from "vitest";
import { segmentFileName } from "../../../../src/log/log-files.ts";
import { buildBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { SeededRandom } from "../../../support/random-bytes.ts";
import { type DiskOperation, MemoryDisk } from "../../../sim/memory-disk.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { startMs } from "../batches.ts";
import { logDirectory, type LogUnderTest, openLog, readAll } from "../open-log.ts";
import { compacted, openCleaner, recordsIn, untilIdle } from "./clean-log.ts";

const keyCount = 12;
const config = { ...compacted, segmentBytes: 700, indexIntervalBytes: 100 };

/** A disk that stops, with the power or the process, at the n-th call that changes something. */
class FailingDisk extends MemoryDisk {
  #left: number;

  constructor(left: number) {
    super(() => startMs);
    this.#left = left;
  }

  arm(left: number): void {
    this.#left = left;
  }

  get left(): number {
    return this.#left;
  }

  override check(operation: DiskOperation, path: string): void {
    if (operation !== "read" && --this.#left === 0) this.fail(operation, "EIO");
    super.check(operation, path);
  }
}

async function append(opened: LogUnderTest, random: SeededRandom, count: number, keys = keyCount): Promise<void> {
  const { log, queue } = opened;
  for (let written = 0; written < count; written++) {
    const key = Buffer.from(`key ${random.below(keys)}`);
    const records = [{ key, value: Buffer.from(`value ${log.logEndOffset}`), timestamp: startMs }];
    expect(log.appendAsLeader(buildBatch({ records }), 0, "client", startMs).ok).toBe(true);
  }
  queue.flush();
  await log.flush();
  log.highWatermark = log.logEndOffset;
}

async function tableOf({ log }: LogUnderTest): Promise<Record<string, string | null>> {
  return Object.fromEntries((await recordsIn(log)).map(({ key, value }) => [key ?? "", value]));
}

/** How many changing calls a round makes, so that each can be the last. */
async function round(disk: FailingDisk, time: ManualTime): Promise<LogUnderTest & { removals: (() => void)[] }> {
  const opened = openLog(disk, config, { time });
  await append(opened, new SeededRandom(1), 45);
  const { cleaner, removals } = openCleaner(disk, time, () => [opened.log]);
  cleaner.start();
  await untilIdle(cleaner, time);
  await cleaner.close();
  return { ...opened, removals };
}

describe("a crash at every change that a round of cleaning makes to the disk", () => {
  test.each(["power", "process"] as const)("loss of the %s", async (kind) => {
    const time = new ManualTime(startMs);
    const whole = new FailingDisk(Infinity);
    const done = await round(whole, time);
    expect((await recordsIn(done.log)).length).toBeLessThan(25);
    const expectedTable = await tableOf(done);
    const outcomes = { cleaned: 0, untouched: 0 };

    let isOver = false;
    for (let step = 1; !isOver; step++) {
      const disk = new FailingDisk(Infinity);
      const opened = openLog(disk, config, { time });
      await append(opened, new SeededRandom(1), 45);
      const before = await recordsIn(opened.log);
      const { cleaner, removals } = openCleaner(disk, time, () => [opened.log]);
      disk.arm(step);
      cleaner.start();
      await untilIdle(cleaner, time);
      await cleaner.close();
      isOver = disk.left > 0;
      disk.arm(Infinity);
      for (const remove of isOver ? removals : []) remove();
      const random = new SeededRandom(step);
      const left = kind === "power" ? disk.crash((bound) => random.below(bound)) : disk.kill();
      const { logEndOffset, recoveryPoint } = opened.log;
      const reopened = openLog(left, config, { time, recoveryPoint });
      expect(reopened.log.logEndOffset, `step ${step}`).toBe(logEndOffset);
      expect(await tableOf(reopened), `step ${step}`).toEqual(expectedTable);
      const after = await recordsIn(reopened.log);
      const known = new Map(before.map((record) => [record.offset, record]));
      for (const record of after) expect(record, `step ${step}`).toEqual(known.get(record.offset));
      outcomes[after.length < before.length ? "cleaned" : "untouched"]++;
      expect(left.list(logDirectory).filter((file) => /cleaned|swap|deleted/.test(file))).toEqual([]);

      // It goes on as a log: appended to, cleaned again, read from the start.
      await append(reopened, new SeededRandom(2), 20);
      const again = openCleaner(left, time, () => [reopened.log]);
      again.cleaner.start();
      await untilIdle(again.cleaner, time);
      expect(again.cleaner.isUncleanable(reopened.log)).toBe(false);
      expect(reopened.diskErrors).toEqual([]);
      expect(readAll(reopened.log).length).toBeGreaterThan(0);
    }
    // Crashes came before and after the swaps.
    expect(outcomes.untouched).toBeGreaterThan(10);
    expect(outcomes.cleaned).toBeGreaterThan(10);
  });
});

test("a file that an earlier round left does not have a start undo what a later one has done", async () => {
  const time = new ManualTime(startMs);
  const disk = new FailingDisk(Infinity);
  const opened = openLog(disk, config, { time });
  // So many keys that each segment has the last record of some.
  await append(opened, new SeededRandom(1), 45, 1_000);
  const { recoveryPoint } = opened.log;
  const expected = await tableOf(opened);
  const [, second] = opened.log.segmentSizes();
  disk.open(`${logDirectory}/${segmentFileName(second!.baseOffset - 1, ".log.cleaned")}`, "create").close();
  let left: MemoryDisk | undefined;
  disk.onOperation = (operation, path) => {
    const isSwap = operation === "rename" && path.endsWith(segmentFileName(second!.baseOffset, ".log.swap"));
    // The segment that it is made of has another name by then.
    if (isSwap) left ??= disk.kill();
  };
  const { cleaner } = openCleaner(disk, time, () => [opened.log]);
  cleaner.start();
  await untilIdle(cleaner, time);
  await cleaner.close();
  const reopened = openLog(left!, config, { time, recoveryPoint });
  expect(await tableOf(reopened)).toEqual(expected);
});
