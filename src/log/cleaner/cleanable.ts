import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { type Log } from "../log.ts";
import { type Segment } from "../segment/segment.ts";
import { type Segments } from "../segment/segments.ts";

/** What there is to clean in a log. */
export interface Cleanable {
  readonly log: Log;
  readonly firstDirtyOffset: Offset;
  /** The base offset of the first segment that must not be cleaned. */
  readonly endOffset: Offset;
  readonly cleanableBytes: number;
  readonly totalBytes: number;
  /** Bytes that were never cleaned, of all that may be; 0 when there are none at all. */
  readonly ratio: number;
  /** By how long `max.compaction.lag.ms` has passed already; 0 when it has not. */
  readonly delayMs: number;
}

/** Measures what of a log was never cleaned and may be: no record that may still be cut, undecided, or too young. */
export function cleanableOf(log: Log, nowMs: TimestampMs): Cleanable {
  const { segments } = log.storage;
  const firstDirtyOffset = firstDirtyOffsetOf(log);
  const uncleanable = Math.max(
    firstDirtyOffset,
    Math.min(
      log.lastStableOffset,
      segments.active.baseOffset,
      firstYoungOffset(segments, firstDirtyOffset, nowMs, log.config.minCompactionLagMs),
    ),
  );
  const endOffset = (inactiveFrom(segments, uncleanable)[0] ?? segments.active).baseOffset;
  const cleanBytes = sizeOf(segments.all().filter(({ baseOffset }) => baseOffset < firstDirtyOffset));
  const dirty = segments.from(Math.min(firstDirtyOffset, endOffset));
  const cleanableBytes = sizeOf(dirty.filter(({ baseOffset }) => baseOffset < endOffset));
  const totalBytes = cleanBytes + cleanableBytes;
  return {
    log,
    firstDirtyOffset,
    endOffset,
    cleanableBytes,
    totalBytes,
    ratio: totalBytes === 0 ? 0 : cleanableBytes / totalBytes,
    delayMs: delayOf(log, firstDirtyOffset, nowMs),
  };
}

/** Whether the log is worth a round: enough of it is dirty, or some of it has to be compacted by now. */
export function isDue({ log, ratio, delayMs, cleanableBytes }: Cleanable): boolean {
  return (delayMs > 0 && cleanableBytes > 0) || ratio > log.config.minCleanableDirtyRatio;
}

/** Where the log was cleaned up to; its start when what is known of that does not fit the log. */
function firstDirtyOffsetOf({ cleanedOffset, logStartOffset, logEndOffset }: Log): Offset {
  if (cleanedOffset === undefined || cleanedOffset > logEndOffset) return logStartOffset;
  return Math.max(cleanedOffset, logStartOffset);
}

function firstYoungOffset(segments: Segments, fromOffset: Offset, nowMs: TimestampMs, lagMs: number): Offset {
  if (lagMs <= 0) return Infinity;
  const young = inactiveFrom(segments, fromOffset).find((segment) => segment.age.timestamp > nowMs - lagMs);
  return young?.baseOffset ?? Infinity;
}

function delayOf({ storage, config }: Log, firstDirtyOffset: Offset, nowMs: TimestampMs): number {
  if (config.maxCompactionLagMs >= nowMs) return 0;
  let earliest = Infinity;
  for (const { age } of inactiveFrom(storage.segments, firstDirtyOffset)) {
    const { firstTimestamp } = age;
    if (firstTimestamp > 0 && firstTimestamp < earliest) earliest = firstTimestamp;
  }
  return Math.max(0, nowMs - Math.max(config.maxCompactionLagMs, 0) - earliest);
}

/** The segments that have ended and have offsets at or above `offset`. */
function inactiveFrom(segments: Segments, offset: Offset): readonly Segment[] {
  const { active } = segments;
  return offset >= active.baseOffset ? [] : segments.from(offset).filter((segment) => segment !== active);
}

function sizeOf(segments: readonly Segment[]): number {
  let sizeBytes = 0;
  for (const segment of segments) sizeBytes += segment.sizeBytes;
  return sizeBytes;
}
