import { expect, test } from "vitest";
import { javaStringHash } from "../../../src/base/java-hash.ts";
import { partitionFor } from "../../../src/coordinator/runtime/partition-for.ts";

// What Java prints for `"…".hashCode()`.
test.each([
  ["", 0],
  ["a", 97],
  ["my-group", -1_906_497_762],
  ["polygenelubricants", -2_147_483_648],
  ["grüße", 98_768_023],
  ["😀", 1_772_899],
])("hash of %j", (text, hash) => {
  expect(javaStringHash(text)).toBe(hash);
});

test("the partition is never negative", () => {
  expect(partitionFor("polygenelubricants", 50)).toBe(0);
  expect(partitionFor("my-group", 50)).toBe(12);
});
