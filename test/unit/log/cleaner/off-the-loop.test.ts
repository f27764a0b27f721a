import { expect, test } from "vitest";
import { type Disk, type DiskFile } from "../../../../src/io/ports.ts";
import { buildBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { SeededRandom } from "../../../support/random-bytes.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { startMs } from "../batches.ts";
import { openLog } from "../open-log.ts";
import { compacted, openCleaner, untilIdle } from "./clean-log.ts";

/** What was asked of the disk on the event loop. */
class LoopUse {
  /** Calls in one turn at most: a produce that comes meanwhile waits for those. */
  callsInTurnMax = 0;
  /** Bytes of segments that were read or written in one turn at most. */
  bytesInTurnMax = 0;
  /** Calls that wait for the device. */
  syncs: string[] = [];
  #calls = 0;
  #bytes = 0;
  #turns: NodeJS.Immediate | undefined;

  start(): void {
    const turn = (): void => {
      this.#calls = this.#bytes = 0;
      this.#turns = setImmediate(turn);
    };
    turn();
  }

  stop(): void {
    clearImmediate(this.#turns);
  }

  note(name: string, path: string, sizeBytes = 0): void {
    this.callsInTurnMax = Math.max(this.callsInTurnMax, ++this.#calls);
    if (path.includes(".log")) this.bytesInTurnMax = Math.max(this.bytesInTurnMax, (this.#bytes += sizeBytes));
    if (/^(sync|syncDirectory|writeFileAtomic)$/.test(name)) this.syncs.push(`${name} ${path}`);
  }
}

/** The disk as the event loop sees it; threads have it directly. */
function seenByLoop(disk: Disk, use: LoopUse): Disk {
  const file = (inner: DiskFile): DiskFile =>
    new Proxy(inner, {
      get(target, name: keyof DiskFile) {
        const member = target[name];
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          const slices = name === "write" ? (args[0] as Buffer[]) : name === "read" ? [args[0] as Buffer] : [];
          const sizeBytes = slices.reduce((total, { length }) => total + length, 0);
          use.note(name, target.path, sizeBytes);
          return (member as (...all: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  return new Proxy(disk, {
    get(target, name: keyof Disk) {
      const member = target[name];
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        use.note(name, String(args[0]));
        const result = (member as (...all: unknown[]) => unknown).apply(target, args);
        return name === "open" ? file(result as DiskFile) : result;
      };
    },
  });
}

/** One round of compaction of a log with so many segments of so many batches, and what the event loop had of it. */
async function round(segments: number, batchesEach: number) {
  const disk = new MemoryDisk(() => startMs);
  const time = new ManualTime(startMs);
  const use = new LoopUse();
  const random = new SeededRandom(1);
  const config = { ...compacted, segmentBytes: 10_000_000 };
  const under = openLog(seenByLoop(disk, use), config, { time });
  for (let segment = 0; segment < segments; segment++) {
    for (let count = 0; count < batchesEach; count++) {
      const records = [{ key: Buffer.from(`key ${random.below(20)}`), value: random.bytes(50), timestamp: startMs }];
      expect(under.log.appendAsLeader(buildBatch({ records }), 0, "client", startMs).ok).toBe(true);
    }
    expect(under.log.roll()).toBe(true);
    under.queue.flush();
  }
  await under.log.flush();
  under.log.highWatermark = under.log.logEndOffset;
  const sizeBytes = under.log.sizeBytes;
  Object.assign(use, { callsInTurnMax: 0, bytesInTurnMax: 0, syncs: [] });
  use.start();
  const { cleaner, removals } = openCleaner(disk, time, () => [under.log]);
  cleaner.start();
  await untilIdle(cleaner, time);
  await cleaner.close();
  use.stop();
  // It has come to something.
  expect(cleaner.isUncleanable(under.log)).toBe(false);
  expect(under.log.cleanedOffset).toBe(segments * batchesEach);
  expect(under.log.sizeBytes).toBeLessThan(sizeBytes / 2);
  expect(removals.length).toBeGreaterThanOrEqual(segments);
  return use;
}

/** Calls that look something up or give a name take microseconds each: together well below a millisecond or two. */
const callsInTurnLimit = 400;

test("the event loop reads and writes no segment for the cleaner, and waits for no device, however much is cleaned", async () => {
  const small = await round(3, 20);
  const large = await round(3, 400);
  for (const { bytesInTurnMax, syncs, callsInTurnMax } of [small, large]) {
    expect(bytesInTurnMax).toBe(0);
    expect(syncs).toEqual([]);
    expect(callsInTurnMax).toBeLessThan(callsInTurnLimit);
  }
  expect(large.callsInTurnMax).toBe(small.callsInTurnMax);
});

test("many segments that become one are put aside in steps", async () => {
  const { callsInTurnMax, bytesInTurnMax, syncs } = await round(300, 2);
  expect(callsInTurnMax).toBeLessThan(callsInTurnLimit);
  expect([bytesInTurnMax, syncs]).toEqual([0, []]);
});
