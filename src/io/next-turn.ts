import { type Timers } from "./ports.ts";

/** Resolves at the end of this turn of the event loop: whatever waits comes in between. */
export function nextTurn(timers: Pick<Timers, "endOfTurn">): Promise<void> {
  return new Promise((resolve) => timers.endOfTurn(resolve));
}

/** Long work that yields where others may come in between, each part in a turn of its own. */
export async function overTurns<T>(parts: Generator<void, T>, timers: Pick<Timers, "endOfTurn">): Promise<T> {
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
    await nextTurn(timers);
  }
}

/** The same work for who cannot wait. */
export function inOneTurn<T>(parts: Generator<void, T>): T {
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}
