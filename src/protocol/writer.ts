import { assert } from "../base/assert.ts";
import { uuidSizeBytes, writeUuid } from "../base/uuid.ts";

/** A value that the chosen version cannot carry. */
export class EncodeError extends Error {
  override readonly name = "EncodeError";
}

const maxStringBytes = 32_767;
const twoTo32 = 4_294_967_296;
const twoTo63 = 9_223_372_036_854_775_808;
/** Byte fields from this size on travel as their own slice. */
const ownSliceBytesMin = 1024;
const slabBytes = 64 * 1024;
/** A writer starts a new slab when less than this is left of the shared one. */
const slabRestBytesMin = 512;

const noBytes = Buffer.alloc(0);

/** The last slab, unused from `freeFrom` on. A writer takes it away while it writes, and gives back what it did not need. */
let freeSlab: Buffer | undefined;
let freeFrom = 0;

/** An array of which the bytes lie in one piece. */
interface KeptArray {
  readonly array: readonly unknown[];
  readonly buffer: Buffer;
  readonly from: number;
  readonly to: number;
}

interface FrameMark {
  readonly buffer: Buffer;
  readonly at: number;
  readonly sizeBytesBefore: number;
}

/**
 * Collects one message as a list of slices: small fields in a buffer of its own, large byte fields as they are (so their
 * bytes must not change until the slices have left). `slices` ends the writing.
 */
export class Writer {
  #buffer: Buffer;
  #offset = 0;
  /** Where the part of `#buffer` starts that is in no slice yet. */
  #start = 0;
  #slices: Buffer[] = [];
  #slicedBytes = 0;
  /** How many sized values are open, and where the outermost begins. */
  #openSized = 0;
  #sizedStart = 0;
  /** What `again` knows. */
  #kept: KeptArray | undefined;
  #finished = false;

  constructor() {
    if (freeSlab === undefined) {
      this.#buffer = Buffer.allocUnsafeSlow(slabBytes);
    } else {
      this.#buffer = freeSlab;
      this.#offset = freeFrom;
      this.#start = freeFrom;
      freeSlab = undefined;
    }
  }

  bool(value: boolean): void {
    const at = this.#take(1);
    this.#buffer[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw notA("int8", value);
    const at = this.#take(1);
    this.#buffer[at] = value;
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw notA("int16", value);
    const at = this.#take(2);
    const buffer = this.#buffer;
    buffer[at] = value >> 8;
    buffer[at + 1] = value;
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw notA("uint16", value);
    const at = this.#take(2);
    const buffer = this.#buffer;
    buffer[at] = value >> 8;
    buffer[at + 1] = value;
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw notA("int32", value);
    this.#word(value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw notA("uint32", value);
    this.#word(value | 0);
  }

  /** Values past the range (the double nearest to Long.MAX_VALUE is) saturate. */
  int64(value: number | bigint): void {
    if (typeof value === "bigint") {
      const at = this.#take(8);
      this.#buffer.writeBigInt64BE(value, at);
      return;
    }
    if (!Number.isInteger(value)) throw notA("int64", value);
    if (value >= twoTo63) {
      this.#word(0x7fffffff);
      this.#word(-1);
    } else if (value < -twoTo63) {
      this.#word(-0x80000000);
      this.#word(0);
    } else {
      const high = Math.floor(value / twoTo32);
      this.#word(high);
      this.#word((value - high * twoTo32) | 0);
    }
  }

