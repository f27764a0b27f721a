/**
 * A result that comes later, without a promise, which would cost about as much as all else that a small request does. The
 * one listener is told within the call that settles it.
 */
export class LaterResult<T> {
  /** Called with the result; to be set before it is there. */
  onSettled: (result: T) => void = doNothing;

  settle(result: T): void {
    this.onSettled(result);
  }
}

function doNothing(): void {}

/** For whom a promise is not too much. */
export function promised<T>(result: T | Promise<T> | LaterResult<T>): T | Promise<T> {
  return result instanceof LaterResult ? new Promise((resolve) => (result.onSettled = resolve)) : result;
}
