import { type Offset } from "../base/brand.ts";
import { WheelEntry } from "../base/timer-wheel.ts";
import { Errors } from "../protocol/errors.ts";
import { type MovingCopy } from "./moving-copy.ts";
import { type OffsetWaiter } from "./offset-waiters.ts";
import { type DeletedRecords, type Partition } from "./partition.ts";
import { type RequestDeadlines } from "./request-deadlines.ts";

/** What a partition answers; it may still change while the request waits. */
export interface DeletionResult {
  errorCode: number;
  lowWatermark: Offset;
}

/** One partition whose copy is behind. */
class CopyWait implements OffsetWaiter {
  readonly requiredOffset: Offset;
  readonly copy: MovingCopy;
  readonly #partition: Partition;
  readonly #result: DeletionResult;
  readonly #onDone: (wait: CopyWait) => void;

  constructor(
    partition: Partition,
    copy: MovingCopy,
    requiredOffset: Offset,
    result: DeletionResult,
    onDone: (wait: CopyWait) => void,
  ) {
    this.requiredOffset = requiredOffset;
    this.copy = copy;
    this.#partition = partition;
    this.#result = result;
    this.#onDone = onDone;
    copy.whenDeleted(this);
  }

  onReached(): void {
    this.#finish(Errors.NONE, this.#partition.lowWatermark);
  }

  onFailed(errorCode: number): void {
    this.#finish(errorCode, -1);
  }

  #finish(errorCode: number, lowWatermark: Offset): void {
    this.#result.errorCode = errorCode;
    this.#result.lowWatermark = lowWatermark;
    this.#onDone(this);
  }
}

/** A DeleteRecords request: the records are gone from the logs, and may still be in copies that move to other directories. */
export class PendingDeletion extends WheelEntry {
  readonly #deadlines: RequestDeadlines;
  readonly #waits = new Set<CopyWait>();
  #onDone: (() => void) | undefined;

  constructor(deadlines: RequestDeadlines) {
    super();
    this.#deadlines = deadlines;
  }

  /** The answer for a partition whose records were deleted; until its copy has followed it says REQUEST_TIMED_OUT. */
  add(partition: Partition, { errorCode, lowWatermark, requiredOffset }: DeletedRecords): DeletionResult {
    const { copy } = partition;
    const isBehind = errorCode === Errors.NONE && copy !== undefined && lowWatermark < requiredOffset;
    if (!isBehind) return { errorCode, lowWatermark };
    const result: DeletionResult = { errorCode: Errors.REQUEST_TIMED_OUT, lowWatermark };
    this.#waits.add(new CopyWait(partition, copy, requiredOffset, result, (wait) => this.#settled(wait)));
    return result;
  }

  get isDone(): boolean {
    return this.#waits.size === 0;
  }

  /** Resolves when every partition has its answer, or `timeoutMs` have passed. */
  wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.isDone) return resolve();
      this.#onDone = resolve;
      this.#deadlines.add(this, Math.max(0, timeoutMs));
    });
  }

  override onExpire(): void {
    for (const wait of this.#waits) wait.copy.forget(wait);
    this.#waits.clear();
    this.#onDone?.();
  }

  #settled(wait: CopyWait): void {
    this.#waits.delete(wait);
    if (!this.isDone || this.#onDone === undefined) return;
    this.#deadlines.remove(this);
    this.#onDone();
  }
}
