import { type Timers } from "./ports.ts";

/** Resolves at the end of this turn of the event loop: whatever waits comes in between. */
export function nextTurn(timers: Pick<Timers, "endOfTurn">): Promise<void> {
  return new Promise((resolve) => timers.endOfTurn(resolve));
}

/**
 * Long work that yields where others may come in between, each part in a turn of its own. The first part is done at once, and
 * what has no other needs no promise.
 */
export function overTurns<T>(parts: Generator<void, T>, timers: Pick<Timers, "endOfTurn">): T | Promise<T> {
  const first = parts.next();
  return first.done === true ? first.value : restOverTurns(parts, timers);
}

async function restOverTurns<T>(parts: Generator<void, T>, timers: Pick<Timers, "endOfTurn">): Promise<T> {
  for (;;) {
    await nextTurn(timers);
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}

/** The same work for who cannot wait. */
export function inOneTurn<T>(parts: Generator<void, T>): T {
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}

/** `items` mapped, for `overTurns`: so many of them in each part. */
export function* mapInParts<T, R>(items: Iterable<T>, countOfPart: number, map: (item: T) => R): Generator<void, R[]> {
  const results: R[] = [];
  for (const item of items) {
    if (results.length > 0 && results.length % countOfPart === 0) yield;
    results.push(map(item));
  }
  return results;
}
