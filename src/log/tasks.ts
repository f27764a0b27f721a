import { type Task } from "../io/ports.ts";

/** What the threads of `Workers` can run. */
export const tasks: readonly Task<never, never, unknown>[] = [];
