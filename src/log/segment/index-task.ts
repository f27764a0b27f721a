import { type Offset } from "../../base/brand.ts";
import { type Task } from "../../io/ports.ts";
import { Segment } from "./segment.ts";

/** A segment without the files of its indexes. */
export interface UnindexedSegment {
  readonly directory: string;
  readonly baseOffset: Offset;
  readonly indexIntervalBytes: number;
}

/** Makes the files of the indexes of a segment that nobody writes to, before anybody else looks for them. */
export const indexTask: Task<UnindexedSegment, never, void> = {
  name: "index",
  run: async ({ directory, baseOffset, indexIntervalBytes }, { disk, clock }) => {
    const place = { disk, directory, indexIntervalBytes, rollJitterMs: 0, preallocatedBytes: 0 };
    const segment = Segment.load(place, baseOffset, clock.wallMs(), new Set());
    try {
      segment.indexes.rebuild();
    } finally {
      segment.close();
    }
  },
};
