import { describe, expect, test } from "vitest";
import { Segment } from "../../../src/log/segment.ts";
import { Segments } from "../../../src/log/segments.ts";
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
    const tail = new Tail(new TailCache(1_000_000));
    const one = segment();
    const text = Array.from({ length: 900 }, (_, index) => `record ${index};`);
    for (const piece of text) append(tail, one, piece);
    expect(Buffer.concat(tail.unwritten(one)).toString()).toBe(text.join(""));
    one.writtenBytes = 100;
    expect(Buffer.concat(tail.unwritten(one)).toString()).toBe(text.join("").slice(100));
  });

  test("gives out only what is written", () => {
    const tail = new Tail(new TailCache(1_000_000));
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
    const tail = new Tail(new TailCache(0));
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
    const cache = new TailCache(50_000);
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

test("segments are found by the offsets that they start at", () => {
  const segments = new Segments();
  for (const baseOffset of [20, 0, 10]) segments.add(segment(baseOffset));
  expect(segments.all().map(({ baseOffset }) => baseOffset)).toEqual([0, 10, 20]);
  expect([-1, 0, 9, 10, 11, 19, 20, 99].map((offset) => segments.indexFor(offset))).toEqual([-1, 0, 0, 1, 1, 1, 2, 2]);
  expect(segments.from(10).map(({ baseOffset }) => baseOffset)).toEqual([10, 20]);
});
