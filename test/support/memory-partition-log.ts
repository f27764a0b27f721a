import {
  type AppendOutcome,
  type CoordinatorPartition,
  type LoadOutcome,
  type PartitionLoader,
  type PartitionWriter,
  type PreparedBatch,
  type TransactionalProducer,
  type TransactionAppend,
  type Verification,
  type VerificationKind,
} from "../../src/coordinator/runtime/partition-log.ts";
import { Errors, type ErrorCode } from "../../src/protocol/errors.ts";
import { onlyBatch } from "../../src/protocol/records/batches.ts";

/** Partitions of a coordinator's topic in memory, with the faults that a log can have. */
export class MemoryPartitionLog implements PartitionWriter, PartitionLoader {
  /** Called with each batch that was written. */
  onAppend: (partition: number, batch: Buffer, transaction?: TransactionAppend) => void = () => {};
  /** What the coordinator of transactions says. */
  verify: (producer: TransactionalProducer, kind: VerificationKind) => Verification = () => ({
    ok: true,
    guard: undefined,
  });
  /** What the topic makes of a batch. */
  prepare: (partition: CoordinatorPartition, batch: Buffer) => Promise<PreparedBatch> | undefined = () => undefined;
  /** The next append fails with this error. */
  failNext: ErrorCode | undefined;
  /** Appends succeed, but the high watermark stands still until `release`. */
  isHeld = false;
  sizeBytesMax = 1_048_588;
  /** Loads fail with this error. */
  loadError: ErrorCode | undefined;
  readonly #batches = new Map<number, Buffer[]>();
  #waiting: ((error: ErrorCode) => void)[] = [];

  batchSizeBytesMax(): number {
    return this.sizeBytesMax;
  }

  append({ partition }: CoordinatorPartition, batch: Buffer, transaction?: TransactionAppend): AppendOutcome {
    const error = this.failNext;
    if (error !== undefined) {
      this.failNext = undefined;
      return { ok: false, error };
    }
    if (batch.length > this.sizeBytesMax) return { ok: false, error: Errors.MESSAGE_TOO_LARGE };
    const view = onlyBatch(batch);
    const baseOffset = this.endOffset(partition);
    view.setBaseOffset(baseOffset);
    this.batches(partition).push(batch);
    this.onAppend(partition, batch, transaction);
    const committed = this.isHeld
      ? new Promise<ErrorCode>((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(Errors.NONE);
    return { ok: true, baseOffset, committed };
  }

  verifyTransaction(
    _partition: CoordinatorPartition,
    producer: TransactionalProducer,
    kind: VerificationKind,
  ): Promise<Verification> {
    return Promise.resolve(this.verify(producer, kind));
  }

  /** Lets the high watermark follow. */
  release(): void {
    this.isHeld = false;
    for (const resolve of this.#waiting) resolve(Errors.NONE);
    this.#waiting = [];
  }

  /** What was appended last, and is held, will never be there. */
  lose(partition: number, error: ErrorCode): void {
    this.isHeld = false;
    this.batches(partition).pop();
    this.#waiting.pop()!(error);
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
