import { expect, test } from "vitest";
import { re2Pattern, re2Problem } from "../../../src/base/re2.ts";

const texts = ["a", "ab", "b", "A", "xa", "xA", "a.b", "foo", "aaa", ""];

/** What re2j 1.8, which Kafka has, says of an expression: which of the texts match, or what is wrong with it. */
const golden: readonly (readonly [regex: string, outcome: string])[] = [
  ["(", "missing closing )"],
  ["[a", "missing closing ]"],
  ["*", "missing argument to repetition operator"],
  ["a**", "invalid nested repetition operator"],
  ["(?=a)b", "invalid or unsupported Perl syntax"],
  ["(?<=a)b", "invalid named capture"],
  ["\\p{Greek}", "0000000000"],
  ["\\8", "invalid escape sequence"],
  ["a{1001}", "invalid repeat count"],
  ["a{2,1}", "invalid repeat count"],
  ["(?P<n>a)", "1000000000"],
  ["(?<n>a)", "1000000000"],
  ["x(?i)A", "0000110000"],
  ["\\Qa.b\\E", "0000001000"],
  ["a|b|", "1010000001"],
  ["[[:alpha:]]+", "1111110110"],
  ["\\bfoo\\b", "0000000100"],
  ["(?s).*", "1111111111"],
  ["\\z", "0000000001"],
  ["[^\\n]*", "1111111111"],
  ["(?>a)", "invalid or unsupported Perl syntax"],
  ["\\C", "invalid escape sequence"],
  ["a++", "invalid nested repetition operator"],
  ["\\", "trailing backslash at end of expression"],
  ["[b-a]", "invalid character class range"],
  ["(?z)", "invalid or unsupported Perl syntax"],
];

test.each(golden)("%s", (regex, outcome) => {
  const pattern = re2Pattern(regex);
  const ours = pattern === undefined ? re2Problem(regex) : texts.map((text) => (pattern(text) ? "1" : "0")).join("");
  expect(ours).toBe(outcome);
});
