import { expect, test } from "vitest";
import { BufferPool } from "../../../src/base/buffer-pool.ts";

test("what files are read into counts until it is back, once", () => {
  const pool = new BufferPool(1_000_000);
  const large = pool.take(300_000);
  const read = [2_000, 100_000, 20_000_000].map((sizeBytes) => pool.takeToRead(sizeBytes));
  expect(read.map(({ length }) => length)).toEqual([2_000, 100_000, 20_000_000]);
  expect(pool.readBytesLeft).toBe(1_000_000 - 2_000 - 131_072 - 20_000_000);
  pool.giveBack(large);
  for (const buffer of read) {
    pool.giveBack(buffer.subarray(10, 20));
    pool.giveBack(buffer);
  }
  expect(pool.readBytesLeft).toBe(1_000_000);
  // The same buffer, for another purpose.
  expect(pool.take(100_000).buffer).toBe(read[1]!.buffer);
  expect(pool.readBytesLeft).toBe(1_000_000);
});

test("what a log's tail takes over counts there", () => {
  const pool = new BufferPool(1_000_000);
  const read = pool.takeToRead(100_000);
  expect(pool.claim(read)).toBeDefined();
  expect(pool.readBytesLeft).toBe(1_000_000);
});

test("what a message copies does not count", () => {
  const pool = new BufferPool(1_000_000);
  expect(pool.takeToRead(1_023).length).toBe(1_023);
  expect(pool.readBytesLeft).toBe(1_000_000);
});

test("a buffer that several hold is back when the last of them has given it back", () => {
  const pool = new BufferPool(1_000_000);
  const read = pool.takeToRead(100_000);
  pool.hold(read.subarray(0, 10));
  pool.hold(read.subarray(10, 20));
  for (const part of [read.subarray(0, 10), read.subarray(10, 20)]) {
    pool.giveBack(part);
    expect(pool.readBytesLeft).toBe(1_000_000 - 131_072);
    expect(pool.take(100_000).buffer).not.toBe(read.buffer);
  }
  pool.giveBack(read);
  expect(pool.readBytesLeft).toBe(1_000_000);
  expect(pool.take(100_000).buffer).toBe(read.buffer);
});
