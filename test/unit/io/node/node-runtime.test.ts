import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { nodeRuntime } from "../../../../src/io/node/node-runtime.ts";

test("a collection frees what nobody refers to, and shows its function to no script", async () => {
  let garbage: object[] | undefined = Array.from({ length: 200_000 }, (_, index) => ({ index }));
  const before = nodeRuntime.heapUsedBytes();
  expect(garbage.length).toBeGreaterThan(0);
  garbage = undefined;
  await nodeRuntime.collect();
  expect(before - nodeRuntime.heapUsedBytes()).toBeGreaterThan(4_000_000);
  expect(nodeRuntime.heapUsedBytes()).toBeLessThan(nodeRuntime.heapBytes());
  expect(runInNewContext("typeof gc")).toBe("undefined");
});

test("compaction moves together what stays, so that what has gone leaves no pages with little on them", async () => {
  const objects = Array.from({ length: 400_000 }, (_, index) => ({ index, text: [index] }));
  await nodeRuntime.collect();
  const fullBytes = nodeRuntime.heapBytes();
  const kept = objects.filter((_, index) => index % 10 === 0);
  objects.length = 0;
  await nodeRuntime.compact();
  // Spread as they were they would have kept all pages.
  expect(fullBytes - nodeRuntime.heapBytes()).toBeGreaterThan(20_000_000);
  expect(kept.length).toBe(40_000);
});
