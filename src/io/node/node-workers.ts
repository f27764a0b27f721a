import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { inPlaceWorkers } from "../in-place-workers.ts";
import { type Task, TaskError, type Workers } from "../ports.ts";
import { nodeClock } from "./node-clock.ts";
import { nodeCompute } from "./node-compute.ts";
import { nodeDisk } from "./node-disk.ts";
import { nodeTimers } from "./node-timers.ts";
import { errorOf, type RunMessage, type WorkerMessage } from "./worker-messages.ts";

/** How long a thread waits for the next task before it ends, ms: an idle broker has none. */
const defaultIdleMs = 5_000;
/** A build puts this file's code into `dist` or a folder of it; the tests run it from the sources. */
const scriptPlaces = ["worker.js", "../worker.js", "../../../dist/worker.js"];

interface Run {
  readonly message: RunMessage;
  readonly isUrgent: boolean;
  readonly onReport: (report: unknown) => void;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread, one task at a time. It does not keep the process alive. */
class WorkerThread {
  readonly #worker: Worker;
  #run: Run | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #isEnding = false;

  constructor(script: URL, idleMs: number, onIdle: () => void, onEnd: (thread: WorkerThread) => void) {
    this.#worker = new Worker(script, { execArgv: [], name: "odradek-worker" });
    this.#worker.unref();
    this.#worker.on("message", (message: WorkerMessage) => {
      const run = this.#run;
      if (run === undefined) return;
      if (message.kind === "report") return run.onReport(message.report);
      this.#run = undefined;
      if (message.kind === "done") run.resolve(message.output);
      else run.reject(errorOf(message.failure));
      this.#idleTimer = setTimeout(() => this.end(), idleMs).unref();
      onIdle();
    });
    let reason = "it ended";
    this.#worker.on("error", (error) => (reason = error instanceof Error ? error.message : String(error)));
    this.#worker.on("exit", () => {
      this.#isEnding = true;
      clearTimeout(this.#idleTimer);
      onEnd(this);
      this.#run?.reject(new TaskError(`The thread of the task ${this.#run.message.taskName} died: ${reason}`));
      this.#run = undefined;
    });
  }

  get isFree(): boolean {
    return this.#run === undefined && !this.#isEnding;
  }

  /** It runs what may take minutes. */
  get isTakenForLong(): boolean {
    return this.#run?.isUrgent === false;
  }

  start(run: Run): void {
    clearTimeout(this.#idleTimer);
    this.#run = run;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    this.#worker.postMessage(run.message);
  }

  end(): void {
    this.#isEnding = true;
    void this.#worker.terminate();
  }
}

/**
 * Threads that are started when there is work, and end when there is none for a while. One more than `threadsMax` is for
 * urgent tasks alone.
 */
export class ThreadWorkers implements Workers {
  readonly #script: URL;
  readonly #threadsMax: number;
  readonly #idleMs: number;
  readonly #threads = new Set<WorkerThread>();
  readonly #waiting: Run[] = [];

  constructor(script: URL, threadsMax = Math.max(2, availableParallelism()), idleMs = defaultIdleMs) {
    this.#script = script;
    this.#threadsMax = threadsMax;
    this.#idleMs = idleMs;
  }

  get threadCount(): number {
    return this.#threads.size;
  }

  run<Input, Report, Output>(
    task: Task<Input, Report, Output>,
    input: Input,
    { signal, onReport }: { signal?: AbortSignal; onReport?: (report: Report) => void } = {},
  ): Promise<Output> {
    return new Promise<unknown>((resolve, reject) => {
      const cancellation = new Int32Array(new SharedArrayBuffer(4));
      if (signal?.aborted === true) cancellation[0] = 1;
      signal?.addEventListener("abort", () => Atomics.store(cancellation, 0, 1), { once: true });
      this.#waiting.push({
        message: { taskName: task.name, input, cancellation },
        isUrgent: task.isUrgent === true,
        onReport: (report) => onReport?.(report as Report),
        resolve,
        reject,
      });
      this.#next();
    }) as Promise<Output>;
  }

  /** Ends all threads; what they run fails. */
  end(): void {
    for (const thread of this.#threads) thread.end();
  }

  #next(): void {
    for (let index = 0; index < this.#waiting.length;) {
      const thread = this.#threadFor(this.#waiting[index]!);
      if (thread === undefined) index++;
      else thread.start(this.#waiting.splice(index, 1)[0]!);
    }
  }

  #threadFor({ isUrgent }: Run): WorkerThread | undefined {
    const threads = [...this.#threads];
    if (!isUrgent && threads.filter((thread) => thread.isTakenForLong).length >= this.#threadsMax) return undefined;
    const free = threads.find((thread) => thread.isFree);
    if (free !== undefined) return free;
    return threads.length > this.#threadsMax ? undefined : this.#startThread();
  }

  #startThread(): WorkerThread {
    const thread = new WorkerThread(
      this.#script,
      this.#idleMs,
      () => this.#next(),
      (ended) => {
        this.#threads.delete(ended);
        this.#next();
      },
    );
    this.#threads.add(thread);
    return thread;
  }
}

function findScript(): URL | undefined {
  return scriptPlaces.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url));
}

let workers: Workers | undefined;

/** The threads of this process. */
export const nodeWorkers: Workers = {
  run(task, input, options) {
    if (workers === undefined) {
      const script = findScript();
      const ports = { clock: nodeClock, timers: nodeTimers, disk: nodeDisk, compute: nodeCompute };
      workers = script === undefined ? inPlaceWorkers(ports) : new ThreadWorkers(script);
    }
    return workers.run(task, input, options);
  },
};
