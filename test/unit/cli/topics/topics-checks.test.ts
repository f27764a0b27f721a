import { expect, test } from "vitest";
import { parseOptions } from "../../../../src/cli/options/parse-options.ts";
import { parseReplicaAssignment } from "../../../../src/cli/topics/replica-assignment.ts";
import { topicFilter } from "../../../../src/cli/topics/topic-filter.ts";
import { checkTopicsOptions } from "../../../../src/cli/topics/topics-checks.ts";
import { topicsOptions } from "../../../../src/cli/topics/topics-options.ts";
import { RecordingTerminal } from "../../../support/recording-terminal.ts";

function check(line: string): string {
  return checkTopicsOptions(parseOptions(topicsOptions, line.split(" ")), new RecordingTerminal());
}

const server = "--bootstrap-server h:1";

test.each([
  [`${server}`, "Command must include exactly one action"],
  [`${server} --list --create`, "Command must include exactly one action"],
  ["--list", "--bootstrap-server must be specified"],
  [`${server} --create`, 'Missing required argument "[topic]"'],
  [`${server} --alter --topic t`, 'Missing required argument "[partitions]"'],
  [`${server} --alter --topic t --config a=b`, "Option combination"],
  [`${server} --list --config a=b`, `Option "[config]" can't be used with option "[list]"`],
  [`${server} --list --partitions 1`, `Option "[partitions]" can't be used with option "[list]"`],
  [`${server} --alter --topic t --partitions 1 --replication-factor 1`, `can't be used with option "[alter]"`],
  [`${server} --create --topic t --replica-assignment 1 --partitions 1`, `can't be used with option "[partitions]"`],
  [`${server} --list --unavailable-partitions`, `can't be used with option "[list]"`],
  [`${server} --describe --topics-with-overrides --at-min-isr-partitions`, `"[at-min-isr-partitions]" can't be used`],
  [`${server} --create --topic t --if-exists`, `Option "[if-exists]" can't be used with option "[create]"`],
  [`${server} --delete --topic t --if-not-exists`, `Option "[if-not-exists]" can't be used with option "[delete]"`],
  [`${server} --delete --topic t --exclude-internal`, `can't be used with option "[delete]"`],
  [`${server} --describe --if-exists`, "--topic or --topic-id is required to describe a topic"],
])("%s is refused", (line, message) => {
  expect(() => check(line)).toThrow(message);
});

test.each([
  [`${server} --list --exclude-internal`, "list"],
  [`${server} --create --topic t --partitions 2 --replication-factor 1 --config a=b --if-not-exists`, "create"],
  [`${server} --alter --topic t --partitions 2 --replica-assignment 1,1 --if-exists`, "alter"],
  [`${server} --describe --under-min-isr-partitions --unavailable-partitions`, "describe"],
  [`${server} --delete --topic t --if-exists`, "delete"],
])("%s is an action", (line, action) => {
  expect(check(line)).toBe(action);
});

test("a topic filter is a regular expression for the whole name, with commas between alternatives", () => {
  const matches = (text: string) => ["a", "ab", "b", "c.d"].filter(topicFilter(text));
  expect(matches("a")).toEqual(["a"]);
  expect(matches("a.*, b")).toEqual(["a", "ab", "b"]);
  expect(matches('"c.d"')).toEqual(["c.d"]);
  expect(() => topicFilter("*")).toThrow("* is an invalid regex.");
  expect(() => topicFilter("a)|(b")).toThrow("is an invalid regex.");
});

test("a replica assignment", () => {
  expect(parseReplicaAssignment("1:2, 2:3")).toEqual([
    [1, 2],
    [2, 3],
  ]);
  expect(() => parseReplicaAssignment("1:1")).toThrow("Partition replica lists may not contain duplicate entries: 1");
  expect(() => parseReplicaAssignment("1,1:2")).toThrow("Partition 1 has different replication factor: [1, 2]");
  expect(() => parseReplicaAssignment("x")).toThrow('For input string: "x"');
});
