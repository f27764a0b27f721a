import { afterAll, expect, test } from "vitest";
import { ThreadWorkers } from "../../../../src/io/node/node-workers.ts";
import { DiskError, type Task, TaskError } from "../../../../src/io/ports.ts";

/** Speaks for `serve-tasks.ts`, which a thread of Node 20 cannot load from its source. */
const script = `
import { parentPort } from "node:worker_threads";
parentPort.on("message", ({ taskName, input, cancellation }) => {
  if (taskName === "echo") {
    parentPort.postMessage({ kind: "report", report: "half" });
    parentPort.postMessage({ kind: "done", output: input });
  } else if (taskName === "disk") {
    parentPort.postMessage({ kind: "failed", failure: { message: "full", code: "ENOSPC" } });
  } else if (taskName === "die") process.exit(3);
  else {
    while (Atomics.load(cancellation, 0) === 0);
    parentPort.postMessage({ kind: "done", output: "cancelled" });
  }
});
`;

const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
const workers = new ThreadWorkers(url, 2);

function task(name: string): Task<unknown, string, unknown> {
  return { name, run: () => Promise.reject(new Error("it runs in its thread")) };
}

afterAll(() => workers.end());

test("input and output pass to the thread and back, and reports on the way", async () => {
  const reports: string[] = [];
  const output = workers.run(task("echo"), { text: "a" }, { onReport: (report) => reports.push(report) });
  expect(await output).toEqual({ text: "a" });
  expect(reports).toEqual(["half"]);
});

test("a disk error stays one", async () => {
  const failure = workers.run(task("disk"), 0);
  await expect(failure).rejects.toBeInstanceOf(DiskError);
  await expect(failure).rejects.toMatchObject({ code: "ENOSPC", message: "full" });
});

test("a thread that dies fails its task, and the next task gets a new thread", async () => {
  await expect(workers.run(task("die"), 0)).rejects.toBeInstanceOf(TaskError);
  expect(await workers.run(task("echo"), 1)).toBe(1);
});

test("more tasks than threads wait, and a busy task sees that it was cancelled", async () => {
  const abort = new AbortController();
  const busy = [1, 2].map(() => workers.run(task("busy"), 0, { signal: abort.signal }));
  const waiting = workers.run(task("echo"), "later");
  expect(workers.threadCount).toBe(2);
  expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50, "waits"))])).toBe("waits");
  abort.abort();
  expect(await Promise.all(busy)).toEqual(["cancelled", "cancelled"]);
  expect(await waiting).toBe("later");
});

test("an urgent task does not wait for those that take long", async () => {
  const abort = new AbortController();
  const busy = [1, 2, 3].map(() => workers.run(task("busy"), 0, { signal: abort.signal }));
  const urgent = { ...task("echo"), isUrgent: true };
  expect(await Promise.all([workers.run(urgent, "one"), workers.run(urgent, "two")])).toEqual(["one", "two"]);
  expect(workers.threadCount).toBe(3);
  abort.abort();
  expect(await Promise.all(busy)).toEqual(["cancelled", "cancelled", "cancelled"]);
});

test("threads end when there is nothing to do", async () => {
  const short = new ThreadWorkers(url, 1, 20);
  await short.run(task("echo"), 0);
  expect(short.threadCount).toBe(1);
  await expect.poll(() => short.threadCount, { timeout: 30_000 }).toBe(0);
  expect(await short.run(task("echo"), 2)).toBe(2);
  short.end();
});
