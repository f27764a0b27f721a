import { type Offset } from "../../base/brand.ts";
import { type ErrorCode } from "../../protocol/errors.ts";

/** A partition of one of the internal topics that coordinators keep their state in. */
export interface CoordinatorPartition {
  readonly topic: string;
  readonly partition: number;
}

export type AppendOutcome =
  | { readonly ok: true; /** Offset that the batch's first record got. */ readonly baseOffset: Offset }
  | { readonly ok: false; readonly error: ErrorCode };

/** How coordinators write to their partitions; bound to the replicas of this node. */
export interface PartitionWriter {
  /**
   * Appends one batch at the end of the log before it returns; batches stand in the log in the order of the calls. The
   * promise resolves when the high watermark has passed the batch, with an error (NOT_LEADER_OR_FOLLOWER,
   * NOT_ENOUGH_REPLICAS, KAFKA_STORAGE_ERROR, MESSAGE_TOO_LARGE, …) only when the batch is not in the log. It never
   * rejects. When leadership is lost meanwhile it may stay pending: `CoordinatorRuntime.resign` ends the wait.
   */
  append(partition: CoordinatorPartition, batch: Buffer): Promise<AppendOutcome>;
  /** The largest batch that `append` takes (`max.message.bytes` of the topic). */
  batchSizeBytesMax(partition: CoordinatorPartition): number;
}

export type LoadOutcome =
  | { readonly ok: true; /** Offset that the next record will get. */ readonly endOffset: Offset }
  | { readonly ok: false; readonly error: ErrorCode };

/** How coordinators read their partitions back; bound to the replicas of this node. */
export interface PartitionLoader {
  /**
   * Reads the partition from its log start offset to its log end offset: whole batches as they stand in the log, in order.
   * Waits for `onRecords` before it reads on, and lets the event loop turn in between. Control batches are handed over
   * too. It never rejects but with what `onRecords` rejects with.
   */
  load(partition: CoordinatorPartition, onRecords: (records: Buffer) => Promise<void>): Promise<LoadOutcome>;
}
