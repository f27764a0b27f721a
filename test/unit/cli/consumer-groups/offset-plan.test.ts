import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { planLine, readOffsetPlan } from "../../../../src/cli/consumer-groups/offset-plan.ts";

function planOf(text: string, groupIds: readonly string[]): Record<string, string[]> {
  const folder = mkdtempSync(join(tmpdir(), "odradek-plan-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "plan.csv");
  writeFileSync(file, text);
  return Object.fromEntries(
    [...readOffsetPlan(file, groupIds)].map(([groupId, offsets]) => [
      groupId,
      [...offsets].map(([name, { offset }]) => `${name}=${offset}`),
    ]),
  );
}

test("a file without groups is that of the one group", () => {
  expect(planOf('a,0,5\n"b", 1 ,7\na,0,6\n', ["g"])).toEqual({ g: ["a-0=6", "b-1=7"] });
});

test("a file of more groups names them in each line", () => {
  expect(planOf('g,a,0,5\n"h, too",a,1,7\n', ["g", "h, too"])).toEqual({ g: ["a-0=5"], "h, too": ["a-1=7"] });
  expect(planOf("g,a,0,5\n", ["g"])).toEqual({ g: ["a-0=5"] });
});

test("what cannot be read is complained about", () => {
  expect(() => planOf("g,a,x,5\n", ["g", "h"])).toThrow("not a valid `int` value");
  expect(() => planOf("g,a,0,5,9\n", ["g"])).toThrow("Too many entries");
  expect(() => readOffsetPlan("missing.csv", ["g"])).toThrow("Unable to read file missing.csv");
});

test("cells are quoted where a reader needs it, and when they are long", () => {
  expect(planLine(["topic", 1, 2])).toBe("topic,1,2\n");
  expect(planLine(['a "group"', "t", 1, 2])).toBe('"a ""group""",t,1,2\n');
  expect(planLine(["a-topic-of-24-characters", 0, 1])).toBe("a-topic-of-24-characters,0,1\n");
  expect(planLine(["a-topic-of-25-characters-", 0, 1])).toBe('"a-topic-of-25-characters-",0,1\n');
});
