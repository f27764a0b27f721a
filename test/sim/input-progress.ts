import { demand } from "./violation.ts";

/** How many inputs there are in each partition, and how far somebody was told that they are committed. */
export class InputProgress {
  readonly inputCounts: number[];
  protected readonly committedCounts: number[];

  constructor(inputCounts: readonly number[]) {
    this.inputCounts = [...inputCounts];
    this.committedCounts = inputCounts.map(() => 0);
  }

  /** All inputs count as processed. */
  get isDone(): boolean {
    return this.inputCounts.every((count, partition) => this.committedCounts[partition]! >= count);
  }

  /** There is one more partition of inputs. */
  grow(inputCount: number): void {
    this.inputCounts.push(inputCount);
    this.committedCounts.push(0);
  }

  committed(partition: number): number {
    return this.committedCounts[partition]!;
  }

  /** A group's stable offset, as somebody was told it. */
  told(partition: number, offset: number): void {
    const known = this.committedCounts[partition]!;
    demand(
      offset >= known || this.mayBeSetBack(partition, offset),
      () => `the offset of ${partition} went back from ${known} to ${offset}`,
    );
    this.committedCounts[partition] = offset;
  }

  /** Whether somebody may have set the offset back to this one. */
  protected mayBeSetBack(_partition: number, _offset: number): boolean {
    return false;
  }
}
