import { expect, test } from "vitest";
import { javaComputedOrder, javaHashOrder, javaStringHash, timelineHashOrder } from "../../../src/base/java-hash.ts";

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

test("what is put into a map if absent stands in front of what shares its bucket", () => {
  const paths = (count: number) => Array.from({ length: count }, (_, index) => `/data/t-0/${index * 37}.log`);
  const numbersOf = (ordered: readonly string[]) => ordered.map((path) => /(\d+)\.log/.exec(path)![1]).join();
  const computed = (count: number) => numbersOf(javaComputedOrder(paths(count), javaStringHash));
  // As a java.util.HashMap hands them back that was filled by computeIfAbsent.
  expect(computed(5)).toBe("148,111,74,37,0");
  expect(computed(13)).toBe("185,407,148,333,111,444,296,259,74,37,222,0,370");
  expect(computed(14)).toBe("148,111,444,296,74,37,370,185,407,333,259,481,222,0");
  expect(computed(30)).toBe(
    "111,999,1073,629,1036,37,777,370,666,259,962,555,851,148,444,296,740,703,74,814,185,407,333,481,925,222,0,888,592,518",
  );
  expect(computed(13)).not.toBe(numbersOf(javaHashOrder(paths(13), javaStringHash)));
});
