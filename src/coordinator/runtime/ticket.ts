import { type ErrorCode } from "../../protocol/errors.ts";

/** What became of a request to a coordinator: its response, or why the coordinator could not take it. */
export type Result<T> = { readonly ok: true; readonly response: T } | { readonly ok: false; readonly error: ErrorCode };

export function failed(error: ErrorCode): Result<never> {
  return { ok: false, error };
}

/**
 * A request that waits for its answer. Shards keep tickets in their state while the request is parked (a JoinGroup until the
 * generation is complete), and name them in `Turn.reply`; only the runtime settles them.
 */
export class Ticket<T> {
  readonly #resolve: (result: Result<T>) => void;
  #isSettled = false;

  constructor(resolve: (result: Result<T>) => void) {
    this.#resolve = resolve;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Later calls do nothing: a request has one answer. */
  readonly settle = (result: Result<T>): void => {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#resolve(result);
  };
}

/** A ticket whatever its response: it can only be failed. */
export type AnyTicket = Pick<Ticket<never>, "settle" | "isSettled">;

/** An answer that a shard decided on; it leaves when the records before it are committed. */
export class Reply {
  readonly ticket: AnyTicket;
  readonly #send: () => void;

  private constructor(ticket: AnyTicket, send: () => void) {
    this.ticket = ticket;
    this.#send = send;
  }

  static of<T>(ticket: Ticket<T>, response: T): Reply {
    return new Reply(ticket, () => ticket.settle({ ok: true, response }));
  }

  send(): void {
    this.#send();
  }

  fail(error: ErrorCode): void {
    this.ticket.settle(failed(error));
  }
}
