import { expect, test } from "vitest";
import { javaStringHash, timelineHashOrder } from "../../../src/base/java-hash.ts";

const factor = -7046029254386353131n;

/** The same in the words of the definition, with numbers of 64 bits. */
function slotOf(hash: number, slotBits: number): number {
  return Number(BigInt.asUintN(64, BigInt(hash) * factor) >> BigInt(64 - slotBits));
}

test("members stand in the order of the upper bits of the product", () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `member-${index * 7919}`);
  const slots = timelineHashOrder(ids, javaStringHash, ids.length).map((id) => slotOf(javaStringHash(id), 10));
  expect(slots).toEqual([...slots].sort((one, other) => one - other));
  expect(new Set(slots).size).toBeGreaterThan(500);
  // Hashes at the ends of what they can be.
  const extremes = [0, 1, -1, 0x7fffffff, -0x80000000, 0x10000, -0x10000, 0xffff];
  const spread = timelineHashOrder(extremes, (hash) => hash, 1 << 29);
  expect(spread).toEqual([...extremes].sort((one, other) => slotOf(one, 30) - slotOf(other, 30)));
});

test("who shares a slot stands behind those who came later, and a map that was full has more slots", () => {
  const same = ["a", "b", "c", "d"];
  expect(timelineHashOrder(same, () => 42, same.length)).toEqual(["d", "c", "b", "a"]);
  // Apache Kafka described a group of these, who had joined one after the other, in this order.
  const described = [3, 10, 8, 0, 5, 2, 7, 4, 11, 9, 1, 6];
  const ids = described.map((_, index) => `member-${index}`);
  const inOrder = timelineHashOrder(ids, javaStringHash, ids.length);
  expect(inOrder).toEqual(described.map((index) => `member-${index}`));
  expect(timelineHashOrder(ids, javaStringHash, 1)).not.toEqual(inOrder);
});
