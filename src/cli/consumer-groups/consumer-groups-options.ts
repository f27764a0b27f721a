import { commonOptions, type OptionTable } from "../options/option-table.ts";
import { type ParsedOptions } from "../options/parse-options.ts";

/** The options of kafka-consumer-groups.sh. */
export const consumerGroupsOptions = {
  ...commonOptions,
  "bootstrap-server": {
    description: "The server(s) to connect to. REQUIRED for all options except for --validate-regex.",
    argument: "required",
    placeholder: "server to connect to",
  },
  group: {
    description: "The consumer group we wish to act on.",
    argument: "required",
    placeholder: "consumer group",
  },
  topic: {
    description:
      "The topic whose consumer group information should be deleted or topic whose should be included in the reset offset process. In `reset-offsets` case, partitions can be specified using this format: `topic1:0,1,2`, where 0,1,2 are the partition to be included in the process. Reset-offsets also supports multiple topic inputs.",
    argument: "required",
    placeholder: "topic",
  },
  "all-topics": { description: "Consider all topics assigned to a group in the `reset-offsets` process." },
  list: { description: "List all consumer groups." },
  describe: {
    description:
      "Describe consumer group and list offset lag (number of messages not yet processed) related to given group.",
  },
  "all-groups": { description: "Apply to all consumer groups." },
  delete: {
    description:
      "Pass in groups to delete topic partition offsets and ownership information over the entire consumer group. For instance --group g1 --group g2",
  },
  timeout: {
    description:
      "The timeout that can be set for some use cases. For example, it can be used when describing the group to specify the maximum amount of time in milliseconds to wait before the group stabilizes (when the group is just created, or is going through some changes).",
    argument: "required",
    type: "Long",
    placeholder: "timeout (ms)",
    default: 30_000,
  },
  "command-config": {
    description: "Property file containing configs to be passed to Admin Client and Consumer.",
    argument: "required",
    placeholder: "command config property file",
  },
  "reset-offsets": {
    description:
      "Reset offsets of consumer group. Supports one consumer group at the time, and instances should be inactive\nHas 2 execution options: --dry-run (the default) to plan which offsets to reset, and --execute to update the offsets. Additionally, the --export option is used to export the results to a CSV format.\nYou must choose one of the following reset specifications: --to-datetime, --by-duration, --to-earliest, --to-latest, --shift-by, --from-file, --to-current, --to-offset.\nTo define the scope use --all-topics or --topic. One scope must be specified unless you use '--from-file'.",
  },
  "delete-offsets": {
    description: "Delete offsets of consumer group. Supports one consumer group at the time, and multiple topics.",
  },
  "dry-run": {
    description: "Only show results without executing changes on Consumer Groups. Supported operations: reset-offsets.",
  },
  execute: { description: "Execute operation. Supported operations: reset-offsets." },
  export: { description: "Export operation execution to a CSV file. Supported operations: reset-offsets." },
  "to-offset": {
    description: "Reset offsets to a specific offset.",
    argument: "required",
    type: "Long",
    placeholder: "offset",
  },
  "from-file": {
    description: "Reset offsets to values defined in CSV file.",
    argument: "required",
    placeholder: "path to CSV file",
  },
  "to-datetime": {
    description: "Reset offsets to offset from datetime. Format: 'YYYY-MM-DDThh:mm:ss.sss'",
    argument: "required",
    placeholder: "datetime",
  },
  "by-duration": {
    description: "Reset offsets to offset by duration from current timestamp. Format: 'PnDTnHnMnS'",
    argument: "required",
    placeholder: "duration",
  },
  "to-earliest": { description: "Reset offsets to earliest offset." },
  "to-latest": { description: "Reset offsets to latest offset." },
  "to-current": { description: "Reset offsets to current offset." },
  "shift-by": {
    description: "Reset offsets shifting current offset by 'n', where 'n' can be positive or negative.",
    argument: "required",
    type: "Long",
    placeholder: "number-of-offsets",
  },
  members: {
    description:
      "Describe members of the group. This option may be used with '--describe' and '--bootstrap-server' options only.\nExample: --bootstrap-server localhost:9092 --describe --group group1 --members",
    goesWith: ["describe"],
  },
  verbose: {
    description:
      "Provide additional information, if any, when describing the group. This option may be used with '--offsets'/'--members'/'--state' and '--bootstrap-server' options only.\nExample: --bootstrap-server localhost:9092 --describe --group group1 --members --verbose",
    goesWith: ["describe"],
  },
  offsets: {
    description:
      "Describe the group and list all topic partitions in the group along with their offset lag. This is the default sub-action of and may be used with '--describe' and '--bootstrap-server' options only.\nExample: --bootstrap-server localhost:9092 --describe --group group1 --offsets",
    goesWith: ["describe"],
  },
  state: {
    description:
      "When specified with '--describe', includes the state of the group.\nExample: --bootstrap-server localhost:9092 --describe --group group1 --state\nWhen specified with '--list', it displays the state of all groups. It can also be used to list groups with specific states.\nExample: --bootstrap-server localhost:9092 --list --state stable,empty\nThis option may be used with '--describe', '--list' and '--bootstrap-server' options only.",
    argument: "optional",
    goesWith: ["describe", "list"],
  },
  type: {
    description:
      "When specified with '--list', it displays the types of all the groups. It can also be used to list groups with specific types.\nExample: --bootstrap-server localhost:9092 --list --type classic,consumer\nThis option may be used with the '--list' option only.",
    argument: "optional",
    goesWith: ["list"],
  },
  "validate-regex": {
    description: "Validate that the syntax of the provided regular expression is valid according to the RE2 format.",
    argument: "required",
    placeholder: "regex",
  },
} as const satisfies OptionTable;

export type ConsumerGroupsOptions = ParsedOptions<typeof consumerGroupsOptions>;
