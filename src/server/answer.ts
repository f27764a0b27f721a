import { type closeConnection } from "./handler.ts";

/** A response ready for the socket, its length in front; null when the client wants none. */
export type Answer = readonly Buffer[] | null | typeof closeConnection;

/** An answer that comes later. It is also the request's place in the connection's line of unanswered requests. */
export class PendingAnswer {
  readonly holdsConnection: boolean;
  answer: Answer | undefined = undefined;
  requestBytes = 0;
  next: PendingAnswer | undefined = undefined;
  /** Called once when the answer is there. */
  onSettled: (pending: PendingAnswer) => void = doNothing;

  constructor(holdsConnection: boolean) {
    this.holdsConnection = holdsConnection;
  }

  settle(answer: Answer): void {
    this.answer = answer;
    this.onSettled(this);
  }
}

function doNothing(): void {}
