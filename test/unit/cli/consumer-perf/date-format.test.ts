import { expect, test } from "vitest";
import { formatDate } from "../../../../src/cli/consumer-perf/date-format.ts";

test.each([
  [new Date(2026, 10, 21, 13, 5, 9, 7), "yyyy-MM-dd HH:mm:ss:SSS", "2026-11-21 13:05:09:007"],
  [
    new Date(2026, 10, 21, 13, 5, 9, 7),
    "EEE, d MMM yy h:mm a 'o''clock' EEEE",
    "Sat, 21 Nov 26 1:05 PM o'clock Saturday",
  ],
  [new Date(2024, 1, 29, 0, 0, 0, 0), "EEEE hh MMMM", "Thursday 12 February"],
])("%s as %s", (date, pattern, expected) => {
  expect(formatDate(pattern, date.getTime())).toBe(expected);
});
