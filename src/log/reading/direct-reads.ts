import { type Segment } from "../segment/segment.ts";

/** A chunk begins in each, whoever reads it. */
const regionBytes = 2_097_152;
const rememberedMs = 300_000;

interface ReadRegions {
  readonly regions: Set<number>;
  lastMs: number;
}

/**
 * Which parts of segments were read past the system's cache lately. One reader that goes through a log once needs no cache,
 * and takes none from others; what a second one wants, the third may want too.
 */
export class DirectReads {
  readonly #bySegment = new WeakMap<Segment, ReadRegions>();

  has(segment: Segment, position: number, nowMs: number): boolean {
    const read = this.#bySegment.get(segment);
    if (read === undefined) return false;
    if (nowMs - read.lastMs > rememberedMs) this.#bySegment.delete(segment);
    else return read.regions.has(Math.floor(position / regionBytes));
    return false;
  }

  add(segment: Segment, position: number, nowMs: number): void {
    let read = this.#bySegment.get(segment);
    if (read === undefined) this.#bySegment.set(segment, (read = { regions: new Set(), lastMs: nowMs }));
    read.lastMs = nowMs;
    read.regions.add(Math.floor(position / regionBytes));
  }
}
