import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError } from "../../../src/controller/api-error.ts";
import { ReplicaPlacer, type UsableBroker } from "../../../src/controller/replica-placer.ts";
import { type Random } from "../../../src/io/ports.ts";

const startAtZero: Random = { float: () => 0, bytes: (length) => Buffer.alloc(length) };

function broker(id: number, rack: string | null = null, fenced = false): UsableBroker {
  return { id, rack, fenced };
}

function placed(brokers: readonly UsableBroker[], partitions: number, factor: number): readonly number[][] {
  const result = new ReplicaPlacer(brokers, startAtZero).place(partitions, factor);
  if (result instanceof ApiError) throw new Error(result.message ?? "");
  return result;
}

test("leaders and followers go round the brokers", () => {
  const brokers = [0, 1, 2].map((id) => broker(id));
  expect(placed(brokers, 3, 2)).toEqual([
    [0, 1],
    [1, 2],
    [2, 0],
  ]);
});

test("the replicas of a partition are spread over racks", () => {
  const brokers = [broker(0, "a"), broker(1, "a"), broker(2, "b"), broker(3, "b"), broker(4, "c")];
  for (const replicas of placed(brokers, 20, 3)) {
    expect(new Set(replicas.map((id) => brokers[id]?.rack)).size).toBe(3);
  }
});

test("a fenced broker never leads, and is the last choice of its rack", () => {
  const brokers = [broker(0, null, true), broker(1), broker(2)];
  for (const replicas of placed(brokers, 9, 2)) expect(replicas).not.toContain(0);
  for (const replicas of placed(brokers, 9, 3)) expect(replicas.at(-1)).toBe(0);
});

test("any placement names different brokers, and leads everywhere alike", () => {
  const brokersOf = fc.uniqueArray(fc.record({ id: fc.nat(50), rack: fc.constantFrom(null, "a", "b", "c") }), {
    selector: ({ id }) => id,
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      brokersOf,
      fc.integer({ min: 1, max: 40 }),
      fc.nat(),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (all, count, k, draw) => {
        const brokers = all.map(({ id, rack }) => broker(id, rack));
        const factor = 1 + (k % brokers.length);
        const random: Random = { ...startAtZero, float: () => draw };
        const result = new ReplicaPlacer(brokers, random).place(count, factor);
        if (result instanceof ApiError) throw new Error(result.message ?? "");
        expect(result).toHaveLength(count);
        for (const replicas of result) expect(new Set(replicas).size).toBe(factor);
      },
    ),
  );
});

test.each([
  [[broker(1)], 0, "Invalid replication factor 0: the replication factor must be positive."],
  [[broker(1, null, true)], 1, "All brokers are currently fenced, or have all their log directories cordoned."],
  [
    [broker(1)],
    2,
    "The target replication factor of 2 cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.",
  ],
])("refuses what cannot be placed (%#)", (brokers, factor, message) => {
  expect(new ReplicaPlacer(brokers, startAtZero).place(1, factor)).toMatchObject({ message });
});
