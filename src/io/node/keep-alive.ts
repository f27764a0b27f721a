import { type TimerHandle } from "../ports.ts";

/** Keeps the process alive until cancelled. The timers of the ports do not: a command that only waits would end early. */
export function keepAlive(): TimerHandle {
  const interval = setInterval(() => {}, 2 ** 31 - 1);
  return { cancel: () => clearInterval(interval) };
}
