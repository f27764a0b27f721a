/** A file that is opened again when it is used. */
export interface Reopenable {
  /** Used again since it was opened, or since this was set to false last. */
  wasUsed: boolean;
  /** Asynchronous calls are under way: it cannot be closed now. */
  readonly isBusy: boolean;
  /** Its place among those that are open; the bound's matter. */
  slot: number;
  /** Closes it; it then calls `remove`. */
  close(): void;
}

/**
 * Bounds how many segment files are open at once. To open one more, one that was not used lately is closed: a hand goes
 * round, takes away the mark of use where it finds one, and closes the first file without.
 */
export class OpenFiles {
  readonly #countMax: number;
  readonly #files: Reopenable[] = [];
  #hand = 0;
  #newest: Reopenable | undefined;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#files.length;
  }

  /** Call when `file` has been opened. */
  add(file: Reopenable): void {
    if (this.#files.length >= this.#countMax) this.#closeOne();
    file.slot = this.#files.length;
    this.#files.push(file);
    this.#newest = file;
  }

  remove(file: Reopenable): void {
    if (this.#files[file.slot] !== file) return;
    const last = this.#files.pop()!;
    if (last === file) return;
    this.#files[file.slot] = last;
    last.slot = file.slot;
  }

  /** When all are busy the bound is passed. */
  #closeOne(): void {
    for (let steps = this.#files.length * 2; steps > 0; steps--) {
      if (this.#hand >= this.#files.length) this.#hand = 0;
      const file = this.#files[this.#hand]!;
      // Whoever opened the newest may still hold it.
      if (!file.wasUsed && !file.isBusy && file !== this.#newest) return this.#closeAtHand(file);
      file.wasUsed = false;
      this.#hand++;
    }
  }

  #closeAtHand(file: Reopenable): void {
    this.#hand++;
    file.close();
  }
}
