import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { brokerKeys } from "../../../src/config/broker-keys.ts";
import { type ConfigKey, parseValue } from "../../../src/config/config-key.ts";
import { topicKeys } from "../../../src/config/topic-keys.ts";

/** What Kafka's own definitions say to empty, incomplete and repeated values of every list and string that is checked. */
const answers = readFileSync(new URL("../../data/kafka-answers/odd-config-values.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { of: "broker" | "topic"; name: string; value: string; error?: string });

/** Where our message says more than Kafka's does, being told later, by what takes a voter apart. */
const toldLater = new Set(["controller.quorum.voters"]);

function problemOf(definition: ConfigKey, name: string, value: string): string | undefined {
  try {
    parseValue(name, definition, value);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test("odd values are refused, or taken, as Kafka does, in its words", () => {
  const ours = answers.map(({ of, name, value }) => {
    const keys: Record<string, ConfigKey> = of === "broker" ? brokerKeys : topicKeys;
    const error = problemOf(keys[name]!, name, value);
    return { of, name, value, ...(error === undefined ? {} : { error }) };
  });
  const compared = ({ name }: { name: string }) => !toldLater.has(name);
  expect(ours.filter(compared)).toEqual(answers.filter(compared));
});
