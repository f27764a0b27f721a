import { EventEmitter } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { beforeEnd } from "../../../../src/cli/command/process-end.ts";
import { processTerminal, screenOf } from "../../../../src/cli/command/process-terminal.ts";

/** A stream that is a terminal or not. */
function streamOf(isTTY: boolean | undefined, columns = 80) {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { written, stream: { isTTY, columns, write } as unknown as NodeJS.WriteStream };
}

test("only a terminal that can erase lines is a screen", () => {
  expect(screenOf(streamOf(true).stream, "xterm", () => {})).toBeDefined();
  expect(screenOf(streamOf(true).stream, "dumb", () => {})).toBeUndefined();
  expect(screenOf(streamOf(undefined).stream, "xterm", () => {})).toBeUndefined();
});

test("says once that it is used, before anything is written", () => {
  const { written, stream } = streamOf(true, 0);
  const screen = screenOf(stream, "xterm", () => written.push("used"));
  expect(screen?.columns).toBe(80);
  screen?.write("a");
  screen?.write("b");
  expect(written).toEqual(["used", "a", "b"]);
});

/** A process that only writes down what happens to it. */
function fakeProcess() {
  const happened: string[] = [];
  const emitter = new EventEmitter();
  const host = Object.assign(emitter, {
    pid: 7,
    kill: (pid: number, signal: string) => happened.push(`${pid} ${signal}`),
  });
  beforeEnd(host as unknown as NodeJS.Process, () => happened.push("called"));
  return { happened, emitter };
}

test.each(["exit", "uncaughtExceptionMonitor"])("the end by %s is told of", (event) => {
  const { happened, emitter } = fakeProcess();
  emitter.emit(event);
  expect(happened).toEqual(["called"]);
});

test.each(["SIGINT", "SIGTERM"])("%s ends the process as if nobody had looked", (signal) => {
  const { happened, emitter } = fakeProcess();
  emitter.emit(signal);
  expect(happened).toEqual(["called", `7 ${signal}`]);
});

test("a signal is left to the tool's own handler, whenever that was set", () => {
  const { happened, emitter } = fakeProcess();
  emitter.once("SIGINT", () => happened.push("tool's own"));
  emitter.emit("SIGINT");
  expect(happened).toEqual(["called", "tool's own"]);

  const early: string[] = [];
  const host = Object.assign(new EventEmitter(), { pid: 7, kill: () => early.push("killed") });
  host.once("SIGINT", () => early.push("tool's own"));
  beforeEnd(host as unknown as NodeJS.Process, () => early.push("called"));
  host.emit("SIGINT");
  expect(early).toEqual(["called", "tool's own"]);
});

test("a signal that comes again neither asks again nor ends the process", () => {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const before = signals.map((signal) => process.listeners(signal));
  const codes: number[] = [];
  processTerminal().onInterrupt((code) => codes.push(code));
  const added = signals.map((signal, index) =>
    process.listeners(signal).find((each) => !before[index]!.includes(each))!,
  );
  onTestFinished(() => signals.forEach((signal, index) => process.removeListener(signal, added[index]!)));
  added[0]!("SIGINT");
  added[0]!("SIGINT");
  added[1]!("SIGTERM");
  expect(codes).toEqual([130]);
  // Without a listener the system would end it.
  expect(process.listeners("SIGINT")).toContain(added[0]);
});
