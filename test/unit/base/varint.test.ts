import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  readUnsignedVarint,
  readVarint,
  readVarlong,
  sizeOfUnsignedVarint,
  sizeOfVarint,
  sizeOfVarlong,
  VarintError,
  writeUnsignedVarint,
  writeVarint,
  writeVarlong,
  type ByteCursor,
} from "../../../src/base/varint.ts";

/** The definition, in BigInt: slow and plainly right. */
function expectedBytes(zigzag: bigint): Buffer {
  const bytes: number[] = [];
  let rest = zigzag;
  while (rest >= 128n) {
    bytes.push(Number(rest % 128n) | 0x80);
    rest /= 128n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const zigzagOf = (value: bigint): bigint => (value < 0n ? -2n * value - 1n : 2n * value);
const cursorOver = (buffer: Buffer): ByteCursor => ({ buffer, offset: 0, end: buffer.length });

type Write = (buffer: Buffer, offset: number, value: number) => number;

function written(write: Write, value: number): Buffer {
  const buffer = Buffer.alloc(12, 0xaa);
  const end = write(buffer, 1, value);
  expect(buffer[0]).toBe(0xaa);
  expect(buffer[end]).toBe(0xaa);
  return buffer.subarray(1, end);
}

describe("varint", () => {
  it("codes unsigned integers", () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.nat(300)), (value) => {
        const bytes = written(writeUnsignedVarint, value);
        expect(bytes).toEqual(expectedBytes(BigInt(value)));
        expect(sizeOfUnsignedVarint(value)).toBe(bytes.length);
        const cursor = cursorOver(bytes);
        expect(readUnsignedVarint(cursor)).toBe(value);
        expect(cursor.offset).toBe(bytes.length);
      }),
    );
  });

  it("codes int32", () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.integer({ min: -300, max: 300 })), (value) => {
        const bytes = written(writeVarint, value);
        expect(bytes).toEqual(expectedBytes(zigzagOf(BigInt(value))));
        expect(sizeOfVarint(value)).toBe(bytes.length);
        expect(readVarint(cursorOver(bytes))).toBe(value);
      }),
    );
  });

  it("codes int64 within the safe integers", () => {
    const powers = fc.tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -2, max: 2 }), fc.boolean());
    const nearPowers = powers.map(([bits, by, negative]) => (negative ? -1 : 1) * (2 ** bits + by));
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), nearPowers), (value) => {
        const bytes = written(writeVarlong, value);
        expect(bytes).toEqual(expectedBytes(zigzagOf(BigInt(value))));
        expect(sizeOfVarlong(value)).toBe(bytes.length);
        const cursor = cursorOver(bytes);
        expect(readVarlong(cursor)).toBe(value === 0 ? 0 : value);
        expect(cursor.offset).toBe(bytes.length);
      }),
      { numRuns: 500 },
    );
  });

  it("reads any int64 as the nearest double, and saturates at the ends", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(readVarlong(cursorOver(expectedBytes(zigzagOf(value))))).toBe(Number(value));
      }),
      // The first lies between two doubles in such a way that rounding it in two steps goes wrong.
      { examples: [[-10376720915215226n], [2n ** 53n + 1n], [-(2n ** 53n) - 1n]] },
    );
    for (const end of [2n ** 63n - 1n, -(2n ** 63n)]) {
      const bytes = expectedBytes(zigzagOf(end));
      expect(readVarlong(cursorOver(bytes))).toBe(Number(end));
      expect(written(writeVarlong, Number(end))).toEqual(bytes);
      expect(sizeOfVarlong(Number(end))).toBe(10);
    }
  });

  it("refuses integers that end early or are too wide, without moving the cursor", () => {
    const early = { buffer: Buffer.from([0x80, 0x80, 0x01]), offset: 0, end: 2 };
    for (const read of [readUnsignedVarint, readVarint, readVarlong]) {
      expect(() => read(early)).toThrow(VarintError);
      expect(early.offset).toBe(0);
    }
    expect(() => readUnsignedVarint(cursorOver(Buffer.from("ffffffff1f", "hex")))).toThrow(VarintError);
    expect(() => readUnsignedVarint(cursorOver(Buffer.from("ffffffffff01", "hex")))).toThrow(VarintError);
    expect(() => readVarlong(cursorOver(Buffer.from("ffffffffffffffffff02", "hex")))).toThrow(VarintError);
    expect(() => readVarlong(cursorOver(Buffer.from("ffffffffffffffffffff01", "hex")))).toThrow(VarintError);
  });
});
