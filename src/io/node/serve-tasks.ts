import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { type Task, type TaskPorts } from "../ports.ts";
import { nodeClock } from "./node-clock.ts";
import { nodeCompute } from "./node-compute.ts";
import { nodeDisk } from "./node-disk.ts";
import { nodeTimers } from "./node-timers.ts";
import { failureMessageOf, type RunMessage, type WorkerMessage } from "./worker-messages.ts";

const ports: TaskPorts = { clock: nodeClock, timers: nodeTimers, disk: nodeDisk, compute: nodeCompute };

/** As far as the scheduler of Linux heeds it: where cores are short, who waits for an answer comes first. */
const niceness = 10;

/** On Linux a priority is a thread's own, and 0 stands for the caller; elsewhere it would be that of the whole process. */
function yieldToOthers(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(0, niceness);
  } catch {
    // It works as well without.
  }
}

/** The thread's side of `nodeWorkers`: runs the tasks that it is told, one at a time. */
export function serveTasks(tasks: readonly Task<never, never, unknown>[]): void {
  const port = parentPort;
  if (port === null) throw new Error("This is the file of a worker thread: the broker starts it.");
  yieldToOthers();
  const post = (message: WorkerMessage): void => port.postMessage(message);
  port.on("message", ({ taskName, input, cancellation }: RunMessage) => {
    const task = tasks.find(({ name }) => name === taskName);
    const job = {
      get isCancelled() {
        return Atomics.load(cancellation, 0) !== 0;
      },
      report: (report: unknown) => post({ kind: "report", report }),
    };
    const output =
      task === undefined
        ? Promise.reject(new Error(`There is no task ${taskName}`))
        : Promise.resolve().then(() => task.run(input as never, ports, job));
    output.then(
      (value) => post({ kind: "done", output: value }),
      (error: unknown) => post({ kind: "failed", failure: failureMessageOf(error) }),
    );
  });
}
