import { type TimerHandle, type Timers } from "../ports.ts";

/** The longest delay of setTimeout; a longer one would fire at once. */
const delayMsMax = 2 ** 31 - 1;

export const nodeTimers: Timers = {
  after: (delayMs: number, callback: () => void): TimerHandle => new NodeTimer(delayMs, callback),
  endOfTurn(callback: () => void): void {
    setImmediate(callback);
  },
};

class NodeTimer implements TimerHandle {
  #timeout: NodeJS.Timeout;

  constructor(delayMs: number, callback: () => void) {
    this.#timeout = this.#start(delayMs, callback);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  #start(delayMs: number, callback: () => void): NodeJS.Timeout {
    const timeout =
      delayMs <= delayMsMax
        ? setTimeout(callback, delayMs)
        : setTimeout(() => (this.#timeout = this.#start(delayMs - delayMsMax, callback)), delayMsMax);
    return timeout.unref();
  }
}
