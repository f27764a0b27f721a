import { type Random } from "./ports.ts";

/** That of clients. */
const usualJitter = 0.2;
/** Beyond this any time is at its maximum, and none at all stays none. */
const doublingsMax = 30;

/** How long to wait after failures: twice as long each time, up to a maximum. */
export class Backoff {
  readonly #random: Random;
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #jitter: number;

  /** @param jitter the share by which a time may be longer or shorter, so that who failed together does not come back together */
  constructor(random: Random, minMs: number, maxMs: number, jitter = usualJitter) {
    this.#random = random;
    this.#jitter = jitter;
    this.#minMs = Math.min(minMs, maxMs);
    this.#maxMs = maxMs;
  }

  /** @param failures at least one */
  afterMs(failures: number): number {
    const ms = Math.min(this.#minMs * 2 ** Math.min(failures - 1, doublingsMax), this.#maxMs);
    return Math.min(ms * (1 + this.#jitter * (2 * this.#random.float() - 1)), this.#maxMs);
  }
}
