import { type Uuid } from "../../../base/brand.ts";

/** What a member tells its coordinator with a heartbeat, when the coordinator does not know it yet. */
export interface HeartbeatChanges {
  readonly rebalanceTimeoutMs: number;
  readonly subscribedTopicNames: readonly string[];
  readonly serverAssignor: string | null;
}

interface Told {
  rebalanceTimeoutMs?: number;
  subscribedTopicNames?: string[];
  serverAssignor?: string;
  topicPartitions?: { topicId: Uuid; partitions: number[] }[];
}

/**
 * Remembers what the coordinator has heard: a heartbeat carries what has changed since. What is owned is told again after
 * each reconciliation, also when it is the same: that is how a reconciliation is acknowledged.
 */
export class HeartbeatFields {
  #told: { [N in keyof Told]?: string } = {};
  #owned: ReadonlyMap<Uuid, readonly number[]> = new Map();
  #reconciliations = 0;

  /** A reconciliation has ended with these partitions. */
  own(owned: ReadonlyMap<Uuid, readonly number[]>): void {
    this.#owned = owned;
    this.#reconciliations++;
  }

  /** The coordinator may not have heard the last heartbeat: everything is told again. */
  forget(): void {
    this.#told = {};
  }

  /** Who joins owns nothing. */
  ofJoin(wanted: HeartbeatChanges): Told {
    this.#owned = new Map();
    this.forget();
    return this.changed(wanted);
  }

  changed({ rebalanceTimeoutMs, subscribedTopicNames, serverAssignor }: HeartbeatChanges): Told {
    const told: Told = {};
    if (this.#isNew("rebalanceTimeoutMs", rebalanceTimeoutMs)) told.rebalanceTimeoutMs = rebalanceTimeoutMs;
    if (this.#isNew("subscribedTopicNames", subscribedTopicNames.join()))
      told.subscribedTopicNames = [...subscribedTopicNames];
    if (serverAssignor !== null && this.#isNew("serverAssignor", serverAssignor)) told.serverAssignor = serverAssignor;
    if (this.#isNew("topicPartitions", this.#reconciliations))
      told.topicPartitions = [...this.#owned].map(([topicId, partitions]) => ({
        topicId,
        partitions: [...partitions],
      }));
    return told;
  }

  #isNew(field: keyof Told, value: string | number): boolean {
    const isNew = this.#told[field] !== String(value);
    this.#told[field] = String(value);
    return isNew;
  }
}
