import { expect, test } from "vitest";
import { groupSegments } from "../../../../src/log/cleaner/segment-groups.ts";

const limits = { segmentBytes: 100, indexBytes: 80, endOffset: 1_000 };

function segment(baseOffset: number, sizeBytes: number, offsetIndexBytes = 8, timeIndexBytes = 8) {
  return { baseOffset, sizeBytes, offsetIndexBytes, timeIndexBytes };
}

function basesOf(segments: ReturnType<typeof segment>[], endOffset = limits.endOffset): number[][] {
  return groupSegments(segments, { ...limits, endOffset }).map((group) => group.map(({ baseOffset }) => baseOffset));
}

test("segments are put together as long as they fit into one", () => {
  expect(basesOf([])).toEqual([]);
  expect(basesOf([segment(0, 60), segment(10, 40), segment(20, 1), segment(30, 99), segment(40, 1)])).toEqual([
    [0, 10],
    [20, 30],
    [40],
  ]);
  expect(basesOf([segment(0, 500), segment(10, 1)])).toEqual([[0], [10]]);
});

test("their indexes have to fit too", () => {
  expect(basesOf([segment(0, 1, 40), segment(10, 1, 40), segment(20, 1, 8)])).toEqual([[0, 10], [20]]);
  expect(basesOf([segment(0, 1, 8, 40), segment(10, 1, 8, 40), segment(20, 1, 8, 8)])).toEqual([[0, 10], [20]]);
});

test("an index has 31 bits for an offset", () => {
  const far = 2 ** 31;
  // The last offset of the second segment is one too far; the third's is known by where the part to be cleaned ends.
  expect(basesOf([segment(0, 1), segment(10, 1), segment(far + 1, 1)], far + 3)).toEqual([[0], [10, far + 1]]);
  expect(basesOf([segment(0, 1), segment(10, 1), segment(far, 1)], far + 1)).toEqual([[0, 10], [far]]);
  // One without records does no harm.
  expect(basesOf([segment(0, 1), segment(far + 1, 0)], far + 3)).toEqual([[0, far + 1]]);
});
