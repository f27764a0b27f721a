import { type Offset, type Uuid } from "../base/brand.ts";
import { DiskError } from "../io/ports.ts";
import { type Log } from "../log/log.ts";
import { unlessShort } from "../log/patience.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { type Partition } from "./partition.ts";
import { copyBatches, copyState, truncateToCommonPrefix } from "./replica-copy.ts";

/** What a replica's move needs of the broker. */
export interface MoveSurroundings {
  /** Has the metadata say that the replica is in that directory; tells when it does. */
  readonly assign: (partition: Partition, directoryId: Uuid, onAccepted: () => void) => void;
  readonly directoryIdOf: (log: Log) => Uuid | undefined;
  /** Makes of the future log one that can go on to follow the current one; throws as `copyBatches`. */
  readonly resume: (partition: Partition, future: Log) => void;
  /** Puts the future log in the place of the current one; false when a disk failed, or for want of descriptors. */
  readonly promote: (partition: Partition, future: Log) => boolean;
  /** Something that the move waited for has happened. */
  readonly wake: (move: ReplicaMove) => void;
}

export type MoveProgress =
  /** There is more to do at once. */
  | "going on"
  /** For a flush, or the controller: `wake` will be called. */
  | "waiting"
  | "done"
  /** A log's disk failed: nothing more can be done. */
  | "failed"
  /** Worth another try later. */
  | "stuck";

/**
 * The move of one replica to another log directory of this broker.
 *
 *     copying ─▶ flushing ─▶ assigning: the controller is told ─▶ copying what came meanwhile ─▶ swap
 *
 * As in Kafka the metadata names the new directory before the swap, so that a failure of one of the two is taken for what
 * it is; a move that ends before its swap takes that back. The swap happens when both logs end at the same offset, in one
 * stretch with the last copy, so nothing is appended in between.
 */
export class ReplicaMove {
  readonly partition: Partition;
  readonly future: Log;
  readonly #surroundings: MoveSurroundings;
  readonly #originalDirectory: Uuid | undefined;
  #assignment: "none" | "queued" | "accepted" = "none";
  /** For a flush, or a thread that writes. */
  #isWaitingForDisk = false;
  /** What it waited for did not come to pass: the system is short of descriptors or memory. */
  #isRefused = false;
  /** The copy has nothing that the log has not. */
  #isAligned = false;
  #caughtUpAt: Offset | undefined;
  #isOver = false;
  #isSwapTried = false;
  #lastError: ErrorCode = Errors.NONE;

  constructor(partition: Partition, future: Log, surroundings: MoveSurroundings) {
    this.partition = partition;
    this.future = future;
    this.#surroundings = surroundings;
    this.#originalDirectory = surroundings.directoryIdOf(partition.log);
    // Without descriptors the first step tries it again.
    unlessShort(() => this.#align());
  }

  get lastError(): ErrorCode {
    return this.#lastError;
  }

  /** The controller was told where it goes. */
  get hasAssigned(): boolean {
    return this.#assignment !== "none";
  }

  /** Waits for a flush or the controller. */
  get isWaiting(): boolean {
    return this.#isWaitingForDisk || this.#assignment === "queued";
  }

  /** Copies at most `maxBytes`, or one batch, and takes the next step when there is no more to copy. */
  step(maxBytes: number, onCopied: (bytes: number) => void): MoveProgress {
    return unlessShort(() => this.#step(maxBytes, onCopied)) ?? this.#stopFor(Errors.KAFKA_STORAGE_ERROR);
  }

  #align(): void {
    if (this.#isAligned) return;
    this.#surroundings.resume(this.partition, this.future);
    truncateToCommonPrefix(this.partition.log, this.future);
    this.#isAligned = true;
  }

  #step(maxBytes: number, onCopied: (bytes: number) => void): MoveProgress {
    if (this.isWaiting) return "waiting";
    const { log } = this.partition;
    if (this.#isRefused) {
      this.#isRefused = false;
      return this.#stopFor(Errors.KAFKA_STORAGE_ERROR);
    }
    this.#align();
    // While the system holds writers back the copy must not fill the memory.
    if (this.future.isWriting) return this.#waitFor(this.future.settle());
    this.future.releaseTail();
    const isLast = this.#assignment === "accepted" && this.#isFlushed();
    if (isLast) {
      if (log.isWriting) return this.#waitFor(log.settle());
      // What this turn has appended is not in the file yet, and the last step has to take it along.
      log.writePending();
      if (log.hasUnwritten) return this.#stopFor(Errors.KAFKA_STORAGE_ERROR);
    }
    const copied = copyBatches(log, this.future, maxBytes);
    if (!copied.ok) return this.#stopFor(copied.error);
    onCopied(copied.bytes);
    if (this.future.logEndOffset < (isLast ? log.logEndOffset : log.writtenOffset)) return "going on";
    if (!this.#isFlushed()) return this.#waitFor(this.future.flush());
    if (this.#assignment !== "accepted") return this.#assign();
    return isLast ? this.#swap() : "going on";
  }

  #stopFor(error: ErrorCode): MoveProgress {
    this.#lastError = error;
    return this.partition.log.isOffline || this.future.isOffline ? "failed" : "stuck";
  }

  /** The move ends without a swap. The metadata may have been told otherwise by now. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#assignment === "none" || this.#originalDirectory === undefined) return;
    // Both directories failed within the swap: the log may lie aside already, and the copy is what a start has to take.
    if (this.#isSwapTried && this.partition.log.isOffline) return;
    this.#surroundings.assign(this.partition, this.#originalDirectory, () => {});
  }

  /**
   * What was durable stays so: the current log's files will be gone soon. What was in it when the copy had caught up may have
   * been made durable by an earlier process, of which the recovery point does not tell.
   */
  #isFlushed(): boolean {
    const { log } = this.partition;
    this.#caughtUpAt ??= log.writtenOffset;
    const needed = Math.max(this.#caughtUpAt, log.flushedOffset);
    return this.future.flushedOffset >= Math.min(needed, log.logEndOffset);
  }

  #waitFor(work: Promise<void>): MoveProgress {
    this.#isWaitingForDisk = true;
    void this.#wakeAfter(work);
    return "waiting";
  }

  async #wakeAfter(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      // Either it has taken the directory offline by then, and the move with it, or the system is short of something.
      DiskError.from(error);
      this.#isRefused = true;
    }
    this.#isWaitingForDisk = false;
    if (!this.#isOver) this.#surroundings.wake(this);
  }

  #assign(): MoveProgress {
    const directory = this.#surroundings.directoryIdOf(this.future);
    if (directory === undefined) {
      // Directories are not tracked: nobody has to agree.
      this.#assignment = "accepted";
      return "going on";
    }
    this.#assignment = "queued";
    this.#surroundings.assign(this.partition, directory, () => {
      if (this.#isOver) return;
      this.#assignment = "accepted";
      this.#surroundings.wake(this);
    });
    return this.isWaiting ? "waiting" : "going on";
  }

  #swap(): MoveProgress {
    this.future.writePending();
    if (this.future.isOffline || this.future.hasUnwritten) return this.#stopFor(Errors.KAFKA_STORAGE_ERROR);
    copyState(this.partition.log, this.future);
    this.#isSwapTried = true;
    if (!this.#surroundings.promote(this.partition, this.future)) {
      const progress = this.#stopFor(Errors.KAFKA_STORAGE_ERROR);
      this.#isSwapTried = progress === "failed";
      return progress;
    }
    this.#isOver = true;
    return "done";
  }
}
