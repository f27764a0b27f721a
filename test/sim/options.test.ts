import { expect, test } from "vitest";
import { simOptions, usage } from "./options.ts";

const workloads = ["logs", "groups"];

test("what is not said has a default", () => {
  expect(simOptions([], workloads)).toMatchObject({ workloads, seeds: 2000, first: 0, minutes: Infinity });
  expect(simOptions(["--workload", "groups", "--seed=7"], workloads)).toMatchObject({ workloads: ["groups"], seed: 7 });
  expect(simOptions(["--help"], workloads)).toBe("help");
  expect(usage(workloads)).toContain("--workload <name>  logs, groups; all by default");
});

test.each([
  ["--nope", "Unknown option '--nope'"],
  ["--seeds", "--seeds <value>"],
  ["--seeds=many", '--seeds is "many"; it takes a number'],
  ["--workload=fun", '--workload is "fun"; it may be logs, groups'],
  ["stray", "stray"],
])("%s is refused in words", (argument, message) => {
  expect(() => simOptions([argument], workloads)).toThrow(message);
});
