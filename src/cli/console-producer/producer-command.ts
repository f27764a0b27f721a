import { ClientError } from "../client/kafka-error.ts";
import { connectProducer } from "../client/producer/connect-producer.ts";
import { type Producer } from "../client/producer/producer.ts";
import { ClientProperties, keyValues, readProperties } from "../command/properties.ts";
import { type Command } from "../command/run-command.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { checkBootstrapServers, checkNotTogether, checkRequired } from "../options/checks.ts";
import { OptionError } from "../options/option-table.ts";
import { type ParsedOptions } from "../options/parse-options.ts";
import { type LineFormat, lineFormatOf, linesOf, recordOf } from "./line-reader.ts";
import { lineReaderClass, producerOptions } from "./producer-options.ts";

type Options = ParsedOptions<typeof producerOptions>;
type Name = keyof typeof producerOptions;

/** kafka-console-producer.sh */
export const consoleProducerCommand: Command<typeof producerOptions> = {
  options: producerOptions,
  summary: "This tool helps to read data from standard input and publish it to Kafka.",
  explainsParseErrors: true,
  errorPrefix: () => "",
  async run(options, terminal) {
    checkOptions(options, terminal);
    try {
      const format = readerFormat(options);
      const properties = new ClientProperties(producerProperties(options));
      const { cluster, producer } = await connectProducer(properties, terminal);
      terminal.onInterrupt((exitCode) => void producer.close().then(() => process.exit(exitCode)));
      try {
        await sendLines(producer, format, options, terminal);
      } finally {
        // Kafka's tool sends what it has read even when a later line made it stop.
        await producer.close();
        cluster.close();
      }
      return 0;
    } catch (error) {
      terminal.printError(error instanceof OptionError ? `${error.message}\n` : describeError(error as Error));
      return 1;
    }
  },
};

function checkOptions(options: Options, terminal: Terminal): void {
  checkRequired(options, "topic");
  checkNotTogether(options, "command-config", "producer.config");
  checkNotTogether(options, "command-property", "producer-property");
  checkNotTogether(options, "reader-property", "property");
  for (const [old, replacement] of deprecated) {
    if (!options.has(old)) continue;
    const removal = old === "max-partition-memory-bytes" ? "Apache Kafka 5.0" : "a future version";
    terminal.print(
      `Warning: --${old} is deprecated and will be removed in ${removal}. Use --${replacement} instead.\n`,
    );
  }
  checkBootstrapServers(options.value("bootstrap-server") ?? "");
}

const deprecated: readonly [Name, Name][] = [
  ["producer-property", "command-property"],
  ["producer.config", "command-config"],
  ["property", "reader-property"],
  ["max-partition-memory-bytes", "batch-size"],
];

function readerFormat(options: Options): LineFormat {
  const reader = options.value("line-reader");
  if (reader !== lineReaderClass) throw new ClientError("java.lang.ClassNotFoundException", reader ?? "");
  const file = options.value("reader-config");
  const given = keyValues(options.all(options.has("property") ? "property" : "reader-property"));
  return lineFormatOf(new Map([...(file === undefined ? [] : readProperties(file)), ...given]));
}

/** The option of a setting wins where it was given; else the file and the properties; else the option's default. */
const settingOptions: readonly [string, Name][] = [
  ["linger.ms", "timeout"],
  ["acks", "request-required-acks"],
  ["request.timeout.ms", "request-timeout-ms"],
  ["retries", "message-send-max-retries"],
  ["retry.backoff.ms", "retry-backoff-ms"],
  ["send.buffer.bytes", "socket-buffer-size"],
  ["buffer.memory", "max-memory-bytes"],
  ["batch.size", "batch-size"],
  ["batch.size", "max-partition-memory-bytes"],
  ["metadata.max.age.ms", "metadata-expiry-ms"],
  ["max.block.ms", "max-block-ms"],
];

function producerProperties(options: Options): Map<string, string> {
  const file = options.value(options.has("producer.config") ? "producer.config" : "command-config");
  const given = keyValues(options.all(options.has("producer-property") ? "producer-property" : "command-property"));
  const properties = new Map([...(file === undefined ? [] : readProperties(file)), ...given]);
  properties.set("bootstrap.servers", options.value("bootstrap-server") ?? "");
  properties.set("compression.type", compressionOf(options));
  if (!properties.has("client.id")) properties.set("client.id", "console-producer");
  for (const [key, name] of settingOptions) {
    const value = options.value(name);
    if (value !== undefined && (options.has(name) || !properties.has(key))) properties.set(key, String(value));
  }
  // Nothing else can fill the batch while its sender waits for the answer.
  if (options.has("sync")) properties.set("linger.ms", "0");
  return properties;
}

function compressionOf(options: Options): string {
  if (!options.has("compression-codec")) return "none";
  return options.value("compression-codec") || "gzip";
}

async function sendLines(producer: Producer, format: LineFormat, options: Options, terminal: Terminal): Promise<void> {
  const topic = options.value("topic") ?? "";
  const isSync = options.has("sync");
  const prompt = () => terminal.isInteractive && terminal.print(">");
  let lineNumber = 0;
  prompt();
  for await (const lines of linesOf(terminal.input)) {
    for (const line of lines) {
      const record = recordOf(line, ++lineNumber, format);
      if (isSync) await sendAndWait(producer, topic, record);
      else await producer.append(topic, record, (error) => error && logFailure(terminal, topic, record, error));
      prompt();
    }
  }
}

type SentRecord = ReturnType<typeof recordOf>;

async function sendAndWait(producer: Producer, topic: string, record: SentRecord): Promise<void> {
  const { promise, resolve, reject } = withResolvers();
  await producer.append(topic, record, (error) => (error === undefined ? resolve() : reject(error)));
  try {
    await promise;
  } catch (error) {
    const { message } = error as Error;
    const kind = error instanceof ClientError ? `${error.kind}: ` : "";
    throw new ClientError("java.util.concurrent.ExecutionException", `${kind}${message}`, false, error as Error);
  }
}

function withResolvers() {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function logFailure(terminal: Terminal, topic: string, record: SentRecord, error: Error): void {
  const sizeOf = (bytes: Buffer | null) => (bytes === null ? "null" : `${bytes.length} bytes`);
  terminal.log.error(
    "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback",
    `Error when sending message to topic ${topic} with key: ${sizeOf(record.key)}, value: ${sizeOf(record.value)} with error:`,
    error,
  );
}
