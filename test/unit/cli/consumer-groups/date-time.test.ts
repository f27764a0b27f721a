import { expect, test } from "vitest";
import { parseDateTime, parseDuration } from "../../../../src/cli/consumer-groups/date-time.ts";

test.each([
  ["1970-01-01T00:00:00.000", 0],
  ["2024-02-29T12:34:56.789", Date.UTC(2024, 1, 29, 12, 34, 56, 789)],
  ["2000-02-29T23:59:59.999Z", Date.UTC(2000, 1, 29, 23, 59, 59, 999)],
  ["1969-12-31T23:59:59.999Z", -1],
  ["2024-1-2T3:4:5.6", Date.UTC(2024, 0, 2, 3, 4, 5, 6)],
  ["2024-07-01T00:00:00.000+02:30", Date.UTC(2024, 5, 30, 21, 30)],
  ["2024-07-01T00:00:00.000-05", Date.UTC(2024, 6, 1, 5)],
  ["2024-07-01T00:00:00.000+0230", Date.UTC(2024, 5, 30, 22)],
  ["2024-07-01T00:00:00.000Zulu", Date.UTC(2024, 6, 1)],
])("the time %s is %d", (text, ms) => {
  expect(parseDateTime(text)).toBe(ms);
});

test.each([
  "2023-02-29T00:00:00.000",
  "2024-13-01T00:00:00.000",
  "2024-00-01T00:00:00.000",
  "2024-01-01T24:00:00.000",
  "2024-01-01T00:60:00.000",
  "2024-01-01T00:00:00.1000",
  "2024-01-01T00:00:00",
  "2024-01-01",
  "T",
  "yesterday",
])("%s is no time", (text) => {
  expect(() => parseDateTime(text)).toThrow("java.text.ParseException");
});

test.each([
  ["P1D", 86_400_000],
  ["PT1H2M3.5S", 3_723_500],
  ["P1DT1M", 86_460_000],
  ["pt1s", 1000],
  ["-PT1M", -60_000],
  ["PT-1M", -60_000],
  ["PT-0.5S", -500],
  ["PT0S", 0],
])("the duration %s is %d", (text, ms) => {
  expect(parseDuration(text)).toBeCloseTo(ms);
});

test.each(["", "P", "PT", "P1DT", "1d", "P1H", "PT1D", "P1Y"])("%s is no duration", (text) => {
  expect(() => parseDuration(text)).toThrow("Text cannot be parsed to a Duration");
});
