import { checkExclusive, checkRequired } from "../options/checks.ts";
import { UsageError } from "../options/option-table.ts";
import { type ParsedOptions } from "../options/parse-options.ts";
import { ConfigurationError } from "../client/kafka-error.ts";
import { type Terminal } from "../command/terminal.ts";
import { type topicsOptions } from "./topics-options.ts";

export type TopicsOptions = ParsedOptions<typeof topicsOptions>;
type Name = keyof typeof topicsOptions;

const actions = ["create", "list", "alter", "describe", "delete"] as const;
export type TopicsAction = (typeof actions)[number];

const reports = [
  "under-replicated-partitions",
  "under-min-isr-partitions",
  "at-min-isr-partitions",
  "unavailable-partitions",
] as const satisfies Name[];

/** The options that go with some actions only. */
const actionsOf: Partial<Record<Name, readonly TopicsAction[]>> = {
  config: ["alter", "create"],
  partitions: ["alter", "create"],
  "replication-factor": ["create"],
  "replica-assignment": ["alter", "create"],
};
const laterActionsOf: Partial<Record<Name, readonly TopicsAction[]>> = {
  "if-exists": ["alter", "delete", "describe"],
  "if-not-exists": ["create"],
  "exclude-internal": ["list", "describe"],
};

/**
 * Checks which options were given together, in the order in which the Java tool does, and returns the one action.
 * @throws UsageError, ConfigurationError
 */
export function checkTopicsOptions(options: TopicsOptions, terminal: Terminal): TopicsAction {
  const given = actions.filter((name) => options.has(name));
  const [action] = given;
  if (action === undefined || given.length > 1) {
    throw new UsageError("Command must include exactly one action: --list, --describe, --create, --alter or --delete");
  }
  if (options.has("delete-config")) {
    terminal.printError(
      "delete-config option is no longer supported and deprecated since version 4.0. The config will be fully removed in future releases.\n",
    );
  }
  if (!options.has("bootstrap-server")) {
    throw new ConfigurationError("--bootstrap-server must be specified", "java.lang.IllegalArgumentException");
  }
  if (action === "describe" && options.has("if-exists")) checkDescribed(options, terminal);
  if (action !== "list" && action !== "describe") checkRequired(options, "topic");
  if (action === "alter") {
    if (options.has("config")) {
      throw new UsageError(
        `Option combination "[[config], [bootstrap-server]]" can't be used with option "[alter]" (To alter topic configurations, the kafka-configs tool can be used.)`,
      );
    }
    checkRequired(options, "partitions");
  }
  checkActions(options, actionsOf);
  if (action === "create") checkExclusive(options, "replica-assignment", ["partitions", "replication-factor"]);
  for (const report of reports) checkExclusive(options, report, [...allBut(["describe"]), "topics-with-overrides"]);
  checkExclusive(options, "topics-with-overrides", [...allBut(["describe"]), ...reports]);
  checkActions(options, laterActionsOf);
  return action;
}

function checkDescribed(options: TopicsOptions, terminal: Terminal): void {
  if (!options.has("topic") && !options.has("topic-id")) {
    throw new UsageError("--topic or --topic-id is required to describe a topic");
  }
  if (options.has("topic") && options.has("topic-id")) {
    terminal.print(
      "Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID\n",
    );
  }
}

function checkActions(options: TopicsOptions, table: Partial<Record<Name, readonly TopicsAction[]>>): void {
  for (const [name, allowed] of Object.entries(table)) checkExclusive(options, name as Name, allBut(allowed));
}

function allBut(allowed: readonly TopicsAction[]): TopicsAction[] {
  return actions.filter((action) => !allowed.includes(action));
}
