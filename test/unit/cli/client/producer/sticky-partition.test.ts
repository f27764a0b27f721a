import { expect, test } from "vitest";
import { zeroUuid } from "../../../../../src/base/uuid.ts";
import { type TopicInfo } from "../../../../../src/cli/client/known-topics.ts";
import { StickyPartition } from "../../../../../src/cli/client/producer/sticky-partition.ts";
import { SeededRandom } from "../../../../support/random-bytes.ts";

function topic(name: string, ...leaders: number[]): TopicInfo {
  const partitions = leaders.map((leaderId, index) => ({ index, leaderId, leaderEpoch: 0, replicas: [1] }));
  return { name, id: zeroUuid, isInternal: false, partitions };
}

function stickyPartition(batchSizeBytes: number): StickyPartition {
  const random = new SeededRandom(4);
  return new StickyPartition(
    { float: () => random.below(1_000_000) / 1_000_000, bytes: (length) => random.bytes(length) },
    batchSizeBytes,
  );
}

test.each([
  ["all that there are", [1, 2, 1], [0, 1, 2]],
  ["those with a leader", [1, -1, 2], [0, 2]],
  ["all, when none has a leader", [-1, -1, -1], [0, 1, 2]],
])("draws among %s", (_, leaders, expected) => {
  const sticky = stickyPartition(1);
  const drawn = new Set(Array.from({ length: 100 }, () => sticky.next(topic("t", ...leaders), 1)));
  expect([...drawn].sort()).toEqual(expected);
});

test("stays with a topic's partition until a batch is full, whatever other topics do", () => {
  const sticky = stickyPartition(30);
  const of = (name: string, ...leaders: number[]) => sticky.next(topic(name, ...leaders), 10);
  const drawn = Array.from({ length: 30 }, () => [of("a", 1, 1, 1, 1, 1), of("b", -1, -1, -1, -1, 1)]);
  for (let at = 0; at < drawn.length; at += 3) {
    expect(new Set(drawn.slice(at, at + 3).map(([a]) => a)).size).toBe(1);
  }
  expect(new Set(drawn.map(([a]) => a)).size).toBeGreaterThan(1);
  expect(new Set(drawn.map(([, b]) => b))).toEqual(new Set([4]));
});
