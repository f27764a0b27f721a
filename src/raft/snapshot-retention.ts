import { type TimestampMs } from "../base/brand.ts";
import { type SnapshotId } from "./snapshot-id.ts";

export interface SnapshotRetention {
  /** -1 keeps everything. */
  readonly bytesMax: number;
  /** -1 keeps everything. */
  readonly msMax: number;
}

export interface RetainedSnapshot {
  readonly id: SnapshotId;
  readonly sizeBytes: number;
  readonly lastContainedLogTimeMs: TimestampMs;
}

/**
 * The oldest snapshot to keep: those before it, and the log below its offset, may go. The last snapshot always stays.
 * `snapshots` are oldest first.
 */
export function oldestToKeep(
  snapshots: readonly RetainedSnapshot[],
  logSizeBytes: number,
  retention: SnapshotRetention,
  nowMs: TimestampMs,
): SnapshotId | undefined {
  let totalBytes = logSizeBytes + snapshots.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let first = 0;
  for (const snapshot of snapshots.slice(0, -1)) {
    const isTooMuch = retention.bytesMax >= 0 && totalBytes > retention.bytesMax;
    const isTooOld = retention.msMax >= 0 && nowMs - snapshot.lastContainedLogTimeMs > retention.msMax;
    if (!isTooMuch && !isTooOld) break;
    totalBytes -= snapshot.sizeBytes;
    first++;
  }
  return first === 0 ? undefined : snapshots[first]?.id;
}
