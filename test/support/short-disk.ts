import { DiskError, type DiskDirectory, type DiskFile, type NewFile, type OpenMode } from "../../src/io/ports.ts";
import { MemoryDisk } from "../sim/memory-disk.ts";

/** A disk of a process that may be out of descriptors: whatever needs one fails then, and what needs none does not. */
export class ShortDisk extends MemoryDisk {
  isShort = false;
  /** So many are found before there is none any more. */
  left = Infinity;
  /** How often something was refused. */
  refusals = 0;

  #take(path: string): void {
    if (!this.isShort && this.left-- > 0) return;
    this.refusals++;
    throw new DiskError("EMFILE", `too many open files: ${path}`);
  }

  override open(path: string, mode: OpenMode): DiskFile {
    this.#take(path);
    return super.open(path, mode);
  }

  override list(path: string): string[] {
    this.#take(path);
    return super.list(path);
  }

  override syncDirectory(path: string, changeCount?: number): void {
    this.#take(path);
    super.syncDirectory(path, changeCount);
  }

  override openDirectory(path: string): DiskDirectory {
    this.#take(path);
    return super.openDirectory(path);
  }

  override async makeFilesAsync(directory: string, files: readonly NewFile[]): Promise<void> {
    this.#take(directory);
    await super.makeFilesAsync(directory, files);
  }
}
