import { partitionName, type TopicPartition } from "../topic-partition.ts";

export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
  /** Of the batch that was read last; -1, or left out, when none was or it does not tell. */
  readonly leaderEpoch?: number;
}

/** Who reads the partitions that a membership decides about. */
export interface PartitionOwner {
  /** What is read at the moment. */
  owned(): readonly TopicPartition[];
  /** Stops reading partitions, perhaps none, when all that was handed out is committed, where commits are automatic. */
  release(partitions: readonly TopicPartition[]): Promise<void>;
  /** Stops reading partitions that others may read already: nothing of them can be committed any more. */
  lose(partitions: readonly TopicPartition[]): void;
  /** Reads partitions as well, perhaps none, from where the group is. */
  assign(partitions: readonly TopicPartition[]): void;
}

/**
 * How one consumer takes part in a group. There are two protocols: in the classic one the members join together and one of
 * them assigns; in the consumer protocol (KIP-848) each exchanges heartbeats with the coordinator, which assigns.
 */
export interface Membership {
  /** Called when `rebalance` has become due, and when what is waited for may have changed. */
  onChange: () => void;
  /** Whether the group has to tell which partitions are ours; true from the beginning. */
  readonly isRebalanceDue: boolean;
  /**
   * Brings what the owner reads in line with what the group assigns, as far as that is known.
   * @param isGone becomes true when the consumer is being closed: then nothing is waited for any more
   * @throws what ends the membership for good
   */
  rebalance(owner: PartitionOwner, isGone: () => boolean): Promise<void>;
  /**
   * The offsets where the group goes on; partitions without one are left out. Undefined when the coordinator does not take
   * us for a member just now: what is owned is about to change.
   */
  committed(partitions: readonly TopicPartition[]): Promise<PartitionOffset[] | undefined>;
  /**
   * Commits where the group goes on.
   * @param retryMsMax how long it may be tried again, when that is less than for other operations
   * @throws ClientError when the coordinator refused
   */
  commit(offsets: readonly PartitionOffset[], retryMsMax?: number): Promise<void>;
  /** Leaves the group because nobody works on what we own, which is others' from now on; `rebalance` joins it again. */
  withdraw(): Promise<void>;
  /** Leaves the group, so that the others need not wait for the session to end. */
  leave(): Promise<void>;
}

/** What Kafka's members log when they withdraw. */
export const pollTimeoutExpired =
  "poll timeout has expired. This means the time between subsequent calls to poll() was longer than the configured max.poll.interval.ms, which typically implies that the poll loop is spending too much time processing messages. You can address this either by increasing max.poll.interval.ms or by reducing the maximum size of batches returned in poll() with max.poll.records.";

/** The partitions of `some` that are not among `others`. */
export function without(some: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  const known = new Set(others.map(partitionName));
  return some.filter((partition) => !known.has(partitionName(partition)));
}
