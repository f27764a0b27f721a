import { type Random } from "../../../io/ports.ts";
import { type TopicInfo } from "../known-topics.ts";

interface Chosen {
  partition: number;
  bytes: number;
}

/**
 * Chooses the partition of records without a key: one for as long as a batch fills, then another at random (KIP-794).
 * Partitions without a leader are left out, unless none has one.
 */
export class StickyPartition {
  readonly #random: Random;
  readonly #batchSizeBytes: number;
  readonly #chosen = new Map<string, Chosen>();

  constructor(random: Random, batchSizeBytes: number) {
    this.#random = random;
    this.#batchSizeBytes = batchSizeBytes;
  }

  /** The partition of the topic's next record. */
  next(topic: TopicInfo, sizeBytes: number): number {
    let chosen = this.#chosen.get(topic.name);
    if (chosen === undefined || chosen.partition >= topic.partitions.length || chosen.bytes >= this.#batchSizeBytes) {
      chosen = { partition: this.#draw(topic), bytes: 0 };
      this.#chosen.set(topic.name, chosen);
    }
    chosen.bytes += sizeBytes;
    return chosen.partition;
  }

  #draw({ partitions }: TopicInfo): number {
    const led = partitions.filter(({ leaderId }) => leaderId >= 0);
    const candidates = led.length === 0 ? partitions : led;
    return candidates[Math.floor(this.#random.float() * candidates.length)]!.index;
  }
}
