import { describe, expect, test } from "vitest";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, outline, startMs } from "../batches.ts";
import { openLog, readAll } from "../open-log.ts";

/** A log of batches of which each has one record; the sizes of the values say how large. */
function logOf(sizes: readonly number[], config = {}) {
  const disk = new MemoryDisk();
  const under = openLog(disk, config, { tailCacheBytes: 0 });
  const append = (values: readonly number[]): void => {
    for (const size of values) {
      const records = batch({ value: Buffer.alloc(size, "v") });
      expect(under.log.appendAsLeader(records, 0, "client", startMs)).toMatchObject({ ok: true });
      under.queue.flush();
    }
    // So that files are read.
    under.log.releaseTail();
  };
  append(sizes);
  return { ...under, disk, append };
}

/** How many reads of files it takes. */
function readsOf(disk: MemoryDisk, act: () => void): number {
  const before = disk.counts.get("read") ?? 0;
  act();
  return (disk.counts.get("read") ?? 0) - before;
}

const sizes = Array.from({ length: 200 }, (_, index) => 50 + ((index * 37) % 400));

describe("a read that goes on where another has ended", () => {
  test("is one read of the file", () => {
    const { log, disk } = logOf(sizes);
    const first = log.read(0, 5_000, log.writtenOffset, true);
    if (!first.ok) throw new Error("nothing to read");
    let next = first.endOffset;
    const reads = readsOf(disk, () => {
      for (let count = 0; count < 8; count++) {
        const result = log.read(next, 5_000, log.writtenOffset, true);
        if (result.ok) next = result.endOffset;
      }
    });
    expect(next).toBeGreaterThan(first.endOffset + 40);
    expect(reads).toBe(8);
  });

  test("finds the batches that stand there after a truncation", () => {
    const { log, append } = logOf(sizes);
    const ends = [40, 60, 80, 100].map((offset) => {
      const result = log.read(offset, 2_000, log.writtenOffset, true);
      return result.ok ? result.endOffset : -1;
    });
    log.truncateTo(30);
    append(sizes.map((size) => 500 - size));
    for (const end of ends) {
      const result = log.read(end, 2_000, log.writtenOffset, true);
      expect(result.ok && outline(result.records)[0]!.baseOffset).toBe(end);
    }
  });

  test("goes on in the next segment, and in what is appended", () => {
    const { log, append } = logOf(sizes, { segmentBytes: 4_000 });
    const end = log.logEndOffset;
    expect(outline(readAll(log, 0, 1_000))).toHaveLength(200);
    append([100, 200]);
    expect(outline(readAll(log, end, 1_000)).map(({ baseOffset }) => baseOffset)).toEqual([200, 201]);
  });
});
