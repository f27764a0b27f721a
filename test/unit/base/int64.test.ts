import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readInt64, writeInt64 } from "../../../src/base/int64.ts";

describe("int64", () => {
  it("round-trips safe integers as Buffer's own 64-bit access does", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const expected = Buffer.alloc(8);
        expected.writeBigInt64BE(BigInt(value));
        const actual = Buffer.alloc(8);
        writeInt64(actual, 0, value);
        expect(actual).toEqual(expected);
        actual.fill(0);
        writeInt64(actual, 0, BigInt(value));
        expect(actual).toEqual(expected);
        expect(readInt64(actual, 0)).toBe(value);
      }),
    );
  });

  it("reads the nearest double and writes the ends back unchanged", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64BE(value);
        expect(readInt64(bytes, 0)).toBe(Number(value));
      }),
    );
    const bytes = Buffer.alloc(8);
    writeInt64(bytes, 0, 2 ** 63);
    expect(bytes.readBigInt64BE()).toBe(2n ** 63n - 1n);
    writeInt64(bytes, 0, -(2 ** 63));
    expect(bytes.readBigInt64BE()).toBe(-(2n ** 63n));
    writeInt64(bytes, 0, -(2 ** 70));
    expect(bytes.readBigInt64BE()).toBe(-(2n ** 63n));
  });
});
