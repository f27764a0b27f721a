import { type Disk, type DiskDirectory, DiskError } from "../io/ports.ts";
import { parentOf } from "./log-files.ts";
import { unlessShort } from "./patience.ts";

/**
 * The directory of a partition. The names of the files in it are durable when it was synced since they came, and its own
 * name when its parent was: else a loss of power takes whatever is in it.
 */
export class PartitionDirectory {
  readonly #disk: Disk;
  #path: string;
  #isNameSynced = false;
  /** How often names in it have come to need a sync, and how many of these debts a sync has paid. */
  #owed = 0;
  #paid = 0;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  get path(): string {
    return this.#path;
  }

  /** Notes that names in it have changed which have to be durable at the next flush: a sync that begins later pays that. */
  owe(): void {
    this.#owed++;
  }

  get isBehind(): boolean {
    return this.#paid < this.#owed;
  }

  /** Makes the names of the files durable, and once its own. */
  sync(): void {
    this.#syncFileNames();
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

  #syncFileNames(): void {
    const owed = this.#owed;
    this.#disk.syncDirectory(this.#path);
    this.#paid = owed;
  }

  /** As `owe`; paid at once where there is a descriptor for that. */
  syncOrOwe(): void {
    this.owe();
    unlessShort(() => this.#syncFileNames());
  }

  /** Makes the names of the files durable without holding the event loop up; of the directory as it is called by then. */
  async syncFileNamesAsync(): Promise<void> {
    const path = this.#path;
    const owed = this.#owed;
    try {
      await this.#disk.syncDirectoryAsync(path);
    } catch (error) {
      // A copy has taken its log's place meanwhile, and nothing is where it was.
      const hasMoved = error instanceof DiskError && error.code === "ENOENT" && path !== this.#path;
      if (!hasMoved) throw error;
      return this.syncFileNamesAsync();
    }
    this.#paid = Math.max(this.#paid, owed);
  }

  /** A descriptor of it, for what must not be left half done for want of one. */
  open(): DiskDirectory {
    return this.#disk.openDirectory(this.#path);
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
