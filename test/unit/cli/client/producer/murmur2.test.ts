import { expect, test } from "vitest";
import { murmur2, partitionOfKey } from "../../../../../src/cli/client/producer/murmur2.ts";

test.each([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
])("murmur2 of %j is what Kafka's Java client computes", (text, expected) => {
  expect(murmur2(Buffer.from(text))).toBe(expected);
});

test("a negative hash still gives a partition", () => {
  expect(partitionOfKey(Buffer.from("foobar"), 7)).toBe((-790332482 & 0x7fffffff) % 7);
});
