import { type Offset } from "../../base/brand.ts";
import { type Segment } from "../segment/segment.ts";

/** As many readers at different places of one log are remembered. */
const countMax = 8;

interface ReadEnd {
  readonly segment: Segment;
  readonly offset: Offset;
  readonly position: number;
}

/**
 * Where reads of a log have ended lately. Nearly every read goes on where another one has ended: it needs neither the index
 * nor a look at the batches' headers from there to its offset. Whoever moves bytes of the log calls `forget`.
 */
export class ReadEnds {
  #ends: ReadEnd[] = [];
  #next = 0;

  /** Position of the batch that `offset` is looked for in; undefined when no read has ended there. */
  find(segment: Segment, offset: Offset): number | undefined {
    for (const end of this.#ends) if (end.offset === offset && end.segment === segment) return end.position;
    return undefined;
  }

  add(segment: Segment, offset: Offset, position: number): void {
    // Many readers of one tail end at the same place.
    if (this.find(segment, offset) !== undefined) return;
    this.#ends[this.#next] = { segment, offset, position };
    this.#next = (this.#next + 1) % countMax;
  }

  forget(): void {
    if (this.#ends.length > 0) this.#ends = [];
    this.#next = 0;
  }
}
