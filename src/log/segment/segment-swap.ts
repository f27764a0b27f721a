import { type Offset } from "../../base/brand.ts";
import { swapSuffix } from "../log-files.ts";
import { type LogStorage } from "../log-storage.ts";
import { type RemoveLater } from "../retention.ts";
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
  /** Undone until the old segments have gone. */
  #state: "begun" | "done" | "aborted" = "begun";

  constructor(storage: LogStorage, baseOffset: Offset, replaced: readonly Offset[]) {
    this.#storage = storage;
    this.#cleaned = storage.loadCleaned(baseOffset);
    this.#old = storage.segments.all().filter((segment) => replaced.includes(segment.baseOffset));
  }

  /** Resolves when the swap is done, or was aborted. Rejects when the disk failed. */
  async run(removeLater: RemoveLater): Promise<void> {
    const storage = this.#storage;
    const { disk, directory, segments } = storage;
    const cleaned = this.#cleaned;
    cleaned.changeSuffix(swapSuffix);
    await disk.syncDirectoryAsync(directory);
    if (this.#state === "aborted" || !storage.isUsable) return;
    this.#state = "done";
    segments.replace(this.#old, cleaned);
    for (const [index, old] of this.#old.entries()) {
      // Thousands of small segments may become one.
      if (index > 0 && index % segmentsOfStep === 0) {
        await disk.syncDirectoryAsync(directory);
        // A start completes what is begun.
        if (!storage.isUsable || storage.directory !== directory) return;
      }
      old.markDeleted();
      removeLater((remove) => old.removeBy(remove, storage.directory), storage.config.fileDeleteDelayMs);
    }
    const gone = new Set(this.#old.slice(1).map(({ baseOffset }) => baseOffset));
    if (gone.size > 0) storage.removeProducerSnapshots((offset) => gone.has(offset));
    await disk.syncDirectoryAsync(directory);
    // A truncation may have taken the segment away, or the directory may have another name.
    if (!storage.isUsable || storage.directory !== directory || !segments.has(cleaned)) return;
    cleaned.changeSuffix("");
    // The next round's `.cleaned` file beside a `.swap` file would have a start undo what is done.
    await disk.syncDirectoryAsync(directory);
  }

  /** Leaves the log as it is; after a crash too. */
  abort(): void {
    if (this.#state !== "begun") return;
    this.#state = "aborted";
    const { disk, directory, isOffline } = this.#storage;
    if (isOffline) return;
    this.#cleaned.remove();
    disk.syncDirectory(directory);
  }
}
