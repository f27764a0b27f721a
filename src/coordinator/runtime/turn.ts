import { type TimestampMs } from "../../base/brand.ts";
import { Reply, type Ticket } from "./ticket.ts";

/** Something to do with a shard: reads the state and the time, and changes things through the turn alone. */
export type Operation<S, R> = (turn: Turn<S, R>) => void;

/** `delayMs` undefined cancels the timer of that key. */
export interface TimerChange<S, R> {
  readonly key: string;
  readonly delayMs: number | undefined;
  readonly operation: Operation<S, R>;
  /** Leave a timer of that key alone that runs already. */
  readonly isIfAbsent?: boolean;
}

/** Work that takes long: it is done off the turn, a step at a time, and others have their turns in between. */
export interface OffloadedTask<S, R> {
  readonly steps: Iterator<undefined, unknown>;
  readonly onDone: (turn: Turn<S, R>, result: unknown) => void;
}

/** What is enough to arm timers. */
export type Scheduling<S, R> = Pick<Turn<S, R>, "state" | "schedule">;

/** A line for the log, told by code that has no logger. */
export interface Note {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: object;
}

/**
 * One operation on a shard: what it works with, and what it wants done. The operation is a pure function of state, request and
 * time; the runtime then writes the records, and sends the replies once they are committed. When the records do not make it
 * into the log, everything the turn did to the state is taken back and its replies become errors.
 */
export class Turn<S, R> {
  readonly state: S;
  /** Wall time, for timestamps in records; deadlines are delays for `schedule`. */
  readonly nowMs: TimestampMs;
  readonly records: R[] = [];
  readonly replies: Reply[] = [];
  readonly timers: TimerChange<S, R>[] = [];
  readonly notes: Note[] = [];
  readonly tasks: OffloadedTask<S, R>[] = [];
  /** The records may go into several batches, of which the first ones may be written and the last ones not. */
  isDivisible = false;

  readonly #replay: (record: R, index: number) => void;

  /** @param replay applies a record, the `index`th of this turn, to the state */
  constructor(state: S, nowMs: TimestampMs, replay: (record: R, index: number) => void) {
    this.state = state;
    this.nowMs = nowMs;
    this.#replay = replay;
  }

  /** Writes a record and applies it to the state at once, as loading the log will. */
  append(record: R): void {
    this.#replay(record, this.records.length);
    this.records.push(record);
  }

  /** Answers a request: this turn's own, or one that was parked. */
  reply<T>(ticket: Ticket<T>, response: T): void {
    this.replies.push(Reply.of(ticket, response));
  }

  /** Runs `operation` after `delayMs`, in place of what was scheduled under `key`. */
  schedule(key: string, delayMs: number, operation: Operation<S, R>): void {
    this.timers.push({ key, delayMs, operation });
  }

  /** The same, unless something is scheduled under `key`. */
  scheduleIfAbsent(key: string, delayMs: number, operation: Operation<S, R>): void {
    this.timers.push({ key, delayMs, operation, isIfAbsent: true });
  }

  /** Arms what does not run yet, with code that arms everything. */
  missingTimers(): Scheduling<S, R> {
    return { state: this.state, schedule: (...timer) => this.scheduleIfAbsent(...timer) };
  }

  cancel(key: string): void {
    this.timers.push({ key, delayMs: undefined, operation: doNothing });
  }

  /**
   * Runs `steps` to their end after this turn, then `onDone` with what they return in a turn of its own; never, when the state is
   * loaded anew or taken back before.
   */
  offload<T>(steps: Iterator<undefined, T>, onDone: (turn: Turn<S, R>, result: T) => void): void {
    this.tasks.push({ steps, onDone: (turn, result) => onDone(turn, result as T) });
  }

  note(level: Note["level"], message: string, fields: object = {}): void {
    this.notes.push({ level, message, fields });
  }
}

function doNothing(): void {}
