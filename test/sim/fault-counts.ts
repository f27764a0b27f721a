/** How often what is meant to happen in a run did happen: a fault that never comes proves nothing. */
export class FaultCounts {
  readonly #counts = new Map<string, number>();

  note(what: string, times = 1): void {
    if (times > 0) this.#counts.set(what, this.of(what) + times);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  addAll(counts: Readonly<Record<string, number>>): void {
    for (const [what, times] of Object.entries(counts)) this.note(what, times);
  }

  /** By their names, in the order of those. */
  all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1)));
  }
}
