import { type Random } from "../../../io/ports.ts";

/** Chooses the partition of records without a key: one for as long as a batch fills, then another at random (KIP-794). */
export class StickyPartition {
  readonly #random: Random;
  readonly #batchSizeBytes: number;
  #partition = -1;
  #bytes = 0;

  constructor(random: Random, batchSizeBytes: number) {
    this.#random = random;
    this.#batchSizeBytes = batchSizeBytes;
  }

  /** The partition, among `count`, of the next record. */
  next(count: number, sizeBytes: number): number {
    if (this.#partition < 0 || this.#partition >= count || this.#bytes >= this.#batchSizeBytes) {
      this.#partition = Math.floor(this.#random.float() * count);
      this.#bytes = 0;
    }
    this.#bytes += sizeBytes;
    return this.#partition;
  }
}
