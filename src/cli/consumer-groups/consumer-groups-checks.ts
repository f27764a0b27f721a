import { type Terminal } from "../command/terminal.ts";
import { checkExclusive, checkRequired } from "../options/checks.ts";
import { UsageError } from "../options/option-table.ts";
import { type consumerGroupsOptions, type ConsumerGroupsOptions } from "./consumer-groups-options.ts";

type Name = keyof typeof consumerGroupsOptions;

const actions = ["list", "describe", "delete", "reset-offsets", "delete-offsets", "validate-regex"] as const;
export type ConsumerGroupsAction = (typeof actions)[number];

/** The ways to say where offsets are reset to, of which one is given. */
export const resetScenarios = [
  "to-offset",
  "shift-by",
  "to-datetime",
  "by-duration",
  "to-earliest",
  "to-latest",
  "to-current",
  "from-file",
] as const satisfies Name[];

/** In the order of the checks. */
const checkedScenarios = [
  "to-offset",
  "to-datetime",
  "by-duration",
  "to-earliest",
  "to-latest",
  "to-current",
  "shift-by",
  "from-file",
] as const satisfies (typeof resetScenarios)[number][];

const subActions = ["members", "offsets", "state"] as const satisfies Name[];

const missingExecute =
  "WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.\n";

/**
 * Checks which options were given together, in the order in which the Java tool does, and returns the one action.
 * @throws UsageError
 */
export function checkConsumerGroupsOptions(options: ConsumerGroupsOptions, terminal: Terminal): ConsumerGroupsAction {
  if (!options.has("validate-regex")) checkRequired(options, "bootstrap-server");
  if (options.has("describe")) checkDescribe(options);
  if (options.has("delete")) {
    checkScope(options, "delete");
    if (options.has("topic")) {
      throw new UsageError("The consumer does not support topic-specific offset deletion from a consumer group.");
    }
  }
  if (options.has("delete-offsets") && (!options.has("group") || !options.has("topic"))) {
    throw new UsageError("Option [delete-offsets] takes the following options: [group], [topic]");
  }
  if (options.has("reset-offsets")) checkReset(options, terminal);
  checkExclusive(options, "group", ["all-groups"]);
  checkExclusive(options, "group", ["list"]);
  checkExclusive(options, "topic", ["list", "describe"]);
  const given = actions.filter((name) => options.has(name));
  const [action] = given;
  if (action !== undefined && given.length === 1) return action;
  const names = actions.map((name) => `--${name}`).join(", ");
  throw new UsageError(`Command must include exactly one action: ${names}`);
}

function checkDescribe(options: ConsumerGroupsOptions): void {
  checkScope(options, "describe");
  if (subActions.filter((name) => options.has(name)).length > 1) {
    const names = subActions.map((name) => `[${name}]`).join(", ");
    throw new UsageError(`Option [describe] takes at most one of these options: ${names}`);
  }
  if (options.value("state") !== undefined) {
    throw new UsageError("Option [describe] does not take a value for [state]");
  }
}

function checkScope(options: ConsumerGroupsOptions, action: ConsumerGroupsAction): void {
  if (options.has("group") || options.has("all-groups")) return;
  throw new UsageError(`Option [${action}] takes one of these options: [group], [all-groups]`);
}

function checkReset(options: ConsumerGroupsOptions, terminal: Terminal): void {
  if (options.has("dry-run") && options.has("execute")) {
    throw new UsageError("Option [reset-offsets] only accepts one of [execute] and [dry-run]");
  }
  if (!options.has("dry-run") && !options.has("execute")) terminal.printError(missingExecute);
  checkScope(options, "reset-offsets");
  for (const scenario of checkedScenarios) {
    checkExclusive(
      options,
      scenario,
      resetScenarios.filter((other) => other !== scenario),
    );
  }
}
