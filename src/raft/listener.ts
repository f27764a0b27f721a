import { type LeaderEpoch, type NodeId, type Offset, type TimestampMs } from "../base/brand.ts";
import { type SnapshotContent } from "./snapshot-file.ts";
import { type SnapshotId } from "./snapshot-id.ts";

/** One committed batch of the metadata log. */
export interface CommittedBatch {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly epoch: LeaderEpoch;
  readonly appendTimestampMs: TimestampMs;
  readonly sizeBytes: number;
  /** The values of its records; none for a control batch. */
  readonly values: readonly Buffer[];
}

export interface LeaderAndEpoch {
  /** -1 while the quorum has no leader. */
  readonly leaderId: NodeId;
  readonly epoch: LeaderEpoch;
}

/** Who follows the log. Calls are synchronous, in the order of the log; one listener is called after the other. */
export interface RaftListener {
  /** A snapshot replaces everything that was heard before. */
  onSnapshot(id: SnapshotId, lastContainedLogTimeMs: TimestampMs, content: Iterable<SnapshotContent>): void;
  onCommit(batches: readonly CommittedBatch[]): void;
  /** All that is committed has been handed over: the moment to act on it. */
  onCaughtUp(): void;
  /** A listener on the leader hears of its election after all records of earlier epochs. */
  onLeaderChange(leader: LeaderAndEpoch): void;
}
