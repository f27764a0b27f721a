import { type Uuid } from "../../../base/brand.ts";

/**
 * Partitions by topic id. The order is that of the record they are written to: Kafka's hash sets, and through them some of
 * the assignors' choices, depend on it.
 */
export type Partitions = ReadonlyMap<Uuid, readonly number[]>;

export const noPartitions: Partitions = new Map();

/** What an assignor knows of one member. */
export interface MemberSpec {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** How many topics it is subscribed to, those that do not exist included. */
  readonly subscriptionSize: number;
  /** Those that exist. */
  readonly topicIds: readonly Uuid[];
  /** Its last target assignment. */
  readonly assigned: Partitions;
}

export interface GroupSpec {
  readonly members: readonly MemberSpec[];
  /** All members are subscribed to the same topics. */
  readonly isHomogeneous: boolean;
}

export interface TopicDescriber {
  /** undefined when the topic is not there. */
  partitionCount(topicId: Uuid): number | undefined;
}

/** A way to share out partitions, on the server's side. Deterministic: the same input gives the same assignment. */
export interface PartitionAssignor {
  readonly name: string;
  /**
   * The new target of each member, in the order of the members; the same object when it is the last one.
   * @throws Error when it cannot assign what there is
   */
  assign(group: GroupSpec, topics: TopicDescriber): readonly Partitions[];
}

/** Whether both hold the same partitions, in whatever order. */
export function samePartitions(one: Partitions, other: Partitions): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId);
    if (others === undefined || others.length !== partitions.length) return false;
    const set = new Set(others);
    if (!partitions.every((partition) => set.has(partition))) return false;
  }
  return true;
}