  float64(value: number): void {
    const at = this.#take(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  uuid(value: string): void {
    const at = this.#take(uuidSizeBytes);
    if (!writeUuid(this.#buffer, at, value)) throw notA("uuid", value);
  }

  unsignedVarint(value: number): void {
    if (value >= 0 && value < 0x80) {
      const at = this.#take(1);
      this.#buffer[at] = value;
      return;
    }
    if (value >>> 0 !== value) throw notA("unsigned varint", value);
    let at = this.#take(varintSize(value));
    const buffer = this.#buffer;
    let rest = value;
    while (rest >= 0x80) {
      buffer[at++] = rest | 0x80;
      rest >>>= 7;
    }
    buffer[at] = rest;
  }

  /** UTF-8 behind an int16 length. */
  string(value: string): void {
    const length = value.length;
    if (length <= 64) {
      const at = this.#take(2 + length);
      if (this.#ascii(value, at + 2)) {
        const buffer = this.#buffer;
        buffer[at] = 0;
        buffer[at + 1] = length;
        return;
      }
      this.#offset = at;
    }
    const sizeBytes = stringSize(value);
    this.int16(sizeBytes);
    this.#utf8(value, sizeBytes);
  }

  /** UTF-8 behind an unsigned varint of one more than the length. */
  compactString(value: string): void {
    const length = value.length;
    if (length <= 64) {
      const at = this.#take(1 + length);
      if (this.#ascii(value, at + 1)) {
        this.#buffer[at] = length + 1;
        return;
      }
      this.#offset = at;
    }
    const sizeBytes = stringSize(value);
    this.unsignedVarint(sizeBytes + 1);
    this.#utf8(value, sizeBytes);
  }

  /** The bytes alone: their length was written before. Large ones are not copied. */
  bytes(value: Buffer): void {
    if (value.length >= ownSliceBytesMin && this.#openSized === 0) {
      this.#slice();
      this.#slices.push(value);
      this.#slicedBytes += value.length;
      return;
    }
    const at = this.#take(value.length);
    this.#buffer.set(value, at);
  }

  /**
   * Starts a value whose size goes in front of it as an unsigned varint; returns the mark for `endSized`. Until then
   * everything is kept in one piece, so that the value can be moved when its size needs more than one byte.
   */
  beginSized(): number {
    const at = this.#take(1);
    if (this.#openSized === 0) this.#sizedStart = at;
    this.#openSized++;
    return at - this.#sizedStart;
  }

  endSized(mark: number): void {
    const sizeBytes = this.#offset - this.#sizedStart - mark - 1;
    const extra = varintSize(sizeBytes) - 1;
    if (extra > 0) {
      this.#take(extra);
      const from = this.#sizedStart + mark + 1;
      this.#buffer.copyWithin(from + extra, from, from + sizeBytes);
    }
    const end = this.#offset;
    this.#offset = this.#sizedStart + mark;
    this.unsignedVarint(sizeBytes);
    this.#offset = end;
    this.#openSized--;
  }

  /**
   * Notes that all that was written since the message had `fromSizeBytes` are the bytes of `array`, for `again`. What is in
   * several pieces, or may yet be moved, is written anew the next time.
   */
  keep(array: readonly unknown[], fromSizeBytes: number): void {
    const sizeBytes = this.sizeBytes() - fromSizeBytes;
    if (this.#openSized > 0 || sizeBytes > this.#offset - this.#start) return;
    this.#kept = { array, buffer: this.#buffer, from: this.#offset - sizeBytes, to: this.#offset };
  }

  /** Writes what was written of this very array; false when it is not the one that was kept last. */
  again(array: readonly unknown[]): boolean {
    const kept = this.#kept;
    if (kept === undefined || kept.array !== array) return false;
    const at = this.#take(kept.to - kept.from);
    kept.buffer.copy(this.#buffer, at, kept.from, kept.to);
    return true;
  }

  /** Starts a frame: four bytes that `endFrame` fills with the length of what is written between the two. */
  beginFrame(): FrameMark {
    const at = this.#take(4);
    return { buffer: this.#buffer, at, sizeBytesBefore: this.sizeBytes() };
  }

  endFrame(mark: FrameMark): void {
    mark.buffer.writeInt32BE(this.sizeBytes() - mark.sizeBytesBefore, mark.at);
  }

  sizeBytes(): number {
    return this.#slicedBytes + this.#offset - this.#start;
  }

  /** What was written, in order, ready for a vectored write. Nothing can be written after. */
  slices(): Buffer[] {
    if (!this.#finished) {
      this.#slice();
      this.#finished = true;
      const rest = this.#buffer.length - this.#offset;
      if (rest >= slabRestBytesMin && (freeSlab === undefined || freeSlab.length - freeFrom < rest)) {
        freeSlab = this.#buffer;
        freeFrom = this.#offset;
      }
      this.#buffer = noBytes;
      this.#kept = undefined;
      this.#offset = 0;
      this.#start = 0;
    }
    return this.#slices;
  }

  /** The same as one buffer (a copy when there is more than one slice). */
  toBuffer(): Buffer {
    const slices = this.slices();
    return slices.length === 1 ? slices[0]! : Buffer.concat(slices);
  }

  #word(value: number): void {
    const at = this.#take(4);
    const buffer = this.#buffer;
    buffer[at] = value >> 24;
    buffer[at + 1] = value >> 16;
    buffer[at + 2] = value >> 8;
    buffer[at + 3] = value;
  }

  /** False, with some bytes written, at the first character beyond ASCII. */
  #ascii(value: string, at: number): boolean {
    const buffer = this.#buffer;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      buffer[at + index] = code;
    }
    return true;
  }

  #utf8(value: string, sizeBytes: number): void {
    const at = this.#take(sizeBytes);
    this.#buffer.write(value, at, sizeBytes, "utf8");
  }

  #take(sizeBytes: number): number {
    if (this.#offset + sizeBytes > this.#buffer.length) this.#grow(sizeBytes);
    const at = this.#offset;
    this.#offset = at + sizeBytes;
    return at;
  }

  #grow(sizeBytes: number): void {
    assert(!this.#finished, "nothing can be written after slices()");
    if (this.#openSized === 0) {
      this.#slice();
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(slabBytes, sizeBytes));
      this.#offset = 0;
    } else {
      const kept = this.#buffer.subarray(this.#sizedStart, this.#offset);
      this.#offset = this.#sizedStart;
      this.#slice();
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(slabBytes, 2 * (kept.length + sizeBytes)));
      this.#buffer.set(kept, 0);
      this.#offset = kept.length;
      this.#sizedStart = 0;
    }
    this.#start = 0;
  }

  #slice(): void {
    if (this.#offset > this.#start) {
      this.#slices.push(this.#buffer.subarray(this.#start, this.#offset));
      this.#slicedBytes += this.#offset - this.#start;
      this.#start = this.#offset;
    }
  }
}

function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

function stringSize(value: string): number {
  const sizeBytes = Buffer.byteLength(value, "utf8");
  if (sizeBytes > maxStringBytes) throw new EncodeError(`a string of ${sizeBytes} bytes is too long`);
  return sizeBytes;
}

function notA(type: string, value: unknown): EncodeError {
  return new EncodeError(`${String(value)} is no ${type}`);
}
