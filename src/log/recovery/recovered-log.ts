import { type Offset } from "../../base/brand.ts";
import { type LeaderEpochState } from "../leader-epoch-cache.ts";
import { type EndedTransaction } from "../producers/open-transactions.ts";
import { type KnownSegment } from "../segment/segment.ts";
import { type ProducerEntry } from "../producers/producer-entry.ts";
import { type ProducerSnapshotsState } from "../producers/producer-snapshots.ts";

/** Offsets that no segment has: a loss of power took them, or compaction. */
export interface Hole {
  readonly startOffset: Offset;
  readonly endOffset: Offset;
}

/** A producer as it passes from thread to thread: without its methods. */
export type PlainProducer = Pick<ProducerEntry, "producerId"> & Partial<ProducerEntry>;

/** Something that recovery has to say to the operator. */
export interface RecoveryNote {
  readonly fields: object;
  readonly message: string;
}

/**
 * What a thread that has recovered a log has to tell beside the files, which are as after a clean shutdown: nothing of them
 * is durable. Plain data.
 */
export interface RecoveredLog {
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  /** What recovery missed between segments. */
  readonly holes: readonly Hole[];
  /** The segments that have this offset and what follows were read, and their indexes written. */
  readonly recoveredFrom: Offset;
  /** At the log's end. */
  readonly producers: readonly PlainProducer[];
  readonly endedTransactions: readonly EndedTransaction[];
  readonly epochs: LeaderEpochState;
  readonly snapshots: ProducerSnapshotsState;
  /** All that the log has, in order. */
  readonly segments: readonly KnownSegment[];
  readonly notes: readonly RecoveryNote[];
}
