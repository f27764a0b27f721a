/**
 * SipHash-2-4 with 128 bits of output (Aumasson, Bernstein): short inputs of unknown origin get hashes that nobody who does
 * not know the key can make collide. The four state words of 64 bits are kept as pairs of 32.
 */
export class SipHash {
  readonly #key: Int32Array;
  /** What `hash` has found: 128 bits, the first byte lowest in the first word. */
  readonly words = new Int32Array(4);

  /** @param key 16 secret random bytes */
  constructor(key: Uint8Array) {
    this.#key = Int32Array.from([0, 4, 8, 12], (at) => wordAt(key, at));
  }

  /** Hashes `bytes[start, end)` into `words`. */
  hash(bytes: Uint8Array, start: number, end: number): void {
    const key = this.#key;
    const state = new State(key[0]!, key[1]!, key[2]!, key[3]!);
    let at = start;
    for (; end - at >= 8; at += 8) state.absorb(wordAt(bytes, at), wordAt(bytes, at + 4));
    let low = 0;
    let high = (end - start) << 24;
    for (let rest = end - at; rest > 0; rest--) {
      const byte = bytes[at + rest - 1]!;
      if (rest > 4) high |= byte << ((rest - 5) * 8);
      else low |= byte << ((rest - 1) * 8);
    }
    state.absorb(low, high);
    state.finish(this.words);
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

class State {
  #v0l: number;
  #v0h: number;
  #v1l: number;
  #v1h: number;
  #v2l: number;
  #v2h: number;
  #v3l: number;
  #v3h: number;

  constructor(k0l: number, k0h: number, k1l: number, k1h: number) {
    this.#v0l = k0l ^ 0x70736575;
    this.#v0h = k0h ^ 0x736f6d65;
    this.#v1l = k1l ^ 0x6e646f6d ^ 0xee;
    this.#v1h = k1h ^ 0x646f7261;
    this.#v2l = k0l ^ 0x6e657261;
    this.#v2h = k0h ^ 0x6c796765;
    this.#v3l = k1l ^ 0x79746573;
    this.#v3h = k1h ^ 0x74656462;
  }

  absorb(low: number, high: number): void {
    this.#v3l ^= low;
    this.#v3h ^= high;
    this.#rounds(2);
    this.#v0l ^= low;
    this.#v0h ^= high;
  }

  finish(words: Int32Array): void {
    this.#v2l ^= 0xee;
    this.#rounds(4);
    words[0] = this.#v0l ^ this.#v1l ^ this.#v2l ^ this.#v3l;
    words[1] = this.#v0h ^ this.#v1h ^ this.#v2h ^ this.#v3h;
    this.#v1l ^= 0xdd;
    this.#rounds(4);
    words[2] = this.#v0l ^ this.#v1l ^ this.#v2l ^ this.#v3l;
    words[3] = this.#v0h ^ this.#v1h ^ this.#v2h ^ this.#v3h;
  }

  #rounds(count: number): void {
    let v0l = this.#v0l;
    let v0h = this.#v0h;
    let v1l = this.#v1l;
    let v1h = this.#v1h;
    let v2l = this.#v2l;
    let v2h = this.#v2h;
    let v3l = this.#v3l;
    let v3h = this.#v3h;
    let sum: number;
    let low: number;
    for (let round = 0; round < count; round++) {
      // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
      sum = (v0l >>> 0) + (v1l >>> 0);
      v0h = (v0h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
      v0l = sum | 0;
      low = v1l;
      v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
      v1h = ((v1h << 13) | (low >>> 19)) ^ v0h;
      low = v0l;
      v0l = v0h;
      v0h = low;
      // v2 += v3; v3 = rotl(v3, 16) ^ v2
      sum = (v2l >>> 0) + (v3l >>> 0);
      v2h = (v2h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
      v2l = sum | 0;
      low = v3l;
      v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
      v3h = ((v3h << 16) | (low >>> 16)) ^ v2h;
      // v0 += v3; v3 = rotl(v3, 21) ^ v0
      sum = (v0l >>> 0) + (v3l >>> 0);
      v0h = (v0h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
      v0l = sum | 0;
      low = v3l;
      v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
      v3h = ((v3h << 21) | (low >>> 11)) ^ v0h;
      // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
      sum = (v2l >>> 0) + (v1l >>> 0);
      v2h = (v2h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
      v2l = sum | 0;
      low = v1l;
      v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
      v1h = ((v1h << 17) | (low >>> 15)) ^ v2h;
      low = v2l;
      v2l = v2h;
      v2h = low;
    }
    this.#v0l = v0l;
    this.#v0h = v0h;
    this.#v1l = v1l;
    this.#v1h = v1h;
    this.#v2l = v2l;
    this.#v2h = v2h;
    this.#v3l = v3l;
    this.#v3h = v3h;
  }
}
