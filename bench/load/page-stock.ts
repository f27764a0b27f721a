import { ftruncate, openSync, statSync } from "node:fs";

/** It is cut in pieces of this size, and stays ahead of what is written by so much. */
const pieceBytes = 16 << 20;
const leadBytes = 96 << 20;

/**
 * Gives pages of the page cache back to the system while a load makes the broker need as many: the files are cut from
 * their ends as the load goes on.
 */
export class PageStock {
  readonly #files: { readonly descriptor: number; leftBytes: number }[];
  #cutBytes = 0;

  constructor(paths: readonly string[]) {
    this.#files = paths.map((path) => ({ descriptor: openSync(path, "r+"), leftBytes: statSync(path).size }));
  }

  /** The broker has written so much since the start. */
  follow(writtenBytes: number): void {
    while (this.#files.length > 0 && this.#cutBytes + pieceBytes <= writtenBytes + leadBytes) {
      const file = this.#files.shift()!;
      this.#cutBytes += Math.min(pieceBytes, file.leftBytes);
      file.leftBytes -= Math.min(pieceBytes, file.leftBytes);
      // In the thread pool: the pages may be on their way to the disk, and the load is not to wait for that.
      ftruncate(file.descriptor, file.leftBytes, () => undefined);
      // They take turns, as the partitions do that they come from.
      if (file.leftBytes > 0) this.#files.push(file);
    }
  }
}
