/** Keeps work to a number of bytes a second, with bursts of at most one second's worth. Time is an argument. */
export class ByteThrottle {
  #allowedBytes = 0;
  #lastMs: number;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** How long the work has to wait, ms; 0 when it may go on. Infinite rates never wait. */
  waitMs(nowMs: number, bytesPerSecond: number): number {
    const earned = ((nowMs - this.#lastMs) * bytesPerSecond) / 1_000;
    this.#allowedBytes = Math.min(bytesPerSecond, this.#allowedBytes + earned);
    this.#lastMs = nowMs;
    if (this.#allowedBytes > 0 || bytesPerSecond === Infinity) return 0;
    return Math.max(1, Math.ceil((-this.#allowedBytes / bytesPerSecond) * 1_000));
  }

  /** Notes work that was done, which may pass what was allowed: the next has to wait for it. */
  spend(bytes: number): void {
    if (this.#allowedBytes !== Infinity) this.#allowedBytes -= bytes;
  }
}
