import { assert } from "../../base/assert.ts";
import { type Offset, type ProducerId } from "../../base/brand.ts";

interface OpenTransaction {
  readonly producerId: ProducerId;
  readonly firstOffset: Offset;
}

export interface EndedTransaction {
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
}

/** The transactions that keep the last stable offset back. */
export class OpenTransactions {
  /** By first offset. */
  readonly #open: OpenTransaction[] = [];
  /** Have their marker, but it is not replicated yet. */
  #ended: EndedTransaction[] = [];

  /** First offset of the oldest transaction without a marker; -1 when there is none. */
  get firstUndecidedOffset(): Offset {
    return this.#open[0]?.firstOffset ?? -1;
  }

  /** First offset of what a reader of committed records must not see yet; -1 when there is no such thing. */
  get firstUnstableOffset(): Offset {
    let first = this.firstUndecidedOffset;
    for (const { firstOffset } of this.#ended) if (first < 0 || firstOffset < first) first = firstOffset;
    return first;
  }

  begin(producerId: ProducerId, firstOffset: Offset): void {
    let index = this.#open.length;
    while (index > 0 && this.#open[index - 1]!.firstOffset > firstOffset) index--;
    this.#open.splice(index, 0, { producerId, firstOffset });
  }

  /** Notes the marker of the transaction that began at `firstOffset`; returns the last stable offset with it gone. */
  end(firstOffset: Offset, lastOffset: Offset): Offset {
    const index = this.#open.findIndex((transaction) => transaction.firstOffset === firstOffset);
    assert(index >= 0, "a transaction ends that was begun");
    this.#open.splice(index, 1);
    this.#ended.push({ firstOffset, lastOffset });
    return this.#open[0]?.firstOffset ?? lastOffset + 1;
  }

  /** Those whose marker may not be replicated. */
  ended(): readonly EndedTransaction[] {
    return this.#ended;
  }

  restoreEnded(ended: readonly EndedTransaction[]): void {
    this.#ended = [...ended];
  }

  /** Markers below `highWatermark` are replicated. */
  onHighWatermark(highWatermark: Offset): void {
    if (this.#ended.length === 0) return;
    this.#ended = this.#ended.filter(({ lastOffset }) => lastOffset >= highWatermark);
  }

  clear(): void {
    this.#open.length = 0;
    this.#ended.length = 0;
  }
}
