import { type LeaderEpoch, type Offset } from "../base/brand.ts";

/** The metadata log as raft needs it; `src/server/metadata-log.ts` binds it to a partition log on disk. */
export interface ReplicatedLog {
  /** Offset of the first record that is still there; moves only behind a snapshot. */
  readonly startOffset: Offset;
  readonly endOffset: Offset;
  /** Epoch of the last record; undefined when there is none. */
  readonly lastEpoch: LeaderEpoch | undefined;
  /** Bytes of all segments. */
  readonly sizeBytes: number;

  /** Notes that `epoch` begins at the end of the log. */
  startEpoch(epoch: LeaderEpoch): void;
  /** Appends one whole batch at `endOffset`. Ordered when it returns; durable only after `flush`. */
  append(batch: Buffer, epoch: LeaderEpoch): void;
  /** Resolves when everything appended before the call is durable. Rejects when the disk failed: the log is lost then. */
  flush(): Promise<void>;
  /** Whole batches from the one that holds `fromOffset`, below `toOffset`; at least one when there is one. */
  read(fromOffset: Offset, toOffset: Offset, sizeBytesMax: number): Buffer;
  setHighWatermark(offset: Offset): void;
  /** Lets go of what lies below `offset`, a segment at a time. */
  deleteBefore(offset: Offset): void;
  /** Drops everything: a snapshot reaches further than the log. */
  truncateFullyAndStartAt(offset: Offset): void;
  /** Durable when it resolves. */
  close(): Promise<void>;
}
