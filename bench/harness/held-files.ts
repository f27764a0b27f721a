import { linkSync } from "node:fs";
import { join } from "node:path";
import { removeFolder, temporaryFolder } from "./cleanup.ts";

/**
 * Files that their owner is about to remove, kept by a second name: what the page cache has of them stays with the machine.
 *
 * A virtual machine may get its memory from the host at the first touch, which costs ten times what a write to the page cache
 * does, and give back within seconds what is free; how much depends on the sizes in which it was freed and is asked for.
 * Measured like that, a broker's writing says what became of the machine's free memory and not how well it writes. So
 * the broker writes once what it is going to write again, and while it does that it gets the same pages.
 */
export class HeldFiles {
  readonly paths: string[] = [];
  readonly #folder: string;

  /** @param parentFolder on the file system of the files */
  constructor(parentFolder: string) {
    this.#folder = temporaryFolder(parentFolder);
  }

  hold(paths: readonly string[]): void {
    for (const path of paths) {
      const held = join(this.#folder, String(this.paths.length));
      linkSync(path, held);
      this.paths.push(held);
    }
  }

  release(): void {
    removeFolder(this.#folder);
  }
}
