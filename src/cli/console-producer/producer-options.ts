import { commonOptions, type OptionTable } from "../options/option-table.ts";

const readerProperties = [
  "A mechanism to pass user-defined properties in the form key=value to the message reader. This allows custom configuration for a user-defined message reader.",
  "Default properties include:",
  " parse.key=false",
  " parse.headers=false",
  " ignore.error=false",
  " key.separator=\\t",
  " headers.delimiter=\\t",
  " headers.separator=,",
  " headers.key.separator=:",
  " null.marker=   When set, any fields (key, value and headers) equal to this will be replaced by null",
  "Default parsing pattern when:",
  " parse.headers=true and parse.key=true:",
  '  "h1:v1,h2:v2...\\tkey\\tvalue"',
  " parse.key=true:",
  '  "key\\tvalue"',
  " parse.headers=true:",
  '  "h1:v1,h2:v2...\\tvalue"',
].join("\n");

/** The one reader that there is: Kafka's own class can be named, others cannot be loaded. */
export const lineReaderClass = "org.apache.kafka.tools.LineMessageReader";

/** The options of kafka-console-producer.sh. */
export const producerOptions = {
  ...commonOptions,
  topic: {
    description: "REQUIRED: The topic name to produce messages to.",
    argument: "required",
    placeholder: "topic",
  },
  "bootstrap-server": {
    description: "REQUIRED: The server(s) to connect to. The broker list string in the form HOST1:PORT1,HOST2:PORT2.",
    argument: "required",
    placeholder: "server to connect to",
  },
  sync: {
    description: "If set message send requests to the brokers are synchronously, one at a time as they arrive.",
  },
  "compression-codec": {
    description:
      "The compression codec: either 'none', 'gzip', 'snappy', 'lz4', or 'zstd'.If specified without value, then it defaults to 'gzip'",
    argument: "optional",
    placeholder: "compression-codec",
  },
  "batch-size": {
    description:
      "The buffer size in bytes allocated for a partition. When records are received which are smaller than this size the producer will attempt to optimistically group them together until this size is reached. This is the option to control batch.size in producer configs. Please note that this option will be replaced if max-partition-memory-bytes is also set.",
    argument: "required",
    type: "Integer",
    placeholder: "size",
    default: 16_384,
  },
  "message-send-max-retries": {
    description:
      "Brokers can fail receiving the message for multiple reasons, and being unavailable transiently is just one of them. This property specifies the number of retries before the producer give up and drop this message. This is the option to control `retries` in producer configs.",
    argument: "required",
    type: "Integer",
    default: 3,
  },
  "retry-backoff-ms": {
    description:
      "Before each retry, the producer refreshes the metadata of relevant topics. Since leader election takes a bit of time, this property specifies the amount of time that the producer waits before refreshing the metadata. This is the option to control `retry.backoff.ms` in producer configs.",
    argument: "required",
    type: "Long",
    default: 100,
  },
  timeout: {
    description:
      "If set and the producer is running in asynchronous mode, this gives the maximum amount of time a message will queue awaiting sufficient batch size. The value is given in ms. This is the option to control `linger.ms` in producer configs.",
    argument: "required",
    type: "Long",
    placeholder: "timeout_ms",
    default: 1_000,
  },
  "request-required-acks": {
    description: "The required `acks` of the producer requests",
    argument: "required",
    placeholder: "request required acks",
    default: "-1",
  },
  "request-timeout-ms": {
    description: "The ack timeout of the producer requests. Value must be non-negative and non-zero.",
    argument: "required",
    type: "Integer",
    placeholder: "request timeout ms",
    default: 1_500,
  },
  "metadata-expiry-ms": {
    description:
      "The period of time in milliseconds after which we force a refresh of metadata even if we haven't seen any leadership changes. This is the option to control `metadata.max.age.ms` in producer configs.",
    argument: "required",
    type: "Long",
    placeholder: "metadata expiration interval",
    default: 300_000,
  },
  "max-block-ms": {
    description: "The max time that the producer will block for during a send request.",
    argument: "required",
    type: "Long",
    placeholder: "max block on send",
    default: 60_000,
  },
  "max-memory-bytes": {
    description:
      "The total memory used by the producer to buffer records waiting to be sent to the server. This is the option to control `buffer.memory` in producer configs.",
    argument: "required",
    type: "Long",
    placeholder: "total memory in bytes",
    default: 33_554_432,
  },
  "max-partition-memory-bytes": {
    description:
      "(Deprecated) The buffer size in bytes allocated for a partition. When records are received which are smaller than this size the producer will attempt to optimistically group them together until this size is reached. This is the option to control batch.size in producer configs. This option will be removed in Apache Kafka 5.0. Use --batch-size instead.",
    argument: "required",
    type: "Integer",
    placeholder: "memory in bytes per partition",
    default: 16_384,
  },
  "line-reader": {
    description:
      "The class name of the class to use for reading lines from standard in. By default each line is read as a separate message.",
    argument: "required",
    placeholder: "reader_class",
    default: lineReaderClass,
  },
  "socket-buffer-size": {
    description:
      "The size of the tcp RECV size. This is the option to control `send.buffer.bytes` in producer configs.",
    argument: "required",
    type: "Integer",
    placeholder: "size",
    default: 102_400,
  },
  property: {
    description: `(DEPRECATED) ${readerProperties}\n This option will be removed in a future version. Use --reader-property instead.`,
    argument: "required",
    placeholder: "prop",
  },
  "reader-property": { description: readerProperties, argument: "required", placeholder: "prop" },
  "reader-config": {
    description:
      "Config properties file for the message reader. Note that [reader-property] takes precedence over this config.",
    argument: "required",
    placeholder: "config file",
  },
  "producer-property": {
    description:
      "(DEPRECATED) Producer config properties in the form key=value. This option will be removed in a future version. Use --command-property instead.",
    argument: "required",
    placeholder: "producer_prop",
  },
  "command-property": {
    description: "Producer config properties in the form key=value.",
    argument: "required",
    placeholder: "producer_prop",
  },
  "producer.config": {
    description:
      "(DEPRECATED) Producer config properties file. Note that [command-property] takes precedence over this config. This option will be removed in a future version. Use --command-config instead.",
    argument: "required",
    placeholder: "config file",
  },
  "command-config": {
    description: "Producer config properties file. Note that [command-property] takes precedence over this config.",
    argument: "required",
    placeholder: "config file",
  },
} as const satisfies OptionTable;
