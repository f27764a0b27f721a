import { type LeaderEpoch, type Offset } from "../base/brand.ts";
import { inOneTurn, nextTurn } from "../io/next-turn.ts";
import { type Timers } from "../io/ports.ts";
import { type MetadataImage } from "../metadata/image/metadata-image.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { DeferredReplies } from "./deferred-replies.ts";
import { NewBatch, recordsOfTurn } from "./new-batch.ts";
import { type ControllerResult, type Decision } from "./result.ts";

/** The log that the controller writes: raft's driver. */
export interface ControllerLog {
  /** Offset that the next record will have. */
  readonly endOffset: Offset;
  /** Appends one atomic batch; returns its last offset, undefined when this node does not lead the epoch any more. */
  append(epoch: LeaderEpoch, values: readonly Buffer[]): Offset | undefined;
}

/** The committed metadata: the loader. */
export interface CommittedMetadata {
  readonly image: MetadataImage;
  readonly transactionStartOffset: Offset;
}

export interface OperationQueueOptions {
  readonly log: ControllerLog;
  readonly metadata: CommittedMetadata;
  readonly timers: Timers;
}

/**
 * The operations of the active controller, one after the other, each on the state that the ones before it left, committed
 * or not: they need not wait for each other's commit, only for a large one that takes several turns of the event loop. On a
 * node that is not active all of them are refused.
 *
 * ```
 * operation ─▶ records ─▶ log ─▶ replay into the image
 *     └─ response ···· waits ····▶ committed ─▶ published ─▶ reply
 * ```
 */
export class OperationQueue {
  readonly #options: OperationQueueOptions;
  readonly #replies = new DeferredReplies();
  /** The epoch in which this node is active; undefined while it is not. */
  #epoch: LeaderEpoch | undefined;
  /** An operation that takes several turns. */
  #underWay: Promise<unknown> | undefined;
  #image: MetadataImage;

  constructor(options: OperationQueueOptions) {
    this.#options = options;
    this.#image = options.metadata.image;
  }

  get isActive(): boolean {
    return this.#epoch !== undefined;
  }

  /** An operation is under way: nobody else may append. */
  get isBusy(): boolean {
    return this.#underWay !== undefined;
  }

  /** The metadata with everything that was appended. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** This node is active from now on. */
  begin(epoch: LeaderEpoch): void {
    this.#epoch = epoch;
    this.#image = this.#options.metadata.image;
  }

  /** It is no more: what is not committed counts no longer, and who waits for that is refused. */
  end(): void {
    this.#epoch = undefined;
    this.#image = this.#options.metadata.image;
    this.#replies.abandonAll();
  }

  /** Everyone has seen the committed image: who waited for it is answered. */
  published(image: MetadataImage): void {
    const { lastContainedOffset } = image.provenance;
    // With nothing on its way the two are alike, and the node needs one of them.
    if (!this.isActive || lastContainedOffset === this.#options.log.endOffset - 1) this.#image = image;
    this.#replies.reached(lastContainedOffset);
  }

  /** An answer without records may still rest on some that are not committed, so it waits like the others. */
  async run<R>(operation: () => Decision<R>, refusal: R): Promise<R> {
    while (this.#underWay !== undefined) await this.#underWay.catch(() => undefined);
    const epoch = this.#epoch;
    if (epoch === undefined) return refusal;
    const steps = this.#stepsOf(operation());
    const first = steps.next();
    let done = first.done === true ? first.value : undefined;
    if (first.done !== true) {
      const underWay = this.#goOn(steps, epoch).finally(() => (this.#underWay = undefined));
      this.#underWay = underWay;
      done = await underWay;
    }
    // Between the write and here the leadership may be lost: who waits for a commit was told of that then.
    if (done === undefined || this.#epoch !== epoch) return refusal;
    const { log, metadata } = this.#options;
    const lastOffset = log.endOffset - 1;
    if (lastOffset <= metadata.image.provenance.lastContainedOffset) return done.response;
    return this.#replies.add(lastOffset, done.response, refusal);
  }

  /** Nobody else appends from here to its end: the operation decides on the state that its records change. */
  *#stepsOf<R>(decision: Decision<R>): Generator<void, ControllerResult<R> | undefined> {
    const result = "records" in decision ? decision : yield* decision;
    const { records } = result;
    if (records.length === 0) return result;
    const batch = new NewBatch(this.#image, records);
    if (records.length > recordsOfTurn) {
      yield;
      yield* batch.make();
    } else inOneTurn(batch.make());
    return this.#write(batch) ? result : undefined;
  }

  /** Takes the steps, each in a turn of its own, while the epoch lasts: other operations see all of it or nothing. */
  async #goOn<T>(steps: Generator<void, T | undefined>, epoch: LeaderEpoch): Promise<T | undefined> {
    for (;;) {
      await nextTurn(this.#options.timers);
      if (this.#epoch !== epoch) return undefined;
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** Appends records at once; false when the leadership is lost. Not while `isBusy`. */
  append(records: readonly MetadataRecordDraft[]): boolean {
    const batch = new NewBatch(this.#image, records);
    inOneTurn(batch.make());
    return this.#write(batch);
  }

  #write(batch: NewBatch): boolean {
    const epoch = this.#epoch;
    if (epoch === undefined) return false;
    const lastOffset = this.#options.log.append(epoch, batch.values);
    if (lastOffset === undefined) return false;
    this.#image = batch.apply({
      lastContainedOffset: lastOffset,
      lastContainedEpoch: epoch,
      lastContainedLogTimeMs: -1,
      isOffsetBatchAligned: true,
    });
    return true;
  }
}
