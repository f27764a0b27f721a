import { type PendingBatch } from "./pending-batch.ts";
import { type ProducerIdentity } from "./producer-transactions.ts";

/** The unacknowledged batches of one partition, oldest first; only the last may be open. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
  batches: PendingBatch[];
  nextSequence: number;
  /** The producer id that the sequence numbers belong to. */
  producer: ProducerIdentity | undefined;
}

export interface LaneBatch {
  readonly lane: Lane;
  readonly batch: PendingBatch;
}

/** The lanes of all partitions that were ever written to. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  of(topic: string, partition: number): Lane {
    const key = `${topic}-${partition}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { topic, partition, batches: [], nextSequence: 0, producer: undefined };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  all(): Iterable<Lane> {
    return this.#lanes.values();
  }

  get hasWork(): boolean {
    return [...this.#lanes.values()].some(({ batches }) => batches.length > 0);
  }
}

/** The numbers of a batch that an idempotent producer sends next; they start anew with a new producer id. */
export function numbered(
  lane: Lane,
  recordCount: number,
  identity: ProducerIdentity | undefined,
  isTransactional: boolean,
): object {
  if (identity === undefined) return {};
  if (lane.producer !== identity) {
    lane.producer = identity;
    lane.nextSequence = 0;
  }
  const baseSequence = lane.nextSequence;
  lane.nextSequence += recordCount;
  return { producerId: identity.id, producerEpoch: identity.epoch, baseSequence, isTransactional };
}
