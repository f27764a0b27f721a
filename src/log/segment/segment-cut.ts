import { assert } from "../../base/assert.ts";
import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { scanHeaders } from "../batch-scan.ts";
import { type Segment } from "./segment.ts";
import { type LargestTimestamp } from "./time-index.ts";

/**
 * The cut of a segment before the batch that has an offset. All that can fail for want of a descriptor is done when it is
 * made, and changes nothing; `run` then needs none, if the segment's file is open and nothing has happened to it since.
 */
export class SegmentCut {
  /** Behind the last batch that is left. */
  readonly endOffset: Offset;
  readonly #segment: Segment;
  readonly #offset: Offset;
  /** Where the file ends then. */
  readonly #position: number;
  /** Of what is left. */
  readonly #largest: LargestTimestamp;

  constructor(segment: Segment, offset: Offset) {
    assert(segment.writtenBytes === segment.sizeBytes, "a segment is cut when all its bytes are written");
    const { file, indexes, baseOffset, writtenBytes } = segment;
    let endOffset = baseOffset;
    const start = indexes.scanStartFor(offset - 1);
    this.#position = scanHeaders(file.use(), start, writtenBytes, (batch) => {
      if (batch.lastOffset >= offset) return false;
      endOffset = batch.lastOffset + 1;
      return true;
    });
    this.#segment = segment;
    this.#offset = offset;
    this.endOffset = endOffset;
    this.#largest = indexes.prepareCut(offset, this.#position);
  }

  run(nowMs: TimestampMs): void {
    this.#segment.indexes.cut(this.#offset, this.#largest);
    this.#segment.cutAt(this.#position);
    if (this.#position === 0) this.#segment.age.startAnew(nowMs);
    // Were it not durable, a loss of power could bring back what was cut behind what is written in its place.
    this.#segment.file.sync();
  }
}
