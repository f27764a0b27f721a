import { expect, test } from "vitest";
import { collisionKey, isInternalTopic, topicNameProblem } from "../../../src/base/topic-name.ts";

test.each(["orders", "a.b_c-9", "x".repeat(249), "...", "__consumer_offsets"])("allowed: %s", (name) => {
  expect(topicNameProblem(name)).toBeUndefined();
});

test.each([
  ["", "Topic name is invalid: the empty string is not allowed"],
  [".", "Topic name is invalid: '.' is not allowed"],
  ["..", "Topic name is invalid: '..' is not allowed"],
  [
    "x".repeat(250),
    `Topic name is invalid: the length of '${"x".repeat(250)}' is longer than the max allowed length 249`,
  ],
  [
    "a b",
    "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
  ],
  [
    "a\n",
    "Topic name is invalid: 'a\n' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
  ],
])("refused: %j", (name, problem) => {
  expect(topicNameProblem(name)).toBe(problem);
});

test("internal topics are the coordinators' own", () => {
  expect(isInternalTopic("__consumer_offsets")).toBe(true);
  expect(isInternalTopic("__cluster_metadata")).toBe(false);
  expect(isInternalTopic("orders")).toBe(false);
});

test("names that differ in dots and underscores collide", () => {
  expect(collisionKey("a.b_c")).toBe(collisionKey("a_b.c"));
  expect(collisionKey("a-b")).not.toBe(collisionKey("a_b"));
});
