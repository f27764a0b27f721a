import { type Offset, type TimestampMs } from "../base/brand.ts";
import { type Disk } from "../io/ports.ts";
import { type LogStorage } from "./log-storage.ts";
import { type Segment } from "./segment/segment.ts";

/** Has `remove` remove files, in an order that a crash may end anywhere. */
export type Removal = (remove: (path: string) => void) => void;

/**
 * Does the removal off the event loop, one file behind the other. The log's directory may get another name while the system
 * removes a file: what is left is then looked for there.
 */
export async function removeAside(disk: Disk, removal: Removal): Promise<void> {
  for (let former: string | undefined; ;) {
    const paths: string[] = [];
    removal((path) => paths.push(path));
    const asked = paths.join("\n");
    if (paths.length === 0 || asked === former) return;
    for (const path of paths) await disk.removeAsync(path);
    former = asked;
  }
}

/** Has the removal done once a delay has passed; sooner when the broker stops. */
export type RemoveLater = (removal: Removal, delayMs: number) => void;

/**
 * At most `countMax` segments, from the first on, that retention has no use for: older than `retention.ms`, beyond
 * `retention.bytes`, or before the log's start. What is not replicated stays.
 */
export function deletableSegments(
  storage: LogStorage,
  highWatermark: Offset,
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
    if (segmentEnd > highWatermark || (next === undefined && segment.sizeBytes === 0)) break;
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
export function removeSegments(storage: LogStorage, segments: readonly Segment[], removeLater: RemoveLater): void {
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
