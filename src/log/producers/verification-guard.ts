import { type ProducerEpoch, type TimestampMs } from "../../base/brand.ts";

/**
 * The first batch that a producer writes to a partition within a transaction waits until the coordinator has said that
 * the partition belongs to it (KIP-890). Meanwhile the partition has one of these for the producer, and the append has to
 * show the very object that it got when it asked: after a marker, or the first batch of somebody else, it is another one,
 * and what was verified before counts for nothing.
 */
export class VerificationGuard {
  readonly startedMs: TimestampMs;
  /** The producer gets a new epoch with each transaction (transaction.version 2), so it begins with sequence number 0. */
  readonly bumpsEpoch: boolean;
  #epoch: ProducerEpoch;
  #lowestSequence: number;

  constructor(startedMs: TimestampMs, epoch: ProducerEpoch, sequence: number, bumpsEpoch: boolean) {
    this.startedMs = startedMs;
    this.bumpsEpoch = bumpsEpoch;
    this.#epoch = epoch;
    this.#lowestSequence = sequence;
  }

  get epoch(): ProducerEpoch {
    return this.#epoch;
  }

  /** A batch with a higher one may not be the first in the log: the one before it failed and will be sent again. */
  get lowestSequence(): number {
    return this.#lowestSequence;
  }

  /** Another batch of the producer waits for verification. */
  takeIn(epoch: ProducerEpoch, sequence: number): void {
    if (epoch > this.#epoch) {
      this.#epoch = epoch;
      this.#lowestSequence = sequence;
    } else if (epoch === this.#epoch && sequence < this.#lowestSequence) {
      this.#lowestSequence = sequence;
    }
  }
}
