import { type Offset, type ProducerId } from "../../base/brand.ts";
import { type Timeline } from "../../base/timeline-map.ts";
import { type Reader } from "../../protocol/reader.ts";
import { type AnyTicket } from "./ticket.ts";
import { type Turn } from "./turn.ts";

/** Where a replayed record stands. */
export interface RecordOrigin {
  readonly offset: Offset;
  /** The producer whose transaction the record belongs to; -1 outside of transactions. */
  readonly producerId: ProducerId;
}

/**
 * The kind of coordinator: what the state of one partition is, and how records change it. It has no ports and keeps nothing
 * itself. `S` is made of timeline maps, so that the runtime can take changes back.
 */
export interface CoordinatorShard<S, R> {
  newState(timeline: Timeline): S;
  encode(record: R): { readonly key: Buffer; readonly value: Buffer | null };
  /**
   * The record of a key and a value, each with a reader of its own. What is kept of bytes must be copied; undefined when its type is not known, and it is passed over.
   * @throws DecodeError when the record is malformed
   */
  decode(key: Reader, value: Reader | null): R | undefined;
  /** Applies one record: the only way records reach the state, live and on load. */
  replay(state: S, record: R, origin: RecordOrigin): void;
  /** Applies the end of a transaction. */
  replayTransactionEnd(state: S, producerId: ProducerId, isCommit: boolean): void;
  /** The first turn after a load: arms timers. */
  onLoaded(turn: Turn<S, R>): void;
  /**
   * A turn after records could not be written, and the state was taken back. The timers that the turns armed are gone, the
   * others run on: those that the state waits for are to be armed unless they run (`turn.missingTimers`).
   * `lost` are tickets that were failed and may still stand in the state.
   */
  onReverted(turn: Turn<S, R>, lost: ReadonlySet<AnyTicket>): void;
}
