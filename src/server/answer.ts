import { closeConnection } from "./handler.ts";

/** A response ready for the socket, its length in front; null when the client wants none. */
export type Answer = readonly Buffer[] | null | typeof closeConnection;

/** Who waits for answers. */
export interface AnswerOwner {
  settled(pending: PendingAnswer): void;
}

/** An answer that comes later. It is also the request's place in the connection's line of unanswered requests. */
export class PendingAnswer {
  readonly holdsConnection: boolean;
  answer: Answer | undefined = undefined;
  requestBytes = 0;
  next: PendingAnswer | undefined = undefined;
  /** Told once, when the answer is there. */
  owner: AnswerOwner | undefined = undefined;

  constructor(holdsConnection: boolean) {
    this.holdsConnection = holdsConnection;
  }

  settle(answer: Answer): void {
    this.answer = answer;
    this.owner?.settled(this);
  }
}

export function answerBytes(answer: Answer | undefined): number {
  if (answer === undefined || answer === null || answer === closeConnection) return 0;
  let sizeBytes = 0;
  for (const slice of answer) sizeBytes += slice.length;
  return sizeBytes;
}

/**
 * The same bytes in as few slices as they lie in: answers to small requests are written one behind the other into the same
 * memory, and each slice costs a write to the stream.
 */
export function joined(slices: readonly Buffer[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let index = 0; index < slices.length;) {
    const first = slices[index++]!;
    const { buffer, byteOffset } = first;
    let end = byteOffset + first.length;
    for (let next = slices[index]; next !== undefined; next = slices[++index]) {
      if (next.byteOffset !== end || next.buffer !== buffer) break;
      end += next.length;
    }
    pieces.push(end - byteOffset === first.length ? first : Buffer.from(buffer, byteOffset, end - byteOffset));
  }
  return pieces;
}
