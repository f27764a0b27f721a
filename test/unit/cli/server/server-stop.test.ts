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
