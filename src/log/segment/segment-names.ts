import { type Offset } from "../../base/brand.ts";
import { type Disk } from "../../io/ports.ts";
import { cutSuffix, deletedSuffix, logSuffix, segmentFileName } from "../log-files.ts";
import { type SegmentFile } from "./segment-file.ts";
import { type SegmentIndexes } from "./segment-indexes.ts";

/**
 * What the files of a segment are called: by the directory that they are in, and by a suffix that tells a start what was
 * happening to them. They are renamed and removed one behind the other, in an order that a crash may end anywhere.
 */
export class SegmentNames {
  readonly #disk: Disk;
  readonly #baseOffset: Offset;
  readonly #file: SegmentFile;
  readonly #indexes: SegmentIndexes;
  #directory: string;
  /** Behind the usual names of the files; "" for a segment of the log that nothing is happening to. */
  #suffix = "";

  constructor(disk: Disk, directory: string, baseOffset: Offset, file: SegmentFile, indexes: SegmentIndexes) {
    this.#disk = disk;
    this.#directory = directory;
    this.#baseOffset = baseOffset;
    this.#file = file;
    this.#indexes = indexes;
  }

  get directory(): string {
    return this.#directory;
  }

  /** All that may be there, the `.log` file the last. */
  paths(): string[] {
    return [...this.#indexes.paths(), this.#file.path];
  }

  /** The partition's directory has another name. */
  moveTo(directory: string): void {
    this.#directory = directory;
    this.#tell();
  }

  /** The files have this suffix already. */
  takeSuffix(suffix: string): void {
    this.#suffix = suffix;
    this.#tell();
  }

  /** Gives the files the suffix that says they are to be removed; they can still be read. */
  markDeleted(): void {
    this.#moveAside(deletedSuffix);
  }

  /** As `markDeleted`, of a segment that was cut off. */
  markCut(): void {
    this.#moveAside(cutSuffix);
  }

  #moveAside(suffix: string): void {
    const from = this.paths();
    this.takeSuffix(suffix);
    // The `.log` file goes first: what is left of a crash is then indexes without it, and no log without its indexes.
    this.#rename(from.reverse(), this.paths().reverse());
  }

  /** Gives the files other names, the `.log` file the last: where it is, its indexes are. */
  changeSuffix(suffix: string): void {
    const from = this.paths();
    this.takeSuffix(suffix);
    this.#rename(from, this.paths());
  }

  /** Gives the files their usual names; what has those goes away. */
  takePlace(): void {
    const from = this.paths();
    this.takeSuffix("");
    for (const path of this.paths()) this.#disk.remove(path);
    this.#rename(from, this.paths());
  }

  #rename(from: readonly string[], to: readonly string[]): void {
    for (const [index, path] of from.entries()) if (this.#disk.exists(path)) this.#disk.rename(path, to[index]!);
  }

  #tell(): void {
    const pathOf = (kind: string): string =>
      `${this.#directory}/${segmentFileName(this.#baseOffset, kind)}${this.#suffix}`;
    this.#file.moveTo(pathOf(logSuffix));
    this.#indexes.moveTo(pathOf);
  }
}
