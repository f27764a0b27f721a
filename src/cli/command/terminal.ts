import { localTime } from "../../io/node/log-line.ts";
import { type ClientError, WordlessError } from "../client/kafka-error.ts";
import { type LongWork, type TellDone } from "./status-line.ts";

/** What a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  /** Writes to standard output; false when nobody reads it any more. */
  print(data: string | Buffer): boolean;
  /** Resolves when the reader of standard output has taken what was printed, or has gone away. */
  drain(): Promise<void>;
  /** Writes to standard error. */
  printError(text: string): void;
  /** Standard input, chunk by chunk. */
  readonly input: AsyncIterable<Buffer>;
  /** Whether a person sits at both ends: standard input and output are a terminal. */
  readonly isInteractive: boolean;
  /** Calls back once when the person or the system asks the command to end; with the exit code that is due then. */
  onInterrupt(callback: (exitCode: number) => void): void;
  /** Runs work that may take long; a person at a terminal sees then how far it has come. */
  track<T>(work: LongWork, run: (tell: TellDone) => Promise<T>): Promise<T>;
  readonly log: ToolLog;
}

/** An error as the Java tools print it: the exception's class and its message, without the stack of another language. */
export function describeError(error: Error): string {
  const { kind } = error as Partial<ClientError>;
  // Without a kind it is not an error that a command expects: the stack is for whoever repairs it.
  if (kind === undefined) return `${error.stack ?? error.message}\n`;
  const cause = error.cause instanceof Error ? `Caused by: ${describeError(error.cause)}` : "";
  return `${error instanceof WordlessError ? kind : `${kind}: ${error.message}`}\n${cause}`;
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

  /** @param cause its class and message follow the line */
  error(source: string, message: string, cause?: Error): void {
    this.#line("ERROR", source, message);
    if (cause !== undefined) this.#printError(describeError(cause));
  }

  #line(level: LogLevel, source: string, message: string): void {
    this.#printError(`[${localTime(this.#now())}] ${level} ${message} (${source})\n`);
  }
}
