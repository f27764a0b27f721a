import { type Task } from "../io/ports.ts";
import { cleanTask } from "./cleaner/clean-task.ts";
import { recoveryTask } from "./recovery/recovery-task.ts";
import { indexTask } from "./segment/index-task.ts";
import { preparationTask } from "./validation/batch-preparation.ts";

/** What the threads of `Workers` can run. */
export const tasks: readonly Task<never, never, unknown>[] = [cleanTask, indexTask, preparationTask, recoveryTask];
