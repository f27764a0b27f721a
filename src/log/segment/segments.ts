import { assert } from "../../base/assert.ts";
import { type Offset } from "../../base/brand.ts";
import { lastAtMost } from "../../base/sorted.ts";
import { type Segment } from "./segment.ts";

/** The segments of a log, by base offset; the last one is the active one, which is written to. */
export class Segments {
  #list: Segment[] = [];
  #removals = 0;

  /** How often segments have been taken out: what is known of places in them may be wrong when it has changed. */
  get removals(): number {
    return this.#removals;
  }

  get count(): number {
    return this.#list.length;
  }

  get first(): Segment {
    assert(this.#list.length > 0, "a log has a segment");
    return this.#list[0]!;
  }

  get active(): Segment {
    assert(this.#list.length > 0, "a log has a segment");
    return this.#list[this.#list.length - 1]!;
  }

  /** In order; not to be changed. */
  all(): readonly Segment[] {
    return this.#list;
  }

  at(index: number): Segment | undefined {
    return this.#list[index];
  }

  /** The one that has `offset`; where all start behind it, the first. */
  holding(offset: Offset): Segment {
    return this.#list[this.indexFor(offset)] ?? this.first;
  }

  /** The first one that begins behind `offset`. */
  behind(offset: Offset): Segment | undefined {
    return this.#list[this.indexFor(offset) + 1];
  }

  add(segment: Segment): void {
    const index = this.indexFor(segment.baseOffset);
    assert(this.#list[index]?.baseOffset !== segment.baseOffset, "a segment's base offset is its own");
    this.#list.splice(index + 1, 0, segment);
  }

  has(segment: Segment): boolean {
    return this.#list.includes(segment);
  }

  /** Puts a segment in the place of some that follow one another; it begins where the first of them does. */
  replace(old: readonly Segment[], segment: Segment): void {
    const index = this.#list.indexOf(old[0]!);
    assert(index >= 0 && old.every((each, at) => this.#list[index + at] === each), "a run of the log is replaced");
    assert(segment.baseOffset === old[0]!.baseOffset, "the segment begins where the ones that it replaces did");
    this.#list.splice(index, old.length, segment);
    this.#removals += 1;
  }

  remove(segment: Segment): void {
    const index = this.#list.indexOf(segment);
    assert(index >= 0, "the segment is one of the log's");
    this.#list.splice(index, 1);
    this.#removals += 1;
  }

  /** Index of the last segment that starts at or before `offset`; -1 when all start behind it. */
  indexFor(offset: Offset): number {
    const list = this.#list;
    // Most look for the end of the log.
    if (list.length > 0 && list[list.length - 1]!.baseOffset <= offset) return list.length - 1;
    return lastAtMost(list, offset, baseOffsetOf);
  }

  /** The segments that have offsets at or above `offset`, in order. */
  from(offset: Offset): Segment[] {
    return this.#list.slice(Math.max(0, this.indexFor(offset)));
  }

  sizeBytes(): number {
    let sizeBytes = 0;
    for (const segment of this.#list) sizeBytes += segment.sizeBytes;
    return sizeBytes;
  }
}

function baseOffsetOf({ baseOffset }: Segment): Offset {
  return baseOffset;
}
