import { type TopicPartition } from "../topic-partition.ts";

export type OffsetReset = "earliest" | "latest" | "none";

/** How far a partition was handed out. */
export interface Position {
  /** Of the first record that was not. */
  readonly offset: number;
  /** Of the batch that the last one came from, or that was committed with the offset; -1 when that is not known. */
  readonly leaderEpoch: number;
}

/** A partition that is being read. */
export interface TrackedPartition extends TopicPartition {
  /** Where the next fetch starts; undefined until it is looked up. */
  fetchOffset: number | undefined;
  /** Whether the offset of the group is to be asked for before `reset` says where to begin. */
  mayBeCommitted: boolean;
  reset: OffsetReset;
  /** Undefined while nothing is known. */
  position: Position | undefined;
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
  const position = fetchOffset === undefined ? undefined : { offset: fetchOffset, leaderEpoch: -1 };
  return { topic, partition, fetchOffset, mayBeCommitted, reset, position, isFetching: false, isReleased: false };
}
