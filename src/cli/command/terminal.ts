import { localTime } from "../../io/node/log-line.ts";

/** What a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  /** Writes to standard output; false when nobody reads it any more. */
  print(data: string | Buffer): boolean;
  /** Writes to standard error. */
  printError(text: string): void;
  /** Standard input, chunk by chunk. */
  readonly input: AsyncIterable<Buffer>;
  /** Whether a person sits at both ends: standard input and output are a terminal. */
  readonly isInteractive: boolean;
  /** Calls back once when the person or the system asks the command to end (SIGINT, SIGTERM). */
  onInterrupt(callback: () => void): void;
  readonly log: ToolLog;
}

type LogLevel = "WARN" | "ERROR";

/** The log lines of the Java tools, whose configuration sends warnings and errors to standard error. */
export class ToolLog {
  readonly #printError: (text: string) => void;
  readonly #now: () => number;

  constructor(printError: (text: string) => void, now: () => number) {
    this.#printError = printError;
    this.#now = now;
  }

  /** @param source the Java class that logs, as far as people know it from Kafka's own output */
  warn(source: string, message: string): void {
    this.#line("WARN", source, message);
  }

  error(source: string, message: string): void {
    this.#line("ERROR", source, message);
  }

  #line(level: LogLevel, source: string, message: string): void {
    this.#printError(`[${localTime(this.#now())}] ${level} ${message} (${source})\n`);
  }
}
