import {
  type AppendOutcome,
  type CoordinatorPartition,
  type LoadOutcome,
  type PartitionLoader,
  type PartitionWriter,
} from "../../src/coordinator/runtime/partition-log.ts";
import { type ErrorCode } from "../../src/protocol/errors.ts";
import { onlyBatch } from "../../src/protocol/records/batches.ts";

interface Waiting {
  readonly outcome: AppendOutcome;
  readonly resolve: (outcome: AppendOutcome) => void;
}

/** Partitions of a coordinator's topic in memory, with the faults that a log can have. */
export class MemoryPartitionLog implements PartitionWriter, PartitionLoader {
  /** Called with each batch that was written. */
  onAppend: (partition: number, batch: Buffer) => void = () => {};
  /** The next append fails with this error. */
  failNext: ErrorCode | undefined;
  /** Appends succeed, but the high watermark stands still until `release`. */
  isHeld = false;
  sizeBytesMax = 1_048_588;
  /** Loads fail with this error. */
  loadError: ErrorCode | undefined;
  readonly #batches = new Map<number, Buffer[]>();
  #waiting: Waiting[] = [];

  batchSizeBytesMax(): number {
    return this.sizeBytesMax;
  }

  append({ partition }: CoordinatorPartition, batch: Buffer): Promise<AppendOutcome> {
    const error = this.failNext;
    if (error !== undefined) {
      this.failNext = undefined;
      return Promise.resolve({ ok: false, error });
    }
    const view = onlyBatch(batch);
    const baseOffset = this.endOffset(partition);
    view.setBaseOffset(baseOffset);
    this.batches(partition).push(batch);
    this.onAppend(partition, batch);
    const outcome: AppendOutcome = { ok: true, baseOffset };
    if (!this.isHeld) return Promise.resolve(outcome);
    return new Promise((resolve) => this.#waiting.push({ outcome, resolve }));
  }

  /** Lets the high watermark follow. */
  release(): void {
    this.isHeld = false;
    for (const { resolve, outcome } of this.#waiting) resolve(outcome);
    this.#waiting = [];
  }

  async load({ partition }: CoordinatorPartition, onRecords: (records: Buffer) => Promise<void>): Promise<LoadOutcome> {
    if (this.loadError !== undefined) return { ok: false, error: this.loadError };
    for (const batch of this.batches(partition)) await onRecords(batch);
    return { ok: true, endOffset: this.endOffset(partition) };
  }

  batches(partition: number): Buffer[] {
    let batches = this.#batches.get(partition);
    if (batches === undefined) {
      batches = [];
      this.#batches.set(partition, batches);
    }
    return batches;
  }

  endOffset(partition: number): number {
    const last = this.batches(partition).at(-1);
    return last === undefined ? 0 : onlyBatch(last).nextOffset;
  }
}
