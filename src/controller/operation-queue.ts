import { type LeaderEpoch, type Offset } from "../base/brand.ts";
import { nextTurn } from "../io/next-turn.ts";
import { type Timers } from "../io/ports.ts";
import { type MetadataImage } from "../metadata/image/metadata-image.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { DeferredReplies } from "./deferred-replies.ts";
import { NewBatch } from "./new-batch.ts";
import { type ControllerResult } from "./result.ts";

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

/** An operation with more records takes several turns of the event loop. */
const recordsOfTurn = 500;

/**
 * The operations of the active controller, one after the other, each on the state that the ones before it left, committed
 * or not: they need not wait for each other's commit, only for the records of a large one to be made. On a node that is not
 * active all of them are refused.
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
  /** An operation of which the records are being made. */
  #underWay: Promise<boolean> | undefined;
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
    if (!this.isActive) this.#image = image;
    this.#replies.reached(image.provenance.lastContainedOffset);
  }

  /** An answer without records may still rest on some that are not committed, so it waits like the others. */
  async run<R>(operation: () => ControllerResult<R>, refusal: R): Promise<R> {
    while (this.#underWay !== undefined) await this.#underWay.catch(() => undefined);
    const epoch = this.#epoch;
    if (epoch === undefined) return refusal;
    // Nobody else appends from here to the append: the operation decides on the state that its records change.
    const { records, response } = operation();
    if (records.length > recordsOfTurn) {
      this.#underWay = this.#appendOverTurns(records).finally(() => (this.#underWay = undefined));
      // Between the write and here the leadership may be lost: who waits for a commit was told of that then.
      if (!(await this.#underWay) || this.#epoch !== epoch) return refusal;
    } else if (records.length > 0 && !this.append(records)) return refusal;
    const { log, metadata } = this.#options;
    const lastOffset = log.endOffset - 1;
    if (lastOffset <= metadata.image.provenance.lastContainedOffset) return response;
    return this.#replies.add(lastOffset, response, refusal);
  }

  /** Appends records at once; false when the leadership is lost. Not while `isBusy`. */
  append(records: readonly MetadataRecordDraft[]): boolean {
    const batch = new NewBatch(this.#image, records);
    batch.advance(records.length);
    return this.#write(batch);
  }

  /** As `append`, a part in each turn of the event loop. Other operations wait, and see all of it or nothing. */
  async #appendOverTurns(records: readonly MetadataRecordDraft[]): Promise<boolean> {
    const epoch = this.#epoch;
    const batch = new NewBatch(this.#image, records);
    do {
      await nextTurn(this.#options.timers);
      if (this.#epoch !== epoch) return false;
    } while (!batch.advance(recordsOfTurn));
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
