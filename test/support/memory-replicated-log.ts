import { type LeaderEpoch, type Offset } from "../../src/base/brand.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { type ReplicatedLog } from "../../src/raft/replicated-log.ts";

/** A metadata log in memory that tells what is on "disk": only what was flushed survives `crash`. */
export class MemoryReplicatedLog implements ReplicatedLog {
  startOffset: Offset = 0;
  highWatermark: Offset = -1;
  flushes = 0;
  readonly epochStarts: [LeaderEpoch, Offset][] = [];
  #batches: Buffer[] = [];
  #flushed = 0;
  #truncatedTo: Offset = 0;
  /** While set, a flush does not finish. */
  #gate: Promise<void> | undefined;
  #openGate = () => {};

  get endOffset(): Offset {
    const last = this.#batches.at(-1);
    return last === undefined ? this.#truncatedTo : new BatchView(last, 0).nextOffset;
  }

  get lastEpoch(): LeaderEpoch | undefined {
    const last = this.#batches.at(-1);
    return last === undefined ? undefined : new BatchView(last, 0).partitionLeaderEpoch;
  }

  get sizeBytes(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.length, 0);
  }

  get batches(): BatchView[] {
    return this.#batches.map((batch) => new BatchView(batch, 0));
  }

  startEpoch(epoch: LeaderEpoch): void {
    this.epochStarts.push([epoch, this.endOffset]);
  }

  append(batch: Buffer): void {
    this.#batches.push(Buffer.from(batch));
  }

  async flush(): Promise<void> {
    const count = this.#batches.length;
    await this.#gate;
    this.flushes++;
    this.#flushed = Math.max(this.#flushed, count);
  }

  holdFlushes(): void {
    this.#gate = new Promise((resolve) => (this.#openGate = resolve));
  }

  releaseFlushes(): void {
    this.#gate = undefined;
    this.#openGate();
  }

  read(fromOffset: Offset, toOffset: Offset): Buffer {
    return Buffer.concat(
      this.#batches.filter((batch) => {
        const view = new BatchView(batch, 0);
        return view.nextOffset > fromOffset && view.nextOffset <= toOffset;
      }),
    );
  }

  setHighWatermark(offset: Offset): void {
    this.highWatermark = offset;
  }

  deleteBefore(offset: Offset): void {
    this.startOffset = offset;
    this.#batches = this.#batches.filter((batch) => new BatchView(batch, 0).nextOffset > offset);
  }

  truncateFullyAndStartAt(offset: Offset): void {
    this.#batches = [];
    this.startOffset = offset;
    this.#truncatedTo = offset;
  }

  async close(): Promise<void> {
    await this.flush();
  }

  /** What a machine that lost its power would find. */
  crash(): void {
    this.#batches.length = this.#flushed;
  }
}
