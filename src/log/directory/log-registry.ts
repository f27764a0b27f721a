import { type Log } from "../log.ts";
import { type LogDirectory } from "./log-directory.ts";

/**
 * Which logs there are, and in which directory each lies. A partition has one current log, which is served, and while its
 * replica moves to another directory a future one there: a copy that takes the current one's place when it has everything.
 */
export class LogRegistry {
  readonly current = new Map<string, Log>();
  readonly futures = new Map<string, Log>();
  /** Logs with the name of a current one, of other topics or one of both empty: the metadata will say which one is meant. */
  readonly rivals = new Set<Log>();
  readonly #directoryOf = new Map<Log, LogDirectory>();

  /** Notes where the log lies; which kind it is, the caller notes in the maps. */
  place(log: Log, directory: LogDirectory): void {
    this.#directoryOf.set(log, directory);
    directory.logs.add(log);
  }

  directoryOf(log: Log): LogDirectory | undefined {
    return this.#directoryOf.get(log);
  }

  isFuture(log: Log): boolean {
    return this.futures.get(log.name) === log;
  }

  forget(log: Log): void {
    if (this.current.get(log.name) === log) this.current.delete(log.name);
    if (this.isFuture(log)) this.futures.delete(log.name);
    this.rivals.delete(log);
    this.#directoryOf.get(log)?.logs.delete(log);
    this.#directoryOf.delete(log);
  }

  /** Current and future logs. */
  *all(): Generator<Log> {
    yield* this.current.values();
    yield* this.futures.values();
  }
}
