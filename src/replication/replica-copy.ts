import { type LeaderEpoch, type Offset } from "../base/brand.ts";
import { type Log } from "../log/log.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { batchAt } from "../protocol/records/message-view.ts";

export type CopyResult =
  | { readonly ok: true; readonly bytes: number }
  | { readonly ok: false; readonly error: ErrorCode };

/**
 * Copies whole batches from a log to one that follows it on the same broker, as they are: offsets, epochs, producers. At
 * most `maxBytes`, or one batch; no bytes when the follower has all that was written. What it gets is written at the end of
 * the turn, and no thread may be writing to it when it is called.
 * @throws DiskError when the system is short of what it takes to cut the follower: nothing has changed then
 */
export function copyBatches(source: Log, target: Log, maxBytes: number): CopyResult {
  if (target.logEndOffset < source.logStartOffset) startAt(source, target, source.logStartOffset);
  if (target.logEndOffset > source.logEndOffset) target.truncateTo(source.logEndOffset);
  const read = source.read(target.logEndOffset, maxBytes, source.writtenOffset, true);
  if (!read.ok) return read;
  const { records } = read;
  if (records.length > 0) {
    const failure = append(source, target, records);
    if (failure !== Errors.NONE) return { ok: false, error: failure };
  } else if (target.logEndOffset < source.writtenOffset) {
    return { ok: false, error: Errors.CORRUPT_MESSAGE };
  }
  followOffsets(source, target);
  return target.isOffline ? { ok: false, error: Errors.KAFKA_STORAGE_ERROR } : { ok: true, bytes: records.length };
}

function append(source: Log, target: Log, records: Buffer): ErrorCode {
  // The source's start, or a place to which the target was cut, may be within a batch.
  const { baseOffset } = batchAt(records, 0);
  if (baseOffset < target.logEndOffset) {
    if (baseOffset <= target.logStartOffset) startAt(source, target, baseOffset);
    else target.truncateTo(baseOffset);
  }
  const failure = target.appendAsFollower(records);
  if (failure !== null) return failure.error;
  return Errors.NONE;
}

function startAt(source: Log, target: Log, offset: Offset): void {
  target.truncateFullyAndStartAt(offset);
  followOffsets(source, target);
}

/** The target is committed as far as the source is, and begins where the source does. */
function followOffsets(source: Log, target: Log): void {
  target.highWatermark = source.highWatermark;
  target.maybeIncrementLogStartOffset(source.logStartOffset);
}

/**
 * Cuts the target back to the last offset up to which both logs are the same, by their leader epochs (KIP-279): the source
 * may have been truncated, and written to again, while the target could not be reached.
 * @throws DiskError when the system is short of what that takes: it is to be called again then
 */
export function truncateToCommonPrefix(source: Log, target: Log): void {
  for (;;) {
    const epoch = target.leaderEpochs.latestEpoch;
    if (epoch < 0 || target.logEndOffset === target.logStartOffset) break;
    const inSource = source.leaderEpochs.endOffsetFor(epoch);
    const inTarget = target.leaderEpochs.endOffsetFor(inSource.leaderEpoch);
    // An epoch that only the target knows, or that the source has deleted already.
    const isUnknown = inSource.leaderEpoch < 0 || isForgotten(source, epoch);
    const common = isUnknown ? target.logStartOffset : Math.min(inSource.endOffset, inTarget.endOffset);
    const cut = Math.max(common, target.logStartOffset);
    if (cut >= target.logEndOffset) break;
    target.truncateTo(cut);
    if (target.isOffline) return;
    if (inSource.leaderEpoch === inTarget.leaderEpoch) break;
  }
  if (target.logEndOffset > source.logEndOffset) {
    if (source.logEndOffset < target.logStartOffset) target.truncateFullyAndStartAt(source.logStartOffset);
    else target.truncateTo(source.logEndOffset);
  }
}

/**
 * Whether the source has records that may be of this epoch or of others, and does not know it: deleted records may come
 * back with a crash, their epochs do not.
 */
function isForgotten({ leaderEpochs, logStartOffset }: Log, epoch: LeaderEpoch): boolean {
  const { earliest } = leaderEpochs;
  return earliest !== undefined && epoch < earliest.epoch && logStartOffset < earliest.startOffset;
}

/** Gives the target what does not stand in the batches: epochs without records, and producers whose records are gone. */
export function copyState(source: Log, target: Log): void {
  const { latestEpoch } = target.leaderEpochs;
  if (source.leaderEpochs.latestEpoch > latestEpoch && source.leaderEpochs.latestEpoch >= 0) {
    target.beginEpoch(source.leaderEpochs.latestEpoch);
  }
  for (const entry of source.producerState.entries()) {
    const known = target.producerState.get(entry.producerId);
    // Of some only the marker that ended their last transaction is there still.
    const isWithoutRecords = known !== undefined && known.lastSequence < 0 && entry.transactionFirstOffset < 0;
    if (known === undefined || isWithoutRecords) target.producerState.restore(entry);
  }
  followOffsets(source, target);
}
