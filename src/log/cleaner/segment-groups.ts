import { type Offset } from "../../base/brand.ts";
import { relativeOffsetMax } from "../segment/offset-index.ts";

export interface SegmentSizes {
  readonly baseOffset: Offset;
  readonly sizeBytes: number;
  readonly offsetIndexBytes: number;
  readonly timeIndexBytes: number;
}

export interface GroupLimits {
  readonly segmentBytes: number;
  readonly indexBytes: number;
  /** Where the part of the log ends that may be cleaned: behind the last of the segments. */
  readonly endOffset: Offset;
}

/**
 * Puts segments that follow one another together as long as they surely fit into one, so that a log does not become one of
 * many small segments by being cleaned again and again.
 */
export function groupSegments<S extends SegmentSizes>(segments: readonly S[], limits: GroupLimits): S[][] {
  const groups: S[][] = [];
  let group: S[] = [];
  const sums = { sizeBytes: 0, offsetIndexBytes: 0, timeIndexBytes: 0 };
  for (const [index, segment] of segments.entries()) {
    const first = group[0];
    const lastOffset = (segments[index + 1]?.baseOffset ?? limits.endOffset) - 1;
    const fits =
      first !== undefined &&
      sums.sizeBytes + segment.sizeBytes <= limits.segmentBytes &&
      sums.offsetIndexBytes + segment.offsetIndexBytes <= limits.indexBytes &&
      sums.timeIndexBytes + segment.timeIndexBytes <= limits.indexBytes &&
      (segment.sizeBytes === 0 || lastOffset - first.baseOffset <= relativeOffsetMax);
    if (!fits) {
      group = [];
      groups.push(group);
      sums.sizeBytes = sums.offsetIndexBytes = sums.timeIndexBytes = 0;
    }
    group.push(segment);
    sums.sizeBytes += segment.sizeBytes;
    sums.offsetIndexBytes += segment.offsetIndexBytes;
    sums.timeIndexBytes += segment.timeIndexBytes;
  }
  return groups;
}
