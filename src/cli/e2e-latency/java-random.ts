const multiplier = 0x5deece66dn;
const mask = (1n << 48n) - 1n;

/** Java's `Random`: the same seed draws the same numbers. */
export class JavaRandom {
  #state: bigint;

  constructor(seed: number) {
    this.#state = (BigInt(seed) ^ multiplier) & mask;
  }

  /** The next number below `bound`, which is no power of two. */
  below(bound: number): number {
    for (;;) {
      this.#state = (this.#state * multiplier + 11n) & mask;
      const draw = Number(this.#state >> 17n);
      const result = draw % bound;
      if (draw - result + bound - 1 < 2 ** 31) return result;
    }
  }
}
