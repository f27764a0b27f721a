import { DiskError, TaskError } from "../ports.ts";

/** To the thread: run this. Word 0 of `cancellation` turns 1 when nobody waits for the result any more. */
export interface RunMessage {
  readonly taskName: string;
  readonly input: unknown;
  readonly cancellation: Int32Array;
}

export interface FailureMessage {
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a DiskError. */
  readonly code: string | undefined;
}

/** From the thread. */
export type WorkerMessage =
  | { readonly kind: "report"; readonly report: unknown }
  | { readonly kind: "done"; readonly output: unknown }
  | { readonly kind: "failed"; readonly failure: FailureMessage };

/** Classes do not pass from thread to thread. */
export function failureMessageOf(error: unknown): FailureMessage {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, code: undefined };
  return { message: error.message, stack: error.stack, code: error instanceof DiskError ? error.code : undefined };
}

export function errorOf({ message, stack, code }: FailureMessage): Error {
  const error = code === undefined ? new TaskError(message) : new DiskError(code, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
