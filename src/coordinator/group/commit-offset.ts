import { type TimestampMs, type Uuid } from "../../base/brand.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type GroupTurn } from "./group-state.ts";

/** An offset as a client commits it. */
export interface OffsetToCommit {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}

/** What belongs to all offsets of a topic in a request. */
export interface CommitTarget {
  readonly group: string;
  readonly topic: string;
  readonly topicId: Uuid;
  /** -1 leaves it to the broker when the offset expires. */
  readonly expireTimestamp: TimestampMs;
}

/** Commits one offset of which nothing is left to check but its metadata. */
export function commitOffset(turn: GroupTurn, target: CommitTarget, partition: OffsetToCommit): ErrorCode {
  const metadata = partition.committedMetadata ?? "";
  if (metadata.length > turn.state.config.offsetMetadataLengthMax) return Errors.OFFSET_METADATA_TOO_LARGE;
  const { group, topic, topicId, expireTimestamp } = target;
  turn.append({
    type: "offsetCommit",
    group,
    topic,
    partition: partition.partitionIndex,
    value: {
      offset: partition.committedOffset,
      leaderEpoch: partition.committedLeaderEpoch,
      metadata,
      commitTimestamp: turn.nowMs,
      expireTimestamp,
      topicId,
    },
  });
  return Errors.NONE;
}
