import { nodeRandom } from "../../io/node/node-random.ts";
import { commonOptions, type OptionTable } from "../options/option-table.ts";

/** The options of kafka-consumer-perf-test.sh. */
export const consumerPerfOptions = {
  ...commonOptions,
  "bootstrap-server": {
    description: "REQUIRED: The server(s) to connect to.",
    argument: "required",
    placeholder: "server to connect to",
  },
  topic: { description: "The topic to consume from.", argument: "required", placeholder: "topic" },
  include: {
    description: "Regular expression specifying list of topics to include for consumption.",
    argument: "required",
    placeholder: "Java regex (String)",
  },
  group: {
    description: "The group id to consume on.",
    argument: "required",
    placeholder: "gid",
    default: `perf-consumer-${Math.floor(nodeRandom.float() * 100_000)}`,
  },
  "fetch-size": {
    description: "The maximum amount of data to fetch from a single partition per request.",
    argument: "required",
    placeholder: "size",
    type: "Integer",
    default: 1_048_576,
  },
  "command-property": {
    description:
      "Kafka consumer related configuration properties like client.id. These configs take precedence over those passed via --command-config or --consumer.config.",
    argument: "required",
    placeholder: "prop1=val1",
  },
  "from-latest": {
    description:
      "If the consumer does not already have an established offset to consume from, start with the latest record present in the log rather than the earliest record.",
  },
  "socket-buffer-size": {
    description: "The size of the tcp RECV size.",
    argument: "required",
    placeholder: "size",
    type: "Integer",
    default: 2_097_152,
  },
  "consumer.config": {
    description:
      "(DEPRECATED) Consumer config properties file. This option will be removed in a future version. Use --command-config instead.",
    argument: "required",
    placeholder: "config file",
  },
  "command-config": { description: "Config properties file.", argument: "required", placeholder: "config file" },
  "print-metrics": { description: "Print out the metrics." },
  "show-detailed-stats": {
    description: "If set, stats are reported for each reporting interval as configured by reporting-interval.",
  },
  timeout: {
    description: "The maximum allowed time in milliseconds between returned records.",
    argument: "optional",
    placeholder: "milliseconds",
    type: "Long",
    default: 10_000,
  },
  messages: {
    description:
      "(DEPRECATED) The number of records to consume. This option will be removed in a future version. Use --num-records instead.",
    argument: "required",
    placeholder: "count",
    type: "Long",
  },
  "num-records": {
    description: "REQUIRED: The number of records to consume.",
    argument: "required",
    placeholder: "count",
    type: "Long",
  },
  "reporting-interval": {
    description: "Interval in milliseconds at which to print progress info.",
    argument: "required",
    placeholder: "interval_ms",
    type: "Long",
    default: 5_000,
  },
  "date-format": {
    description: "The date format to use for formatting the time field. See java.text.SimpleDateFormat for options.",
    argument: "required",
    placeholder: "date format",
    default: "yyyy-MM-dd HH:mm:ss:SSS",
  },
  "hide-header": { description: "If set, skips printing the header for the stats." },
} as const satisfies OptionTable;
