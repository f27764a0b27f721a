import { assert } from "../../base/assert.ts";
import { type Offset } from "../../base/brand.ts";
import { SipHash } from "../../base/sip-hash.ts";

/** A key's hash of 128 bits and its offset: what Kafka's map needs too, so that a buffer holds as many keys. */
const entrySizeBytes = 24;
const wordsPerEntry = entrySizeBytes / 4;
const twoTo32 = 4_294_967_296;
/** How often the hash says where to look next; from then on it is the next slot. */
const hashedProbes = 16;

/** How many entries a buffer of `log.cleaner.dedupe.buffer.size` bytes holds when it may be filled to `loadFactor`. */
export function entriesMax(bufferBytes: number, loadFactor: number): number {
  return Math.floor(Math.floor(bufferBytes / entrySizeBytes) * loadFactor);
}

/**
 * The newest offset of each key, in one piece of memory. Keys stand for themselves by their hashes: two keys of one hash
 * would be one key.
 */
export class OffsetMap {
  readonly #slots: number;
  readonly #words: Int32Array;
  readonly #hash: SipHash;
  #size = 0;

  /** @param hashKey 16 random bytes that no client knows */
  constructor(slots: number, hashKey: Uint8Array) {
    this.#slots = slots;
    this.#words = new Int32Array(slots * wordsPerEntry);
    this.#hash = new SipHash(hashKey);
  }

  get size(): number {
    return this.#size;
  }

  /** The offset of the key `bytes[start, end)`; -1 when it has none. */
  get(bytes: Uint8Array, start: number, end: number): Offset {
    const at = this.#find(bytes, start, end);
    return this.#isEmpty(at) ? -1 : this.#words[at + 4]! * twoTo32 + (this.#words[at + 5]! >>> 0);
  }

  put(bytes: Uint8Array, start: number, end: number, offset: Offset): void {
    const at = this.#find(bytes, start, end);
    const words = this.#words;
    if (this.#isEmpty(at)) {
      assert(this.#size < this.#slots - 1, "the map has an empty slot, where searches end");
      this.#size++;
      words.set(this.#hash.words, at);
    }
    words[at + 4] = Math.floor(offset / twoTo32);
    words[at + 5] = (offset % twoTo32) | 0;
  }

  /** Where the key is, or the empty place where it would be. */
  #find(bytes: Uint8Array, start: number, end: number): number {
    this.#hash.hash(bytes, start, end);
    const words = this.#words;
    const slots = this.#slots;
    const wanted = this.#hash.words;
    const step = 1 + ((wanted[1]! >>> 0) % Math.max(1, slots - 1));
    let slot = (wanted[0]! >>> 0) % slots;
    for (let probe = 1; ; probe++) {
      const at = slot * wordsPerEntry;
      if (this.#isEmpty(at)) return at;
      if (
        words[at] === wanted[0] &&
        words[at + 1] === wanted[1] &&
        words[at + 2] === wanted[2] &&
        words[at + 3] === wanted[3]
      ) {
        return at;
      }
      slot = (slot + (probe < hashedProbes ? step : 1)) % slots;
    }
  }

  #isEmpty(at: number): boolean {
    const words = this.#words;
    return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0;
  }
}
