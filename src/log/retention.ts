import { type Offset, type TimestampMs } from "../base/brand.ts";
import { type LogAppender } from "./log-appender.ts";
import { type LogStorage } from "./log-storage.ts";
import { type RemoveLater } from "./removal.ts";
import { type Segment } from "./segment/segment.ts";

/** Each segment's files get other names, and nothing else is done meanwhile. */
export const deletedAtOnceMax = 32;

/**
 * Takes the segments out of the log that retention has no use for, and returns how many; when they are
 * `deletedAtOnceMax`, there may be more. The log's start is left to the caller.
 */
export function deleteOldSegments(
  storage: LogStorage,
  appender: LogAppender,
  committedOffset: Offset,
  nowMs: TimestampMs,
  removeLater: RemoveLater,
): number {
  let count = 0;
  if (!storage.isUsable || storage.cleaning !== null) return count;
  storage.attempt(() => {
    const deletable = deletableSegments(storage, committedOffset, nowMs, deletedAtOnceMax);
    if (deletable.length === 0) return;
    // The log always has a segment to write to.
    if (deletable.length === storage.segments.count && !appender.roll(storage.endOffset)) return;
    removeSegments(storage, deletable, removeLater);
    count = deletable.length;
  });
  return count;
}

/**
 * At most `countMax` segments, from the first on, that retention has no use for: older than `retention.ms`, beyond
 * `retention.bytes`, or before the log's start. What is not replicated stays.
 */
function deletableSegments(
  storage: LogStorage,
  committedOffset: Offset,
  nowMs: TimestampMs,
  countMax: number,
): Segment[] {
  const { segments, config, startOffset, endOffset } = storage;
  const { retentionMs, retentionBytes, isDeleted } = config;
  let excessBytes = retentionBytes < 0 ? -1 : segments.sizeBytes() - retentionBytes;
  const deletable: Segment[] = [];
  for (const [index, segment] of segments.all().entries()) {
    if (deletable.length === countMax) break;
    const next = segments.at(index + 1);
    const segmentEnd = next?.baseOffset ?? endOffset;
    if (segmentEnd > committedOffset || (next === undefined && segment.sizeBytes === 0)) break;
    const isBeforeStart = next !== undefined && segmentEnd <= startOffset;
    const isOld = isDeleted && retentionMs >= 0 && segment.age.isOlderThan(nowMs - retentionMs);
    const isExcess = isDeleted && excessBytes >= segment.sizeBytes;
    if (isDeleted && retentionMs >= 0 && !isOld && segment.age.isInFuture(nowMs)) {
      storage.logger.warn(
        { log: storage.name, baseOffset: segment.baseOffset },
        "The segment contains future timestamp(s), making it ineligible to be deleted",
      );
    }
    if (!isBeforeStart && !isOld && !isExcess) break;
    excessBytes -= segment.sizeBytes;
    deletable.push(segment);
  }
  return deletable;
}

/**
 * Takes the first segments out of the log; their files go after `file.delete.delay.ms`, and the producer snapshots that only those
 * need: a loss of power may bring back segments whose new names are not durable yet.
 */
function removeSegments(storage: LogStorage, segments: readonly Segment[], removeLater: RemoveLater): void {
  const firstOffset = storage.segments.at(segments.length)!.baseOffset;
  // Needs descriptors: where there are none nothing has changed yet.
  storage.producerSnapshots.keep(firstOffset);
  for (const segment of segments) storage.segments.remove(segment);
  for (const segment of segments) {
    segment.names.markDeleted();
    removeLater((remove) => segment.removeBy(remove, storage.directory.path), storage.config.fileDeleteDelayMs);
  }
  storage.syncDirectoryInBackground();
  const removeSnapshots = (): void => storage.producerSnapshots.remove((offset) => offset < firstOffset);
  removeLater(removeSnapshots, storage.config.fileDeleteDelayMs);
}
