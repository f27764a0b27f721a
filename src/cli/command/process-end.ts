/** What is used of the process. */
type Host = Pick<NodeJS.Process, "on" | "prependOnceListener" | "listenerCount" | "kill" | "pid">;

/** Calls `callback` before the process ends, whatever ends it; a signal that nobody else handles still ends it. */
export function beforeEnd(host: Host, callback: () => void): void {
  host.on("exit", callback);
  host.on("uncaughtExceptionMonitor", callback);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // First of all: a tool's own handler, which is called once, would not be counted any more behind it.
    host.prependOnceListener(signal, () => {
      callback();
      if (host.listenerCount(signal) === 0) host.kill(host.pid, signal);
    });
  }
}
