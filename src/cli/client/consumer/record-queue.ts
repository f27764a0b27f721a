import { type ConsumedRecord } from "./fetched-records.ts";
import { type TrackedPartition } from "./tracked-partition.ts";

/** Records of one fetch for one partition. */
export interface Chunk {
  readonly partition: TrackedPartition;
  readonly records: readonly ConsumedRecord[];
  /** Behind the last record, and behind what was left out after it. */
  readonly nextOffset: number;
  /** Of the last batch, be it one that was left out. */
  readonly leaderEpoch: number;
}

/** Fetched records that wait to be handed out; moves the positions of their partitions when they are. */
export class RecordQueue {
  readonly #onRoom: () => void;
  #chunks: Chunk[] = [];
  /** How many of the first chunk were handed out. */
  #chunkAt = 0;
  #count = 0;

  /** @param onRoom called when all of a fetch was handed out */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  /** Records that wait. */
  get count(): number {
    return this.#count;
  }

  push(chunk: Chunk): void {
    this.#chunks.push(chunk);
    this.#count += chunk.records.length;
  }

  /** The next record; undefined when there is none. */
  next(): ConsumedRecord | undefined {
    for (;;) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return undefined;
      const record = chunk.records[this.#chunkAt];
      if (record !== undefined) {
        this.#chunkAt++;
        this.#count--;
        chunk.partition.position = { offset: record.offset + 1, leaderEpoch: record.leaderEpoch };
        return record;
      }
      chunk.partition.position = { offset: chunk.nextOffset, leaderEpoch: chunk.leaderEpoch };
      this.#chunks.shift();
      this.#chunkAt = 0;
      this.#onRoom();
    }
  }

  /** Forgets what waits of partitions that are read no longer. */
  drop(partitions: ReadonlySet<TrackedPartition>): void {
    const [first] = this.#chunks;
    if (first !== undefined && partitions.has(first.partition)) {
      this.#count += this.#chunkAt;
      this.#chunkAt = 0;
    }
    this.#chunks = this.#chunks.filter((chunk) => {
      if (!partitions.has(chunk.partition)) return true;
      this.#count -= chunk.records.length;
      return false;
    });
  }
}
