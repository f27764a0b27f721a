import { type TopicPartition } from "../topic-partition.ts";

export type OffsetReset = "earliest" | "latest" | "none";

/** A partition that is being read. */
export interface TrackedPartition extends TopicPartition {
  /** Where the next fetch starts; undefined until it is looked up. */
  fetchOffset: number | undefined;
  /** Whether the offset of the group is to be asked for before `reset` says where to begin. */
  mayBeCommitted: boolean;
  reset: OffsetReset;
  /** The first record that was not handed out; undefined while nothing is known. */
  position: number | undefined;
  isFetching: boolean;
  /** Whether it is about to go to another member. */
  isReleased: boolean;
}

export function track(
  { topic, partition }: TopicPartition,
  fetchOffset: number | undefined,
  reset: OffsetReset,
  mayBeCommitted: boolean,
): TrackedPartition {
  const position = fetchOffset;
  return { topic, partition, fetchOffset, mayBeCommitted, reset, position, isFetching: false, isReleased: false };
}
