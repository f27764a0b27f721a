import { expect, test } from "vitest";
import { openFilesMaxOf } from "../../../src/server/open-logs.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";

test.each([
  ["an unlimited process keeps at most so many segments open", 1_048_576, 16_384],
  ["what is left of the limit beside the descriptors for others", 10_000, 5_904],
  ["half of a small limit", 1_024, 512],
  ["where the limit is not known", undefined, 2_048],
])("%s", (_, limit, expected) => {
  const disk = Object.assign(new MemoryDisk(), { descriptorsMax: () => limit });
  expect(openFilesMaxOf(disk)).toBe(expected);
});
