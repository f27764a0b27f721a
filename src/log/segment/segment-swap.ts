import { type Offset } from "../../base/brand.ts";
import { swapSuffix } from "../log-files.ts";
import { type LogStorage } from "../log-storage.ts";
import { type Patience, patiently } from "../patience.ts";
import { type RemoveLater } from "../removal.ts";
import { type Segment } from "./segment.ts";

/** So many get other names before the event loop goes on with what else there is. */
const segmentsOfStep = 16;

/**
 * Puts a segment that the cleaner has written in the place of those that it was made of, in steps that a start can tell
 * apart after a crash:
 *
 *     .cleaned ──▶ .swap ──▶ old ones .deleted ──▶ no suffix
 *              │         ▲                      ▲
 *        undone by       └ the directory is synced, off the event loop: each step is durable before the next
 *        a start
 *
 * From `.swap` on a start completes it. Between the steps the log goes on; what cuts it calls `abort`.
 */
export class SegmentSwap {
  readonly #storage: LogStorage;
  readonly #cleaned: Segment;
  readonly #old: readonly Segment[];
  /** Those that still have their names. */
  readonly #waiting: Segment[];
  readonly #removeLater: RemoveLater;
  readonly #patience: Patience;
  /** Undone until the old segments have gone. */
  #state: "begun" | "done" | "aborted" = "begun";

  constructor(
    storage: LogStorage,
    baseOffset: Offset,
    replaced: readonly Offset[],
    removeLater: RemoveLater,
    patience: Patience,
  ) {
    this.#storage = storage;
    this.#removeLater = removeLater;
    this.#patience = patience;
    this.#cleaned = storage.loadCleaned(baseOffset);
    this.#old = storage.segments.all().filter((segment) => replaced.includes(segment.baseOffset));
    this.#waiting = [...this.#old];
  }

  /**
   * Resolves when the swap is done, or was aborted, or the broker stops while it waits: then the next start completes it.
   * Rejects when the disk failed.
   */
  async run(): Promise<void> {
    const storage = this.#storage;
    const { segments } = storage;
    const directory = storage.directory.path;
    const cleaned = this.#cleaned;
    cleaned.names.changeSuffix(swapSuffix);
    if (!(await this.#sync(directory))) return;
    this.#state = "done";
    segments.replace(this.#old, cleaned);
    while (this.#waiting.length > 0) {
      this.#putAside(this.#waiting.splice(0, segmentsOfStep));
      if (this.#waiting.length === 0) break;
      // Thousands of small segments may become one. A start completes what is begun.
      if (!(await this.#sync(directory))) return;
    }
    // A truncation may have taken the segment away.
    if (!(await this.#sync(directory, () => this.#removeSnapshots())) || !segments.has(cleaned)) return;
    cleaned.names.changeSuffix("");
    // The next round's `.cleaned` file beside a `.swap` file would have a start undo what is done.
    await this.#sync(directory);
  }

  /**
   * Makes the names durable, after what `prepare` does; false when the swap goes no further. While there are no descriptors
   * it waits: the log is whole meanwhile. What is done is not left because of an abortion: beside a `.swap` file the next
   * round's `.cleaned` file would have a start undo it.
   */
  async #sync(directory: string, prepare: () => void = () => {}): Promise<boolean> {
    const storage = this.#storage;
    const { rest, isClosed } = this.#patience;
    const sync = async (): Promise<boolean> => {
      prepare();
      await storage.disk.syncDirectoryAsync(directory);
      return true;
    };
    const goesOn = (): boolean => this.#state !== "aborted" && storage.isUsable && storage.directory.path === directory;
    const isDurable = await patiently(sync, rest, () => goesOn() && !isClosed());
    return isDurable === true && goesOn();
  }

  /** Those of segments that are gone. */
  #removeSnapshots(): void {
    const storage = this.#storage;
    const gone = new Set(this.#old.map(({ baseOffset }) => baseOffset));
    // The new one begins where the first did; and where the log was cut meanwhile, others may begin there.
    for (const { baseOffset } of storage.segments.all()) gone.delete(baseOffset);
    if (gone.size > 0) storage.producerSnapshots.remove((offset) => gone.has(offset));
  }

  #putAside(segments: readonly Segment[]): void {
    const storage = this.#storage;
    for (const segment of segments) {
      segment.names.markDeleted();
      this.#removeLater((remove) => segment.removeBy(remove, storage.directory.path), storage.config.fileDeleteDelayMs);
    }
  }

  /** Leaves the log as it is, after a crash too; nothing that was replaced is left under its name. */
  abort(): void {
    const { isOffline } = this.#storage;
    if (this.#state === "done" && !isOffline) this.#putAside(this.#waiting.splice(0));
    if (this.#state !== "begun") return;
    this.#state = "aborted";
    if (isOffline) return;
    this.#cleaned.remove();
    // It cannot wait for descriptors.
    this.#storage.directory.syncOrOwe();
  }
}
