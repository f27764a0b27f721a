import { describe, expect, test } from "vitest";
import { parseArguments } from "../../../../src/cli/arguments/parse-arguments.ts";
import { storageArguments } from "../../../../src/cli/storage/storage-arguments.ts";

const parse = (...args: string[]) => Object.fromEntries(parseArguments(storageArguments.format, args));

describe("the arguments of kafka-storage format", () => {
  test("long, short, joined and abbreviated", () => {
    const expected = { config: ["f"], "cluster-id": ["x"], standalone: [] };
    expect(parse("--config", "f", "--cluster-id", "x", "--standalone")).toEqual(expected);
    expect(parse("-c", "f", "-tx", "-s")).toEqual(expected);
    expect(parse("--conf=f", "--cl", "x", "--stand")).toEqual(expected);
  });

  test("flags in a cluster, the last of which may take a value", () => {
    expect(parse("-sgtx", "-c", "f")).toEqual({
      standalone: [],
      "ignore-formatted": [],
      "cluster-id": ["x"],
      config: ["f"],
    });
  });

  test("an option that may be repeated keeps all its values, others the last", () => {
    expect(parse("-c", "e", "-c", "f", "-t", "x", "-f", "a=1", "--feature", "b=2")).toEqual({
      config: ["f"],
      "cluster-id": ["x"],
      feature: ["a=1", "b=2"],
    });
  });

  test.each([
    [["-t", "x"], "argument --config/-c is required"],
    [["-c", "f"], "argument --cluster-id/-t is required"],
    [["-t"], "argument --cluster-id/-t: expected one argument"],
    [["-c", "f", "-t", "x", "--bogus"], "unrecognized arguments: '--bogus'"],
    [["-c", "f", "-t", "x", "extra"], "unrecognized arguments: 'extra'"],
    [["--c", "f"], "ambiguous option: --c could match --cluster-id, --config"],
    [["-s", "-N"], "argument --no-initial-controllers/-N: not allowed with argument --standalone/-s"],
  ])("%j is refused: %s", (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});
