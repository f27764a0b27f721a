import { type Offset } from "../../base/brand.ts";
import { type DiskFile } from "../../io/ports.ts";
import { batchHeaderSizeBytes } from "../../protocol/records/batch-header.ts";
import { lastOffsetAt, startsBatch } from "../batch-bytes.ts";
import { scanHeaders } from "../batch-scan.ts";
import { type OffsetIndex, relativeOffsetMax } from "./offset-index.ts";
import { type SegmentFile } from "./segment-file.ts";
import { type TimeIndex } from "./time-index.ts";

/** Whether the batch that an offset index entry points at has its offset: not so when the index is another segment's. */
export function entryFits(file: DiskFile, offsets: OffsetIndex, slot: number): boolean {
  const header = Buffer.allocUnsafe(batchHeaderSizeBytes);
  const length = file.read(header, offsets.positionAt(slot));
  return startsBatch(header.subarray(0, length)) && lastOffsetAt(header, 0) === offsets.offsetAt(slot);
}

/**
 * Whether the last entry of the time index is that of a batch: not so when the index is another segment's.
 *
 * @param scanStartFor the position of a batch that ends at or before an offset
 */
export function timesFit(file: SegmentFile, times: TimeIndex, scanStartFor: (offset: Offset) => number): boolean {
  if (times.count === 0) return lastHasNoTimestamp(file, scanStartFor(Infinity));
  const { lastOffset, lastTimestamp } = times;
  const start = scanStartFor(lastOffset);
  let fits = false;
  scanHeaders(file.use(), start, file.writtenBytes, (batch) => {
    fits = batch.lastOffset === lastOffset && batch.maxTimestamp === lastTimestamp;
    return batch.lastOffset < lastOffset;
  });
  return fits;
}

/** Messages of format 0 have none; in newer segments of a log everything has one. */
function lastHasNoTimestamp(file: SegmentFile, start: number): boolean {
  let last = -1;
  scanHeaders(file.use(), start, file.writtenBytes, ({ maxTimestamp }) => {
    last = maxTimestamp;
    return true;
  });
  return last < 0;
}

/** Of the last batch of which a segment from `baseOffset` on can hold the offsets. */
export function lastOffsetIn(file: SegmentFile, baseOffset: Offset): Offset {
  const offsetMax = baseOffset + relativeOffsetMax;
  let last = baseOffset;
  scanHeaders(file.use(), 0, file.writtenBytes, ({ lastOffset }) => {
    if (lastOffset >= baseOffset && lastOffset <= offsetMax) last = lastOffset;
    return true;
  });
  return last;
}
