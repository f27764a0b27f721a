import { type Offset } from "../../base/brand.ts";
import { type Workers } from "../../io/ports.ts";
import { type Cleaning, type LogStorage } from "../log-storage.ts";
import { type Patience, patiently } from "../patience.ts";
import { type RemoveLater } from "../removal.ts";
import { SegmentSwap } from "../segment/segment-swap.ts";
import { type CleanInput, type CleanOutput, type CleanReport } from "./clean-input.ts";
import { cleanTask } from "./clean-task.ts";

/** Where the log is clean up to, and what was done for that; undefined when it was aborted. */
export type CleaningResult = CleanOutput | undefined;

/** One round of cleaning of one log: a thread writes the new segments, and here they take the place of the old ones. */
export class LogCleaning implements Cleaning {
  readonly #storage: LogStorage;
  readonly #removeLater: RemoveLater;
  readonly #patience: Patience;
  readonly #abortion = new AbortController();
  #swaps: Promise<void> = Promise.resolve();
  #swap: SegmentSwap | undefined;
  #failure: unknown;

  constructor(storage: LogStorage, removeLater: RemoveLater, patience: Patience) {
    this.#storage = storage;
    this.#removeLater = removeLater;
    this.#patience = patience;
  }

  /**
   * Rejects with a `DiskError` when the disk failed, with another error when the log cannot be cleaned.
   *
   * @param prepare comes before anything changes; what it rejects with ends the round
   */
  async run(workers: Workers, input: CleanInput, prepare: () => Promise<void>): Promise<CleaningResult> {
    const storage = this.#storage;
    const { signal } = this.#abortion;
    storage.cleaning = this;
    try {
      await prepare();
      if (signal.aborted) return undefined;
      const onReport = (report: CleanReport): void => void (this.#swaps = this.#swaps.then(() => this.#swapIn(report)));
      const output = await workers.run(cleanTask, input, { signal, onReport });
      await this.#swaps;
      if (signal.aborted) return undefined;
      storage.cleanedOffset = output.cleanedOffset;
      return output;
    } catch (error) {
      await this.#swaps;
      // Files that were cut or have gone are what an abortion brings with it.
      if (!signal.aborted) throw error;
      return undefined;
    } finally {
      storage.cleaning = null;
      if (this.#failure !== undefined) storage.fail(this.#failure);
    }
  }

  abort(): void {
    this.#abortion.abort();
    this.#swap?.abort();
  }

  async #swapIn({ baseOffset, replaces }: CleanReport): Promise<void> {
    const { signal } = this.#abortion;
    try {
      if (signal.aborted) return this.#discard(baseOffset);
      const swap = await patiently(
        () => new SegmentSwap(this.#storage, baseOffset, replaces, this.#removeLater, this.#patience),
        this.#patience.rest,
        () => !signal.aborted,
      );
      if (swap === undefined || signal.aborted) return this.#discard(baseOffset);
      this.#swap = swap;
      await swap.run();
      this.#swap = undefined;
    } catch (error) {
      // Once it is aborted, the directory may have another name.
      if (signal.aborted) return;
      // The rest of the round is of no use; a start undoes or completes what is half done.
      this.#failure = error;
      this.#abortion.abort();
    }
  }

  /** The segment was ready before its thread knew of the abortion. */
  #discard(baseOffset: Offset): void {
    if (this.#storage.isUsable) this.#storage.loadCleaned(baseOffset).remove();
  }
}
