import { type Offset } from "../base/brand.ts";
import { WheelEntry } from "../base/timer-wheel.ts";
import { Errors } from "../protocol/errors.ts";
import { type OffsetWaiter } from "./offset-waiters.ts";
import { type Partition } from "./partition.ts";
import { type ReplicaManager } from "./replica-manager.ts";
import { type RequestDeadlines } from "./request-deadlines.ts";

/** The part of a partition's answer that may still change while the request waits. */
export interface ProduceResult {
  errorCode: number;
}

/** One partition of a produce request that waits for its records to be written, or replicated. */
class AppendWait implements OffsetWaiter {
  readonly requiredOffset: Offset;
  readonly #produce: PendingProduce;
  readonly #result: ProduceResult;
  #isDone = false;

  constructor(produce: PendingProduce, result: ProduceResult, requiredOffset: Offset) {
    this.#produce = produce;
    this.#result = result;
    this.requiredOffset = requiredOffset;
  }

  onReached(): void {
    this.#finish(Errors.NONE);
  }

  onFailed(errorCode: number): void {
    this.#finish(errorCode);
  }

  /** The request's time is up; the records may still be committed later. */
  expire(): void {
    this.#finish(Errors.REQUEST_TIMED_OUT);
  }

  #finish(errorCode: number): void {
    if (this.#isDone) return;
    this.#isDone = true;
    // The records are in the log all the same, and the answer says where: only the code tells that they may be lost.
    this.#result.errorCode = errorCode;
    this.#produce.onPartitionDone();
  }
}

/** A produce request whose records are in the logs and may not be acknowledged yet. */
export class PendingProduce extends WheelEntry {
  readonly #deadlines: RequestDeadlines;
  readonly #waits: AppendWait[] = [];
  #waiting = 0;
  #onDone: (() => void) | undefined;

  constructor({ deadlines }: ReplicaManager) {
    super();
    this.#deadlines = deadlines;
  }

  /** @param allInSync wait for the in-sync replicas (acks=all) instead of the leader alone (acks=1) */
  add(partition: Partition, result: ProduceResult, requiredOffset: Offset, allInSync: boolean): void {
    const wait = new AppendWait(this, result, requiredOffset);
    this.#waiting += 1;
    this.#waits.push(wait);
    if (allInSync) partition.whenCommitted(wait);
    else partition.whenWritten(wait);
  }

  get isDone(): boolean {
    return this.#waiting === 0;
  }

  /** Calls `onDone` once, when every partition has its result or `timeoutMs` have passed; undefined: however long it takes. */
  wait(timeoutMs: number | undefined, onDone: () => void): void {
    if (this.isDone) return onDone();
    this.#onDone = onDone;
    if (timeoutMs !== undefined) this.#deadlines.add(this, timeoutMs);
  }

  onPartitionDone(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0 || this.#onDone === undefined) return;
    this.#deadlines.remove(this);
    const onDone = this.#onDone;
    this.#onDone = undefined;
    onDone();
  }

  override onExpire(): void {
    for (const wait of this.#waits) wait.expire();
  }
}
