import { type Offset, type ProducerEpoch, type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { type AbortedTransaction } from "../segment/transaction-index.ts";
import { type CleanerCounts } from "./cleaner-counts.ts";

/** What is to be cleaned, and how: all that the thread needs beside the log's files. */
export interface CleanInput {
  readonly directory: string;
  /** All that have ended, in order: those that may be cleaned and what follows them. */
  readonly segments: readonly { readonly baseOffset: Offset; readonly sizeBytes: number }[];
  /** From here on the log was never cleaned. */
  readonly firstDirtyOffset: Offset;
  /** Where the part ends that may be cleaned: the base offset of a segment. */
  readonly endOffset: Offset;
  /** Of transactions whose marker is in the active segment: the other segments' files tell of theirs. */
  readonly abortedTransactions: readonly AbortedTransaction[];
  readonly producers: readonly (readonly [ProducerId, lastDataOffset: Offset, ProducerEpoch])[];
  readonly nowMs: TimestampMs;
  readonly deleteRetentionMs: number;
  readonly segmentBytesMax: number;
  readonly indexBytesMax: number;
  readonly indexIntervalBytes: number;
  /** As many keys as the offset map may know, and how full it may be. */
  readonly mapEntriesMax: number;
  readonly mapLoadFactor: number;
  readonly ioBufferBytes: number;
  /** Of all rounds that run together, and how many those are at the moment: a view of memory that their threads share. */
  readonly bytesPerSecondMax: number;
  readonly sharers: Int32Array;
  /** 16 random bytes, for the hashes of keys. */
  readonly hashKey: Uint8Array;
}

/** A segment lies there, durable, under the names of `.cleaned` files: it can take the place of the ones it was made of. */
export interface CleanReport {
  readonly baseOffset: Offset;
  readonly replaces: readonly Offset[];
}

export interface CleanOutput {
  /** The log is clean up to here. */
  readonly cleanedOffset: Offset;
  readonly counts: CleanerCounts;
}
