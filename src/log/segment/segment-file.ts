import { type Disk, type DiskFile } from "../../io/ports.ts";
import { type OpenFiles, type Reopenable } from "./open-files.ts";

/**
 * A segment's `.log` file, opened at its first use and closed again when it is idle, so that the number of descriptors
 * follows the segments in use and not those that exist. A close waits for the asynchronous calls that are under way: the
 * system would give the descriptor's number to another file.
 */
export class SegmentFile implements Reopenable {
  /** How many bytes of the segment the operating system has: what is behind them is no part of it (yet). */
  writtenBytes = 0;
  /** So many of them were on the device at the last flush: reading them past the system's cache makes nothing wait. */
  flushedBytes = 0;
  readonly #disk: Disk;
  #path: string;
  #file: DiskFile | null = null;
  #callsUnderWay = 0;
  #closesWhenIdle = false;
  readonly #openFiles: OpenFiles | undefined;
  wasUsed = false;
  slot = -1;

  /** @param openFiles bounds how many of them are open; none without */
  constructor(disk: Disk, path: string, openFiles?: OpenFiles) {
    this.#disk = disk;
    this.#path = path;
    this.#openFiles = openFiles;
  }

  get path(): string {
    return this.#path;
  }

  /** The open file; only for calls that end before the caller returns to the event loop. */
  use(): DiskFile {
    this.#closesWhenIdle = false;
    if (this.#file === null) return this.#open();
    this.wasUsed = true;
    return this.#file;
  }

  #open(): DiskFile {
    // One that is gone must not come back empty: readers would get nothing for ever, and no error.
    const file = this.#disk.open(this.#path, "update");
    this.#openFiles?.add(this);
    this.#file = file;
    return file;
  }

  get isBusy(): boolean {
    return this.#callsUnderWay > 0;
  }

  /** Makes what was written durable. */
  sync(): void {
    this.use().sync();
    this.flushedBytes = this.writtenBytes;
  }

  async syncAsync(): Promise<void> {
    const { writtenBytes } = this;
    await this.#call((file) => file.syncAsync());
    // It may have been cut meanwhile.
    this.flushedBytes = Math.min(writtenBytes, this.writtenBytes);
  }

  /** Writes from `position` on, off the event loop; `writtenBytes` is the caller's matter. */
  writeAsync(slices: readonly Buffer[], position: number): Promise<void> {
    return this.#call((file) => file.writeAsync(slices, position));
  }

  async #call(call: (file: DiskFile) => Promise<void>): Promise<void> {
    const file = this.use();
    this.#callsUnderWay++;
    try {
      await call(file);
    } finally {
      this.#callsUnderWay--;
      if (this.#callsUnderWay === 0 && this.#closesWhenIdle) this.close();
    }
  }

  close(): void {
    if (this.#callsUnderWay > 0) {
      this.#closesWhenIdle = true;
      return;
    }
    this.#closesWhenIdle = false;
    if (this.#file === null) return;
    this.#openFiles?.remove(this);
    this.#file.close();
    this.#file = null;
  }

  /** Closes the file when it was not used since the last call. */
  closeIfUnused(): void {
    if (!this.wasUsed) this.close();
    this.wasUsed = false;
  }

  /** The file has another name now: an open descriptor still is that of the same file. */
  moveTo(path: string): void {
    this.#path = path;
  }
}
