import { commonOptions, type OptionTable } from "../options/option-table.ts";

const formatterProperties = [
  "The properties to initialize the message formatter. Default properties include: ",
  " print.timestamp=true|false",
  " print.key=true|false",
  " print.offset=true|false",
  " print.epoch=true|false",
  " print.partition=true|false",
  " print.headers=true|false",
  " print.value=true|false",
  " key.separator=<key.separator>",
  " line.separator=<line.separator>",
  " headers.separator=<headers.separator>",
  " null.literal=<null.literal>",
  " key.deserializer=<key.deserializer>",
  " value.deserializer=<value.deserializer>",
  " header.deserializer=<header.deserializer>",
  "",
  "Users can also pass in customized properties for their formatter; more specifically, users can pass in properties keyed with 'key.deserializer.', 'value.deserializer.' and 'headers.deserializer.' prefixes to configure their deserializers.",
].join("\n");

/** The options of kafka-console-consumer.sh. */
export const consumerOptions = {
  ...commonOptions,
  topic: { description: "The topic to consume from.", argument: "required", placeholder: "topic" },
  include: {
    description: "Regular expression specifying list of topics to include for consumption.",
    argument: "required",
    placeholder: "Java regex (String)",
  },
  partition: {
    description:
      "The partition to consume from. Consumption starts from the end of the partition unless '--offset' is specified.",
    argument: "required",
    type: "Integer",
    placeholder: "partition",
  },
  offset: {
    description:
      "The offset to consume from (a non-negative number), or 'earliest' which means from beginning, or 'latest' which means from end",
    argument: "required",
    placeholder: "consume offset",
    default: "latest",
  },
  "consumer-property": {
    description:
      "(DEPRECATED) Consumer config properties in the form key=value. This option will be removed in a future version. Use --command-property instead.",
    argument: "required",
    placeholder: "consumer_prop",
  },
  "command-property": {
    description: "Consumer config properties in the form key=value.",
    argument: "required",
    placeholder: "consumer_prop",
  },
  "consumer.config": {
    description:
      "(DEPRECATED) Consumer config properties file. Note that [command-property] takes precedence over this config. This option will be removed in a future version. Use --command-config instead.",
    argument: "required",
    placeholder: "config file",
  },
  "command-config": {
    description: "Consumer config properties file. Note that [command-property] takes precedence over this config.",
    argument: "required",
    placeholder: "config file",
  },
  formatter: {
    description: "The name of a class to use for formatting kafka messages for display.",
    argument: "required",
    placeholder: "class",
    default: "org.apache.kafka.tools.consumer.DefaultMessageFormatter",
  },
  property: {
    description: `(DEPRECATED) ${formatterProperties} \nThis option will be removed in a future version. Use --formatter-property instead.`,
    argument: "required",
    placeholder: "prop",
  },
  "formatter-property": { description: formatterProperties, argument: "required", placeholder: "prop" },
  "formatter-config": {
    description:
      "Config properties file to initialize the message formatter. Note that [formatter-property] takes precedence over this config.",
    argument: "required",
    placeholder: "config file",
  },
  "from-beginning": {
    description:
      "If the consumer does not already have an established offset to consume from, start with the earliest message present in the log rather than the latest message.",
  },
  "max-messages": {
    description: "The maximum number of messages to consume before exiting. If not set, consumption is continual.",
    argument: "required",
    type: "Integer",
    placeholder: "num_messages",
  },
  "timeout-ms": {
    description: "If specified, exit if no message is available for consumption for the specified interval.",
    argument: "required",
    type: "Long",
    placeholder: "timeout_ms",
  },
  "skip-message-on-error": {
    description: "If there is an error when processing a message, skip it instead of halt.",
  },
  "bootstrap-server": {
    description: "REQUIRED: The server(s) to connect to.",
    argument: "required",
    placeholder: "server to connect to",
  },
  "key-deserializer": {
    description: "The name of the class to use for deserializing keys.",
    argument: "required",
    placeholder: "deserializer for keys",
  },
  "value-deserializer": {
    description: "The name of the class to use for deserializing values.",
    argument: "required",
    placeholder: "deserializer for values",
  },
  "enable-systest-events": {
    description:
      "Log lifecycle events of the consumer in addition to logging consumed messages. (This is specific for system tests.)",
  },
  "isolation-level": {
    description:
      "Set to read_committed in order to filter out transactional messages which are not committed. Set to read_uncommitted to read all messages.",
    argument: "required",
    default: "read_uncommitted",
  },
  group: {
    description: "The consumer group id of the consumer.",
    argument: "required",
    placeholder: "consumer group id",
  },
} as const satisfies OptionTable;
