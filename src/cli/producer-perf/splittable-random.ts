/** 2^64 divided by the golden ratio: what the state grows by at each draw, as two halves. */
const [gammaHigh, gammaLow] = [0x9e3779b9, 0x7f4a7c15];
const [firstHigh, firstLow] = [0x62a9d9ed, 0x799705f5];
const [secondHigh, secondLow] = [0xcb24d0a5, 0xc88c35b3];

/** Java's `SplittableRandom`: the same seed draws the same numbers, so the records of a test are the same everywhere. */
export class SplittableRandom {
  #high = 0;
  #low: number;

  /** @param seed not negative, of 32 bits */
  constructor(seed: number) {
    this.#low = seed >>> 0;
  }

  /** The next number below `bound`. */
  below(bound: number): number {
    if ((bound & (bound - 1)) === 0) return this.#next() & (bound - 1);
    for (;;) {
      const draw = this.#next() >>> 1;
      const result = draw % bound;
      // Draws of the incomplete last round would make small numbers more likely.
      if (draw - result + bound - 1 < 2 ** 31) return result;
    }
  }

  /** 32 random bits: the state, mixed by two multiplications of 64 bits. */
  #next(): number {
    const sum = this.#low + gammaLow;
    this.#low = sum >>> 0;
    this.#high = (this.#high + gammaHigh + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
    // Shifts by 33 and 28 to the right, each xored with what was shifted.
    let low = (this.#low ^ (this.#high >>> 1)) >>> 0;
    let high = this.#high;
    high = (highOfProduct(low, firstLow) + Math.imul(high, firstLow) + Math.imul(low, firstHigh)) >>> 0;
    low = Math.imul(low, firstLow) >>> 0;
    low = (low ^ ((high << 4) | (low >>> 28))) >>> 0;
    high = (high ^ (high >>> 28)) >>> 0;
    return (highOfProduct(low, secondLow) + Math.imul(high, secondLow) + Math.imul(low, secondHigh)) | 0;
  }
}

/** The upper half of the product of two numbers of 32 bits. */
function highOfProduct(a: number, b: number): number {
  const [aHigh, aLow] = [a >>> 16, a & 0xffff];
  const [bHigh, bLow] = [b >>> 16, b & 0xffff];
  const cross = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (cross % 0x1_0000);
  return aHigh * bHigh + Math.floor(cross / 0x1_0000) + Math.floor(other / 0x1_0000);
}
