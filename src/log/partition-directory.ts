import { type Disk, DiskError } from "../io/ports.ts";
import { parentOf } from "./log-files.ts";

/**
 * The directory of a partition. The names of the files in it are durable when it was synced since they came, and its own
 * name when its parent was: else a loss of power takes whatever is in it.
 */
export class PartitionDirectory {
  readonly #disk: Disk;
  #path: string;
  #isNameSynced = false;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  get path(): string {
    return this.#path;
  }

  /** Makes the names of the files durable, and once its own. */
  sync(): void {
    this.syncFileNames();
    if (this.#isNameSynced) return;
    this.#disk.syncDirectory(parentOf(this.#path));
    this.#isNameSynced = true;
  }

  /** As `sync`, without holding the event loop up. */
  async syncAsync(): Promise<void> {
    const parent = this.#isNameSynced ? undefined : this.#disk.syncDirectoryAsync(parentOf(this.#path));
    await Promise.all([this.syncFileNamesAsync(), parent]);
    this.#isNameSynced = true;
  }

  syncFileNames(): void {
    this.#disk.syncDirectory(this.#path);
  }

  /** As `syncFileNames`, without holding the event loop up; of the directory as it is called by then. */
  async syncFileNamesAsync(): Promise<void> {
    const path = this.#path;
    try {
      await this.#disk.syncDirectoryAsync(path);
    } catch (error) {
      // A copy has taken its log's place meanwhile, and nothing is where it was.
      const hasMoved = error instanceof DiskError && error.code === "ENOENT" && path !== this.#path;
      if (!hasMoved) throw error;
      await this.syncFileNamesAsync();
    }
  }

  /** Gives it another name; whoever still reads the files finds them there. */
  rename(path: string): void {
    this.#disk.rename(this.#path, path);
    this.#path = path;
  }

  /** As `rename`, off the event loop. */
  async renameAsync(path: string): Promise<void> {
    await this.#disk.renameAsync(this.#path, path);
    this.#path = path;
  }
}
