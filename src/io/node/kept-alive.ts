const intervalMs = 60_000;

/** Has the process go on until `work` is done: the timers that it may be waiting for keep none alive. */
export async function keptAlive<T>(work: Promise<T>): Promise<T> {
  const interval = setInterval(() => undefined, intervalMs);
  try {
    return await work;
  } finally {
    clearInterval(interval);
  }
}
