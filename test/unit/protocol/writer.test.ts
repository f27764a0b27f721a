import { expect, test } from "vitest";
import { Reader } from "../../../src/protocol/reader.ts";
import { EncodeError, Writer } from "../../../src/protocol/writer.ts";

function written(use: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  use(writer);
  return writer.toBuffer();
}

test("large byte fields are handed on without a copy, small ones join the fields around them", () => {
  const large = Buffer.alloc(1024, 1);
  const writer = new Writer();
  writer.int8(1);
  writer.bytes(Buffer.from([2]));
  writer.bytes(large);
  writer.int8(3);
  const slices = writer.slices();
  expect(slices.length).toBe(3);
  expect(slices[1]).toBe(large);
  expect(slices[0]).toEqual(Buffer.from([1, 2]));
  expect(slices[2]).toEqual(Buffer.from([3]));
  expect(writer.sizeBytes()).toBe(1027);
});

test("two writers at work at once do not touch each other's bytes", () => {
  const first = new Writer();
  first.int32(1);
  const second = new Writer();
  second.int32(2);
  first.int32(3);
  const third = new Writer();
  third.int32(4);
  expect(second.toBuffer().toString("hex")).toBe("00000002");
  const fourth = new Writer();
  fourth.int32(5);
  expect(first.toBuffer().toString("hex")).toBe("0000000100000003");
  expect(third.toBuffer().toString("hex")).toBe("00000004");
  expect(fourth.toBuffer().toString("hex")).toBe("00000005");
  expect(second.toBuffer().toString("hex")).toBe("00000002");
});

test("nothing can be written after the slices were taken", () => {
  const writer = new Writer();
  writer.int8(1);
  writer.slices();
  expect(() => writer.int8(2)).toThrow("after slices()");
});

test("a message larger than a slab stays in order", () => {
  const buffer = written((writer) => {
    for (let value = 0; value < 100_000; value++) writer.int32(value);
  });
  expect(buffer.length).toBe(400_000);
  const reader = new Reader(buffer);
  for (let value = 0; value < 100_000; value++) if (reader.int32() !== value) throw new Error(`lost ${value}`);
});

test.each([0, 1, 127, 128, 16_383, 16_384, 70_000, 300_000])("a sized value of %i bytes", (length) => {
  const buffer = written((writer) => {
    writer.int32(-1);
    const outer = writer.beginSized();
    writer.int8(7);
    const inner = writer.beginSized();
    for (let left = length; left > 0; left -= 10_000) writer.bytes(Buffer.alloc(Math.min(left, 10_000), 9));
    writer.endSized(inner);
    writer.endSized(outer);
    writer.int8(8);
  });
  const reader = new Reader(buffer, 4);
  const outerSize = reader.unsignedVarint();
  const outerStart = reader.offset;
  expect(reader.int8()).toBe(7);
  expect(reader.unsignedVarint()).toBe(length);
  expect(reader.bytes(length).every((byte) => byte === 9)).toBe(true);
  expect(reader.offset - outerStart).toBe(outerSize);
  expect(reader.int8()).toBe(8);
  expect(reader.remaining()).toBe(0);
});

test("a frame's length is right even when it grows inside a sized value", () => {
  const buffer = written((writer) => {
    writer.int8(1);
    const frame = writer.beginFrame();
    const mark = writer.beginSized();
    for (let index = 0; index < 50; index++) writer.bytes(Buffer.alloc(5000));
    writer.endSized(mark);
    writer.bytes(Buffer.alloc(2000));
    writer.endFrame(frame);
    writer.int8(1);
  });
  expect(buffer.readInt32BE(1)).toBe(buffer.length - 6);
});

test("an array that comes again has the same bytes, wherever it lies", () => {
  for (const [sizeBytes, copies] of [
    [1, 3],
    [1_500, 200],
    [70_000, 3],
  ] as const) {
    const array = Array.from({ length: sizeBytes }, (_, index) => index & 0x7f);
    const other = [7];
    let written = 0;
    const write = (writer: Writer, value: readonly number[]): void => {
      if (writer.again(value)) return;
      const from = writer.sizeBytes();
      for (const byte of value) writer.int8(byte);
      writer.keep(value, from);
      written++;
    };
    const writer = new Writer();
    writer.int32(-1);
    for (let count = 0; count < copies; count++) write(writer, array);
    write(writer, other);
    write(writer, array);
    const expected = [Buffer.alloc(4, 0xff), ...Array.from({ length: copies }, () => Buffer.from(array))];
    expect(writer.toBuffer().equals(Buffer.concat([...expected, Buffer.from(other), Buffer.from(array)]))).toBe(true);
    // One that lies in two pieces is written anew, and so is one behind another.
    expect(written).toBeLessThan(sizeBytes > 65_536 ? copies + 3 : 10);
  }
});

test("an array within a sized value is not kept: its bytes are moved when the size is known", () => {
  const array = [1, 2, 3];
  const writer = new Writer();
  const mark = writer.beginSized();
  const from = writer.sizeBytes();
  for (const byte of array) writer.int8(byte);
  writer.keep(array, from);
  for (let count = 0; count < 200; count++) writer.int8(9);
  writer.endSized(mark);
  expect(writer.again(array)).toBe(false);
});

test("int64: exact where a double is, saturating past the ends", () => {
  const values = [0, 1, -1, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  for (const value of values) {
    expect(written((writer) => writer.int64(value)).readBigInt64BE()).toBe(BigInt(value));
    expect(new Reader(written((writer) => writer.int64(value))).int64()).toBe(value);
  }
  expect(written((writer) => writer.int64(2 ** 63)).toString("hex")).toBe("7fffffffffffffff");
  expect(written((writer) => writer.int64(-(2 ** 64))).toString("hex")).toBe("8000000000000000");
  expect(written((writer) => writer.int64(9223372036854775807n)).toString("hex")).toBe("7fffffffffffffff");
  expect(new Reader(Buffer.from("7fffffffffffffff", "hex")).int64()).toBe(2 ** 63);
});

test.each<[string, (writer: Writer) => void]>([
  ["int8", (writer) => writer.int8(128)],
  ["int16", (writer) => writer.int16(-32_769)],
  ["uint16", (writer) => writer.uint16(-1)],
  ["int32", (writer) => writer.int32(2 ** 31)],
  ["uint32", (writer) => writer.uint32(2 ** 32)],
  ["int64", (writer) => writer.int64(0.5)],
  ["int32", (writer) => writer.int32(Number.NaN)],
  ["uuid", (writer) => writer.uuid("short")],
  ["unsigned varint", (writer) => writer.unsignedVarint(-1)],
])("a number outside of its type is refused: %s", (type, use) => {
  expect(() => written(use)).toThrow(new RegExp(`is no ${type}`));
});

test("a string of more than 32767 bytes is refused", () => {
  for (const kind of ["string", "compactString"] as const) {
    expect(() => written((writer) => writer[kind]("é".repeat(16_384)))).toThrow(EncodeError);
    expect(written((writer) => writer[kind]("é".repeat(16_383))).length).toBeGreaterThan(32_766);
  }
});
