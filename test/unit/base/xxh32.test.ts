import { describe, expect, test } from "vitest";
import { xxh32 } from "../../../src/base/xxh32.ts";

describe("XXH32", () => {
  // From lz4-java's XXHashFactory with seed 0.
  test.each([
    ["", 46947589],
    ["00", 3479547966],
    ["6070", 2023715754],
    ["686040420f0000000000", 1721945590],
    ["deadbeef", 1818435901],
    ["000102030405060708090a0b0c0d0e", 1472208590],
    ["ffffffffffffff80", 2722031678],
  ] as const)("of %j", (hex, hash) => {
    const bytes = Buffer.from(`ff${hex}ff`, "hex");
    expect(xxh32(bytes, 1, bytes.length - 1)).toBe(hash);
  });
});
