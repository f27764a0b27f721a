import { uuidFromBytes } from "../base/uuid.ts";
import { type TextCache } from "./text-cache.ts";

/** Bytes from outside that are not what the schema says. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

const maxStringBytes = 32_767;
const twoTo32 = 4_294_967_296;

/**
 * A cursor over the bytes of one message. Byte fields are views of `buffer`, never copies. Every read checks against
 * `end` first, and every length is checked before anything is allocated for it.
 */
export class Reader {
  readonly buffer: Buffer;
  offset: number;
  readonly end: number;
  readonly #texts: TextCache | undefined;

  /** @param texts where strings and uuids are looked up before they are made: of messages that have much in common */
  constructor(buffer: Buffer, offset = 0, end = buffer.length, texts?: TextCache) {
    this.buffer = buffer;
    this.offset = offset;
    this.end = end;
    this.#texts = texts;
  }

  remaining(): number {
    return this.end - this.offset;
  }

  bool(): boolean {
    return this.buffer[this.#take(1)] !== 0;
  }

  int8(): number {
    return (this.buffer[this.#take(1)]! << 24) >> 24;
  }

  int16(): number {
    const at = this.#take(2);
    const buffer = this.buffer;
    return ((buffer[at]! << 24) | (buffer[at + 1]! << 16)) >> 16;
  }

  uint16(): number {
    const at = this.#take(2);
    return (this.buffer[at]! << 8) | this.buffer[at + 1]!;
  }

  int32(): number {
    const at = this.#take(4);
    const buffer = this.buffer;
    return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** Exact within the safe integers, else the nearest double: Long.MAX_VALUE reads as 2^63. */
  int64(): number {
    return this.int32() * twoTo32 + (this.int32() >>> 0);
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.#take(8));
  }

  uuid(): string {
    const at = this.#take(16);
    return this.#texts === undefined ? uuidFromBytes(this.buffer, at) : this.#texts.uuid(this.buffer, at);
  }

  /** At most five bytes, and at most 2^31 - 1: it counts something. */
  unsignedVarint(): number {
    const first = this.buffer[this.#take(1)]!;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift <= 28; shift += 7) {
      const byte = this.buffer[this.#take(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (shift === 28 && byte > 7) break;
        return value;
      }
    }
    throw new DecodeError(`an unsigned varint before byte ${this.offset} does not fit in 31 bits`);
  }

  /** Length of what follows, -1 for null; the int16 form of strings. */
  shortLength(): number {
    return this.int16();
  }

  /** The same, of bytes and arrays. */
  intLength(): number {
    return this.int32();
  }

  /** The same in flexible versions: one more than the length, so that 0 is null. */
  compactLength(): number {
    return this.unsignedVarint() - 1;
  }

  string(length: number): string {
    if (length > maxStringBytes) throw new DecodeError(`a string of ${length} bytes is too long`);
    if (length === 0) return "";
    const at = this.#take(length);
    if (this.#texts !== undefined) return this.#texts.string(this.buffer, at, length);
    return this.buffer.toString("utf8", at, at + length);
  }

  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.buffer.subarray(at, at + length);
  }

  /** A view of all that is left. */
  rest(): Buffer {
    return this.bytes(this.end - this.offset);
  }

  /** Checks the count of an array before its elements are read; none is shorter than `elementSizeBytesMin`. */
  checkCount(count: number, elementSizeBytesMin: number): void {
    if (count * elementSizeBytesMin > this.end - this.offset) {
      throw new DecodeError(
        `an array of ${count} elements cannot stand in the ${this.end - this.offset} bytes left at ${this.offset}`,
      );
    }
  }

  /** The offset behind the value of a tagged field, whose size comes next. */
  taggedEnd(): number {
    const size = this.unsignedVarint();
    if (size > this.end - this.offset) {
      throw new DecodeError(`a tagged field of ${size} bytes, but ${this.end - this.offset} are left`);
    }
    return this.offset + size;
  }

  /** A known tagged field was read: it must have used exactly the bytes it announced. */
  checkTaggedEnd(end: number, field: string): void {
    if (this.offset !== end) throw new DecodeError(`the tagged field ${field} is not as long as it says`);
  }

  #take(sizeBytes: number): number {
    const at = this.offset;
    if (sizeBytes > this.end - at) {
      throw new DecodeError(`${sizeBytes} bytes wanted at ${at}, but ${this.end - at} are left`);
    }
    this.offset = at + sizeBytes;
    return at;
  }
}
