import { expect, test } from "vitest";
import { brokerKeys } from "../../../src/config/broker-keys.ts";
import { type ConfigKey, formatValue } from "../../../src/config/config-key.ts";
import { groupKeys } from "../../../src/config/group-keys.ts";
import { topicKeys } from "../../../src/config/topic-keys.ts";
import { referenceLines } from "../../support/reference.ts";

interface Fact {
  readonly name: string;
  readonly type: string;
  readonly default?: string | null;
  readonly valid?: string;
  readonly importance: string;
  readonly update?: string;
  readonly internal?: boolean;
  readonly required?: boolean;
}

/** The reference prints lists in brackets and classes with their kind. */
function printedDefault(definition: ConfigKey): string | null {
  if (definition.default === null) return null;
  const text = formatValue(definition.default, definition.type);
  return definition.type === "LIST" ? `[${text.replaceAll(",", ", ")}]` : text;
}

function factOf(name: string, definition: ConfigKey): unknown {
  return {
    name,
    type: definition.type,
    default: definition.required ? undefined : printedDefault(definition),
    valid: definition.check?.allowed ?? "",
    importance: definition.importance,
    update: definition.update,
    internal: definition.internal ?? false,
    required: definition.required ?? false,
  };
}

/** Kafka words "anything that is there" in several ways, which check nothing. */
const unchecked = new Set(["non-null string", "non-empty list"]);

test.each([
  ["broker-configs", brokerKeys],
  ["topic-configs", topicKeys],
  ["group-configs", groupKeys],
] as const)("%s: every key, type, default, limit and scope is Kafka's", (file, keys: Record<string, ConfigKey>) => {
  const facts = referenceLines<Fact>(file).map((fact) => ({
    ...fact,
    default: fact.required ? undefined : ((fact.default ?? null)?.replace(/^class /, "") ?? null),
    valid: unchecked.has(fact.valid ?? "") ? "" : (fact.valid ?? ""),
    update: fact.update ?? "read-only",
    internal: fact.internal ?? false,
    required: fact.required ?? false,
  }));
  expect(Object.entries(keys).map(([name, definition]) => factOf(name, definition))).toEqual(facts);
});
