import { beforeEach, expect, test } from "vitest";
import { stopServers } from "../../../../src/cli/server/server-stop.ts";
import { RecordingTerminal } from "../../../support/recording-terminal.ts";

const servers = [
  { pid: 11, nodeId: "1", roles: ["broker", "controller"] },
  { pid: 12, nodeId: "2", roles: ["broker"] },
  { pid: 13, nodeId: "3", roles: ["controller"] },
];

let terminal = new RecordingTerminal();
let killed: [number, string][] = [];
beforeEach(() => {
  terminal = new RecordingTerminal();
  killed = [];
});

function stop(args: string[], running = servers): number {
  const kill = (pid: number, signal: string) => void killed.push([pid, signal]);
  return stopServers(args, "SIGTERM", terminal, { findServers: () => running, kill });
}

test("without options every server is asked to end", () => {
  expect(stop([])).toBe(0);
  expect(killed).toEqual([
    [11, "SIGTERM"],
    [12, "SIGTERM"],
    [13, "SIGTERM"],
  ]);
});

test.each([
  [["--node-id", "2"], [12]],
  [["--node-id=1"], [11]],
  [["--process-role", "broker"], [12]],
  [["--process-role=controller,broker"], [11]],
  [["--process-role=controller", "--node-id=3"], [13]],
])("%j stops %j", (args, pids) => {
  expect(stop(args)).toBe(0);
  expect(killed.map(([pid]) => pid)).toEqual(pids);
});

test("nothing to stop is exit code 1", () => {
  expect([stop([], []), terminal.printed]).toEqual([1, "No kafka server to stop\n"]);
  expect([stop(["--node-id=9"]), killed]).toEqual([1, []]);
});

test.each([["--help"], ["-h"], ["--node-id", "2", "--help"]])(
  "%s tells how to use it, and stops nothing",
  (...args) => {
    expect([stop(args), killed]).toEqual([0, []]);
    expect(terminal.printed).toMatch(/^USAGE: kafka-server-stop\.sh \[--process-role=value\] \[--node-id=value\]\n/);
  },
);

test("an option that is none stops nothing, and other words are ignored", () => {
  expect([stop(["--nodeid=2"]), killed]).toEqual([1, []]);
  expect(terminal.complained).toMatch(/^Unknown option --nodeid=2\nUSAGE: /);
  expect([stop(["config/server.properties"]), killed.length]).toEqual([0, 3]);
});

test.each([
  ["--node-id"],
  ["--process-role"],
  ["--node-id", "--process-role=broker"],
  ["--node-id="],
  ["--node-id", ""],
])("%j without its value stops nothing", (...args) => {
  expect([stop(args), killed]).toEqual([1, []]);
  expect(terminal.complained).toMatch(/^--(node-id|process-role) takes a value\nUSAGE: /);
});
