import { describe, expect, test } from "vitest";
import { BufferPool } from "../../../src/base/buffer-pool.ts";
import { Segment } from "../../../src/log/segment/segment.ts";
import { Segments } from "../../../src/log/segment/segments.ts";
import { Tail, TailCache } from "../../../src/log/tail-cache.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";

function segment(baseOffset = 0): Segment {
  const disk = new MemoryDisk();
  disk.mkdir("/log");
  return Segment.create(
    { disk, directory: "/log", rollJitterMs: 0, indexIntervalBytes: 4_096, preallocatedBytes: 0 },
    baseOffset,
    0,
  );
}

function append(tail: Tail, to: Segment, text: string): void {
  tail.append(to, Buffer.from(text));
  to.sizeBytes += text.length;
}

describe("the tail of a log", () => {
  test("has what is not written, over chunks", () => {
    const tail = new Tail(new TailCache(1_000_000, new BufferPool()));
    const one = segment();
    const text = Array.from({ length: 900 }, (_, index) => `record ${index};`);
    for (const piece of text) append(tail, one, piece);
    expect(Buffer.concat(tail.unwritten(one)).toString()).toBe(text.join(""));
    one.writtenBytes = 100;
    expect(Buffer.concat(tail.unwritten(one)).toString()).toBe(text.join("").slice(100));
  });

  test("gives out only what is written", () => {
    const tail = new Tail(new TailCache(1_000_000, new BufferPool()));
    const one = segment();
    append(tail, one, "first");
    expect(tail.sliceFrom(one, 0)).toBeUndefined();
    one.writtenBytes = 5;
    append(tail, one, "second");
    expect(tail.sliceFrom(one, 0)?.toString()).toBe("first");
    expect(tail.sliceFrom(one, 3)?.toString()).toBe("st");
    expect(tail.sliceFrom(one, 5)).toBeUndefined();
    expect(tail.sliceFrom(segment(9), 0)).toBeUndefined();
  });

  test("what was given out stays as it is when the chunk has gone", () => {
    const tail = new Tail(new TailCache(0, new BufferPool()));
    const one = segment();
    append(tail, one, "first");
    one.writtenBytes = 5;
    const slice = tail.sliceFrom(one, 0)!;
    const other = segment(5);
    append(tail, other, "x".repeat(20_000));
    expect(tail.sliceFrom(one, 0)).toBeUndefined();
    expect(slice.toString()).toBe("first");
  });

  test("all logs together keep to the budget, but for what waits to be written", () => {
    const cache = new TailCache(50_000, new BufferPool());
    const tails = Array.from({ length: 10 }, () => ({ tail: new Tail(cache), one: segment() }));
    for (const { tail, one } of tails) append(tail, one, "y".repeat(20_000));
    expect(cache.sizeBytes).toBe(200_000);
    for (const { one } of tails) one.writtenBytes = one.sizeBytes;
    append(tails[9]!.tail, tails[9]!.one, "z".repeat(20_000));
    expect(cache.sizeBytes).toBeLessThanOrEqual(50_000);
    // The newest is there still.
    expect(tails[9]!.tail.unwritten(tails[9]!.one).toString()).toBe("z".repeat(20_000));
    for (const { tail } of tails) tail.clear();
    expect(cache.sizeBytes).toBe(0);
  });
});

test("a turn that appends to very many logs does not look at all chunks for each", () => {
  const cache = new TailCache(50_000, new BufferPool());
  let looks = 0;
  const tails = Array.from({ length: 500 }, () => {
    const one = segment();
    const written = { bytes: 0 };
    Object.defineProperty(one, "writtenBytes", { get: () => [++looks, written.bytes][1] });
    return { tail: new Tail(cache), one, written };
  });
  for (const { tail, one } of tails) append(tail, one, "y".repeat(10_000));
  expect(looks).toBeLessThan(10 * tails.length);
  expect(cache.sizeBytes).toBe(500 * 10_000);
  // The next turn makes up for it, wherever the written ones are in the order.
  for (const { written } of tails.slice(9)) written.bytes = 10_000;
  for (const { tail, one } of tails.slice(0, 9)) append(tail, one, "z".repeat(10_000));
  // What these logs wait to write is all that is left: two chunks of each.
  expect(cache.sizeBytes).toBe(9 * 10_000 + 9 * 10_000);
});

test("small memory of logs that are written to in turn is used again, unless somebody has read it", () => {
  const cache = new TailCache(10_000, new BufferPool());
  const logs = Array.from({ length: 20 }, () => ({ tail: new Tail(cache), one: segment() }));
  const memories = (isRead: boolean) => {
    const seen = new Set<ArrayBufferLike>();
    for (const { tail, one } of logs) {
      append(tail, one, "x".repeat(1_500));
      seen.add(tail.unwritten(one)[0]!.buffer);
      one.writtenBytes = one.sizeBytes;
      if (isRead) expect(tail.sliceFrom(one, one.sizeBytes - 1_500)).toHaveLength(1_500);
    }
    return seen;
  };
  expect(memories(false).size).toBeLessThan(8);
  memories(true);
  expect(memories(true).size).toBe(logs.length);
});

