/**
 * Members of one topic sorted by how many partitions they have, and the two ends of that list: the members with the fewest,
 * who get partitions one after the other, and those with the most, who give them. Each end grows towards the middle when its
 * level reaches that of the next members.
 *
 * ```
 *  partitions          most
 *      ^  fewest      ┌────┐##
 *      |  ┌────┐    ##│####│##   <- have none of this topic to give
 *      |  │....│######│####│##
 *      |  │####│######│####│##
 *      +------------------------> members
 * ```
 * The two have met when their levels differ by one at most.
 */
export class LoadRanges {
  readonly #loads: readonly number[];
  readonly #members: number[];
  #fewestEnd = 0;
  #fewestLevel: number;
  #nextToGet = 0;
  #mostStart: number;
  #mostEnd: number;
  #mostLevel: number;
  #nextToGive: number;

  /** @param loads the partitions of each member, which change while this is used */
  constructor(loads: readonly number[], members: readonly number[]) {
    this.#loads = loads;
    this.#members = [...members].sort((one, other) => loads[one]! - loads[other]! || one - other);
    this.#fewestLevel = this.#loadAt(0) - 1;
    this.#mostStart = this.#members.length;
    this.#mostEnd = this.#members.length;
    this.#mostLevel = this.#loadAt(this.#members.length - 1) + 1;
    this.#nextToGive = this.#members.length - 1;
  }

  /** The difference between the most and the fewest, before anything is moved. */
  get spread(): number {
    return this.#loadAt(this.#members.length - 1) - this.#loadAt(0);
  }

  get haveMet(): boolean {
    return this.#mostLevel - this.#fewestLevel <= 1;
  }

  /** The member to get the next partition. */
  takeReceiver(): number {
    if (this.#nextToGet >= this.#fewestEnd) {
      this.#fewestLevel++;
      while (this.#fewestEnd < this.#members.length && this.#loadAt(this.#fewestEnd) === this.#fewestLevel) {
        this.#fewestEnd++;
      }
      this.#nextToGet = 0;
    }
    return this.#members[this.#nextToGet++]!;
  }

  /** The member to give the next partition; undefined when nobody is left. */
  takeGiver(): number | undefined {
    if (this.#nextToGive < this.#mostStart) {
      const isRangeEmpty = this.#mostEnd <= this.#mostStart && this.#mostStart > 0;
      this.#mostLevel = isRangeEmpty ? this.#loadAt(this.#mostStart - 1) : this.#mostLevel - 1;
      while (this.#mostStart > 0 && this.#loadAt(this.#mostStart - 1) === this.#mostLevel) this.#mostStart--;
      this.#nextToGive = this.#mostEnd - 1;
    }
    return this.#nextToGive < 0 ? undefined : this.#members[this.#nextToGive--];
  }

  /** The giver that was taken last has nothing to give: it is put behind the range, out of the way. */
  dropGiver(): void {
    const at = this.#nextToGive + 1;
    const last = --this.#mostEnd;
    const giver = this.#members[at]!;
    this.#members[at] = this.#members[last]!;
    this.#members[last] = giver;
  }

  #loadAt(index: number): number {
    return this.#loads[this.#members[index]!]!;
  }
}
