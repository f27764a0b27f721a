import { uuidFromBytes, uuidSizeBytes } from "../base/uuid.ts";

const slotCount = 1024;
/** Longer texts are seldom the same twice. */
const lengthMax = 64;

interface Entry {
  readonly bytes: Buffer;
  readonly text: string;
}

/**
 * Strings by the bytes that they were made from. To make one costs more than to find it, and one that is found has its hash
 * already: maps that it is looked up in are faster, and hold each text once. A slot holds the last text that fell on it.
 */
export class TextCache {
  readonly #strings: (Entry | undefined)[] = Array.from({ length: slotCount });
  readonly #uuids: (Entry | undefined)[] = Array.from({ length: slotCount });

  /** The UTF-8 text of `length` bytes. */
  string(buffer: Buffer, start: number, length: number): string {
    if (length > lengthMax) return buffer.toString("utf8", start, start + length);
    const slot = slotOf(buffer, start, length);
    const known = this.#strings[slot];
    if (known !== undefined && isAt(known.bytes, buffer, start, length)) return known.text;
    const text = buffer.toString("utf8", start, start + length);
    this.#strings[slot] = { bytes: copyOf(buffer, start, length), text };
    return text;
  }

  uuid(buffer: Buffer, start: number): string {
    const slot = slotOf(buffer, start, uuidSizeBytes);
    const known = this.#uuids[slot];
    if (known !== undefined && isAt(known.bytes, buffer, start, uuidSizeBytes)) return known.text;
    const text = uuidFromBytes(buffer, start);
    this.#uuids[slot] = { bytes: copyOf(buffer, start, uuidSizeBytes), text };
    return text;
  }
}

/** FNV-1a, cut to the number of slots. */
function slotOf(buffer: Buffer, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ buffer[at]!, 0x01000193);
  return (hash ^ (hash >>> 16)) & (slotCount - 1);
}

function isAt(bytes: Buffer, buffer: Buffer, start: number, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let index = 0; index < length; index++) if (bytes[index] !== buffer[start + index]) return false;
  return true;
}

function copyOf(buffer: Buffer, start: number, length: number): Buffer {
  return Buffer.from(buffer.subarray(start, start + length));
}