test("small memory is kept for others in a few sizes, and not much of it", () => {
  const keptAt = (sizeBytes: number, count: number): number => {
    const cache = new TailCache(0, new BufferPool());
    const memories = (): Set<ArrayBufferLike> => {
      const logs = Array.from({ length: count }, () => ({ tail: new Tail(cache), one: segment() }));
      for (const { tail, one } of logs) append(tail, one, "x".repeat(sizeBytes));
      const buffers = logs.map(({ tail, one }) => tail.unwritten(one)[0]!.buffer);
      for (const { tail } of logs) tail.clear();
      return new Set(buffers);
    };
    const former = memories();
    return [...memories()].filter((memory) => former.has(memory)).length;
  };
  expect(keptAt(2_048, 100)).toBe(64);
  // A batch of a size that no other may have again.
  expect(keptAt(5_001, 10)).toBe(0);
});

describe("memory of the tail", () => {
  const chunkBytes = 524_288;

  /** A tail that has grown to chunks of full size, all of it written. */
  function grown(budgetBytes: number) {
    const pool = new BufferPool();
    const cache = new TailCache(budgetBytes, pool);
    const tail = new Tail(cache);
    const one = segment();
    const write = (bytes: Buffer): void => {
      tail.append(one, bytes);
      one.sizeBytes += bytes.length;
      one.writtenBytes = one.sizeBytes;
    };
    for (let index = 0; index < 8; index++) write(Buffer.alloc(chunkBytes, index));
    return { pool, cache, tail, one, write };
  }

  test("is little as long as nobody reads along", () => {
    const { cache, tail, one, write } = grown(100_000_000);
    expect(cache.sizeBytes).toBeLessThanOrEqual(3 * chunkBytes);
    // Who reads what was written last is taken for one who goes on so.
    expect(tail.sliceFrom(one, one.sizeBytes - 1)).toBeDefined();
    const position = one.sizeBytes;
    write(Buffer.alloc(chunkBytes, "a"));
    tail.sliceFrom(one, position);
    write(Buffer.alloc(chunkBytes, "b"));
    tail.sliceFrom(one, position + chunkBytes);
    write(Buffer.alloc(chunkBytes, "c"));
    expect(tail.sliceFrom(one, position)?.toString()).toBe("a".repeat(chunkBytes));
  });

  test("of what nobody has read is used again, and of what somebody has read never", () => {
    const { pool, tail, one, write } = grown(2 * chunkBytes);
    const read = tail.sliceFrom(one, one.sizeBytes - chunkBytes)!;
    const before = Buffer.from(read);
    for (let index = 0; index < 20; index++) write(Buffer.alloc(chunkBytes, 0xee));
    expect(read.equals(before)).toBe(true);
    // All that is free now was given back by the tail.
    const taken = Array.from({ length: 3 }, () => pool.take(chunkBytes));
    expect(taken.some(({ buffer }) => buffer === read.buffer)).toBe(false);
    expect(taken.some((buffer) => buffer.every((byte) => byte === 0xee))).toBe(true);
  });

  test("is that of the request, for a large batch that has memory of its own", () => {
    const { pool, tail, one, write } = grown(100_000_000);
    const frame = pool.take(300_000);
    const records = frame.fill("r").subarray(100);
    const position = one.sizeBytes;
    write(records);
    expect(tail.sliceFrom(one, position)?.buffer).toBe(frame.buffer);
    // The connection is done with the request: the tail has the buffer now.
    pool.giveBack(frame);
    expect(pool.take(300_000).buffer).not.toBe(frame.buffer);
    const other = pool.take(300_000).fill("s");
    write(other.subarray(0, 1_000));
    expect(tail.sliceFrom(one, position + records.length)?.buffer).not.toBe(other.buffer);
    expect(tail.sliceFrom(one, position + records.length)?.toString()).toBe("s".repeat(1_000));
  });

  test("that waits to be written is not touched", () => {
    const pool = new BufferPool();
    const tail = new Tail(new TailCache(0, pool));
    const one = segment();
    for (const letter of ["a", "b", "c", "d"]) {
      const frame = pool.take(100_000).fill(letter);
      tail.append(one, frame);
      one.sizeBytes += frame.length;
      pool.giveBack(frame);
    }
    const letters = Buffer.concat(tail.unwritten(one)).toString();
    expect(letters).toBe(["a", "b", "c", "d"].map((letter) => letter.repeat(100_000)).join(""));
  });
});

test("segments are found by the offsets that they start at", () => {
  const segments = new Segments();
  for (const baseOffset of [20, 0, 10]) segments.add(segment(baseOffset));
  expect(segments.all().map(({ baseOffset }) => baseOffset)).toEqual([0, 10, 20]);
  expect([-1, 0, 9, 10, 11, 19, 20, 99].map((offset) => segments.indexFor(offset))).toEqual([-1, 0, 0, 1, 1, 1, 2, 2]);
  expect(segments.from(10).map(({ baseOffset }) => baseOffset)).toEqual([10, 20]);
});
