import { type Timers } from "./ports.ts";

/** Resolves at the end of this turn of the event loop: whatever waits comes in between. */
export function nextTurn(timers: Pick<Timers, "endOfTurn">): Promise<void> {
  return new Promise((resolve) => timers.endOfTurn(resolve));
}
