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
