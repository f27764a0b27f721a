import { topicKeys } from "../../config/topic-keys.ts";
import { commonOptions, type OptionTable } from "../options/option-table.ts";

const alterHint = " (To alter topic configurations, the kafka-configs tool can be used.)";
const configNames = Object.entries(topicKeys)
  .filter(([, key]) => key.internal !== true)
  .map(([name]) => `\t${name}`)
  .sort();

/** The options of kafka-topics.sh. */
export const topicsOptions = {
  ...commonOptions,
  "bootstrap-server": {
    description: "REQUIRED: The Kafka server to connect to.",
    argument: "required",
    placeholder: "server to connect to",
  },
  "command-config": {
    description: "Property file containing configs to be passed to Admin Client.",
    argument: "required",
    placeholder: "command config property file",
  },
  list: { description: "List all available topics." },
  create: { description: "Create a new topic." },
  delete: { description: "Delete a topic." },
  alter: { description: `Alter the number of partitions and replica assignment.${alterHint}` },
  describe: { description: "List details for the given topics." },
  topic: {
    description:
      "The topic to create, alter, describe or delete. It also accepts a regular expression, except for --create option.",
    argument: "required",
    placeholder: "topic",
  },
  "topic-id": { description: "The topic-id to describe.", argument: "required", placeholder: "topic-id" },
  config: {
    description: `A topic configuration override for the topic being created. The following is a list of valid configurations: \n${configNames.join("\n")}\nSee the Kafka documentation for full details on the topic configs. It is supported only in combination with --create.${alterHint}`,
    argument: "required",
    placeholder: "name=value",
  },
  "delete-config": {
    description: "This option is no longer supported and has been deprecated since 4.0",
    argument: "required",
    placeholder: "name",
  },
  partitions: {
    description:
      "The number of partitions for the topic being created or altered. If not supplied with --create, the topic uses the cluster default. (WARNING: If partitions are increased for a topic that has a key, the partition logic or ordering of the messages will be affected).",
    argument: "required",
    type: "Integer",
    placeholder: "# of partitions",
  },
  "replication-factor": {
    description:
      "The replication factor for each partition in the topic being created. If not supplied, the topic uses the cluster default.",
    argument: "required",
    type: "Integer",
    placeholder: "replication factor",
  },
  "replica-assignment": {
    description: "A list of manual partition-to-broker assignments for the topic being created or altered.",
    argument: "required",
    placeholder:
      "broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , broker_id_for_part2_replica1 : broker_id_for_part2_replica2 , ...",
  },
  "under-replicated-partitions": {
    description: "If set when describing topics, only show under-replicated partitions.",
  },
  "unavailable-partitions": {
    description: "If set when describing topics, only show partitions whose leader is not available.",
  },
  "under-min-isr-partitions": {
    description:
      "If set when describing topics, only show partitions whose isr count is less than the configured minimum.",
  },
  "at-min-isr-partitions": {
    description:
      "If set when describing topics, only show partitions whose isr count is equal to the configured minimum.",
  },
  "topics-with-overrides": {
    description: "If set when describing topics, only show topics that have overridden configs.",
  },
  "if-exists": {
    description:
      "If set when altering or deleting or describing topics, the action will only execute if the topic exists.",
  },
  "if-not-exists": {
    description:
      "If set when creating topics, the create request will not fail if the topic already exists, but the request will still be sent.",
  },
  "exclude-internal": {
    description:
      "Exclude internal topics when listing or describing topics. By default, the internal topics are included.",
  },
  "partition-size-limit-per-response": {
    description: "The maximum partition size to be included in one DescribeTopicPartitions response.",
    argument: "required",
    type: "Integer",
    placeholder: "maximum number of partitions per response",
  },
} as const satisfies OptionTable;
