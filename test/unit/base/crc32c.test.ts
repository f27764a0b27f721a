import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../../src/base/crc32c.ts";

/** Bit by bit, from the definition. */
function slowCrc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe("crc32c", () => {
  it("gives the check values of RFC 3720", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
  });

  it("gives the same for small and large ranges, whole and in pieces", () => {
    const ranges = fc.tuple(fc.uint8Array({ maxLength: 400 }), fc.nat(400), fc.nat(400));
    fc.assert(
      fc.property(ranges, ([bytes, a, b]) => {
        const buffer = Buffer.from(bytes);
        const start = Math.min(a, b, buffer.length);
        const middle = Math.min(Math.max(a, b), buffer.length);
        const whole = slowCrc32c(buffer.subarray(start));
        expect(crc32c(buffer, start)).toBe(whole);
        expect(crc32c(buffer, middle, buffer.length, crc32c(buffer, start, middle))).toBe(whole);
      }),
    );
  });
});
