import { commonOptions, type OptionTable } from "../options/option-table.ts";

const bytes = { argument: "optional", placeholder: "bytes", type: "Integer", default: 0 } as const;

/** The options of kafka-e2e-latency.sh. */
export const e2eLatencyOptions = {
  ...commonOptions,
  "bootstrap-server": {
    description: "REQUIRED: The Kafka broker list string in the form HOST1:PORT1,HOST2:PORT2.",
    argument: "required",
    placeholder: "bootstrap-server",
  },
  topic: { description: "REQUIRED: The topic to use for the test.", argument: "required", placeholder: "topic-name" },
  "num-records": {
    description: "REQUIRED: The number of messages to send.",
    argument: "required",
    placeholder: "count",
    type: "Integer",
  },
  "producer-acks": {
    description: "REQUIRED: Producer acknowledgements. Must be '1' or 'all'.",
    argument: "required",
    placeholder: "producer-acks",
  },
  "record-size": {
    description: "REQUIRED: The size of each message payload in bytes.",
    argument: "required",
    placeholder: "bytes",
    type: "Integer",
  },
  "record-key-size": {
    description: "Optional: The size of the message key in bytes. If not set, messages are sent without a key.",
    ...bytes,
  },
  "record-header-key-size": {
    description: "Optional: The size of the message header key in bytes. Used together with record-header-size.",
    ...bytes,
  },
  "record-header-size": {
    description: "Optional: The size of message header value in bytes. Use -1 for null header value.",
    ...bytes,
  },
  "num-headers": {
    description: "Optional: The number of headers to include in each message.",
    argument: "optional",
    placeholder: "count",
    type: "Integer",
    default: 0,
  },
  "command-config": {
    description: "Optional: A property file for Kafka producer/consumer/admin client configuration.",
    argument: "optional",
    placeholder: "config-file",
  },
} as const satisfies OptionTable;
