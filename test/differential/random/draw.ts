import { SeededRandom } from "../../support/random-bytes.ts";

/** What a generator of scripts draws: the same seed gives the same script. */
export class Draw {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** Uniform, both ends included. */
  between(from: number, to: number): number {
    return from + this.#random.below(to - from + 1);
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.#random.below(choices.length)]!;
  }

  /** True in so many cases of a hundred. */
  percent(share: number): boolean {
    return this.#random.below(100) < share;
  }

  /** The first choice mostly, one of the others in `share` cases of a hundred. */
  mostly<T>(usual: T, others: readonly T[], share = 12): T {
    return this.percent(share) ? this.oneOf(others) : usual;
  }

  /** By weight. */
  weighted<T>(choices: readonly (readonly [number, T])[]): T {
    let left = this.#random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      if (left < weight) return choice;
      left -= weight;
    }
    throw new Error("weights are positive");
  }

  some<T>(choices: readonly T[], most = choices.length): T[] {
    const left = [...choices];
    const drawn: T[] = [];
    for (let count = this.between(0, Math.min(most, left.length)); count > 0; count--) {
      drawn.push(...left.splice(this.#random.below(left.length), 1));
    }
    return drawn;
  }
}
