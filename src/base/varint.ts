/**
 * Variable-length integers: seven bits a byte, low bits first, the top bit says that more follow. Signed ones are
 * zigzag-coded first (0, -1, 1, -2, … → 0, 1, 2, 3, …).
 *
 * Readers take a cursor and move it; writers return the offset behind what they wrote.
 */
export interface ByteCursor {
  readonly buffer: Buffer;
  offset: number;
  /** No byte at or behind this offset is read. */
  readonly end: number;
}

/** Bytes that are no such integer: they end early. */
export class VarintError extends RangeError {
  override readonly name: string = "VarintError";
}

/** Bytes that are no such integer: it has more bits than its type. */
export class VarintTooWideError extends VarintError {
  override readonly name = "VarintTooWideError";
}

const twoTo7 = 128;
const twoTo27 = 134217728;
const twoTo34 = 17179869184;
const twoTo63 = 9223372036854775808;
const twoTo64 = 18446744073709551616;

/** An integer of up to 32 bits, unsigned. */
export function readUnsignedVarint(cursor: ByteCursor): number {
  const { buffer, end } = cursor;
  let offset = cursor.offset;
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (offset >= end) throw new VarintError("a variable-length integer ends early");
    const byte = buffer[offset++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (shift === 28 && byte > 0x0f) break;
      cursor.offset = offset;
      return value >>> 0;
    }
  }
  throw new VarintTooWideError("a variable-length integer has more than 32 bits");
}

/** An int32, zigzag-coded. */
export function readVarint(cursor: ByteCursor): number {
  const raw = readUnsignedVarint(cursor);
  return (raw >>> 1) ^ -(raw & 1);
}

/** An int64, zigzag-coded; the nearest double when it is not a safe integer. */
export function readVarlong(cursor: ByteCursor): number {
  const { buffer, end } = cursor;
  let offset = cursor.offset;
  // The low 28 bits are gathered as integers, which is all that most values need; the rest are added as a double.
  let low = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    if (offset >= end) throw new VarintError("a variable-length integer ends early");
    const byte = buffer[offset++]!;
    low |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      cursor.offset = offset;
      return (low >>> 1) ^ -(low & 1);
    }
  }
  // The zigzag value is 2m for m and 2m + 1 for -m - 1. The bits of m are gathered in two exact halves (34 bits, 29 bits),
  // so that only the last sum rounds.
  if (offset >= end) throw new VarintError("a variable-length integer ends early");
  const half = (buffer[offset]! & 0x7f) * twoTo27 + (low >>> 1);
  if (buffer[offset++]! < 0x80) {
    cursor.offset = offset;
    return (low & 1) === 0 ? half : -half - 1;
  }
  let high = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (offset >= end) throw new VarintError("a variable-length integer ends early");
    const byte = buffer[offset++]!;
    if (shift === 28 && byte > 1) break;
    high |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      cursor.offset = offset;
      return (low & 1) === 0 ? high * twoTo34 + half : -(high * twoTo34 + (half + 1));
    }
  }
  throw new VarintTooWideError("a variable-length integer has more than 64 bits");
}

/** `value` is an integer in [0, 2^32). */
export function writeUnsignedVarint(buffer: Buffer, offset: number, value: number): number {
  let rest = value;
  while (rest >>> 0 >= 0x80) {
    buffer[offset++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[offset++] = rest;
  return offset;
}

export function writeVarint(buffer: Buffer, offset: number, value: number): number {
  return writeUnsignedVarint(buffer, offset, ((value << 1) ^ (value >> 31)) >>> 0);
}

/** `value` saturates at the ends of int64. */
export function writeVarlong(buffer: Buffer, offset: number, value: number): number {
  if (value >= -0x80000000 && value <= 0x7fffffff) return writeVarint(buffer, offset, value);
  // m as in readVarlong; the parity bit goes out with the lowest six bits of m.
  const sign = value < 0 ? 1 : 0;
  const magnitude = value < 0 ? -value - 1 : value;
  if (magnitude >= twoTo63) return writeWidest(buffer, offset, sign);
  const lowBits = magnitude % 64;
  buffer[offset++] = 0x80 | (lowBits << 1) | sign;
  let rest = (magnitude - lowBits) / 64;
  while (rest >= twoTo7) {
    const bits = rest % twoTo7;
    buffer[offset++] = 0x80 | bits;
    rest = (rest - bits) / twoTo7;
  }
  buffer[offset++] = rest;
  return offset;
}

/** 2^63 - 1 and -2^63: 64 ones, the lowest of which is the sign. */
function writeWidest(buffer: Buffer, offset: number, sign: number): number {
  buffer[offset++] = 0xfe | sign;
  for (let count = 1; count < 9; count++) buffer[offset++] = 0xff;
  buffer[offset++] = 1;
  return offset;
}

export function sizeOfUnsignedVarint(value: number): number {
  const rest = value >>> 0;
  if (rest < 0x80) return 1;
  if (rest < 0x4000) return 2;
  if (rest < 0x200000) return 3;
  return rest < 0x10000000 ? 4 : 5;
}

export function sizeOfVarint(value: number): number {
  return sizeOfUnsignedVarint((value << 1) ^ (value >> 31));
}

export function sizeOfVarlong(value: number): number {
  if (value >= -0x80000000 && value <= 0x7fffffff) return sizeOfVarint(value);
  let zigzag = value < 0 ? (-value - 1) * 2 : value * 2;
  if (zigzag >= twoTo64) return 10;
  let size = 1;
  for (; zigzag >= twoTo7; size++) zigzag = Math.floor(zigzag / twoTo7);
  return size;
}
