import { nodeRandom } from "../../io/node/node-random.ts";
import { type OffsetReset } from "../client/consumer/tracked-partition.ts";
import { keyValues, readProperties } from "../command/properties.ts";
import { type Terminal } from "../command/terminal.ts";
import { checkNotTogether, checkRequired } from "../options/checks.ts";
import { UsageError } from "../options/option-table.ts";
import { type ParsedOptions } from "../options/parse-options.ts";
import { type consumerOptions } from "./consumer-options.ts";
import { type Formatter } from "./default-formatter.ts";
import { formatterNamed } from "./formatters.ts";

type Options = ParsedOptions<typeof consumerOptions>;

/** What the command line asks for. */
export interface ConsumerCall {
  readonly topic: string | undefined;
  /** A regular expression in place of a topic. */
  readonly include: string | undefined;
  readonly partition: number | undefined;
  /** Where to start in the partition. */
  readonly start: number | OffsetReset;
  /** The consumer's, in Kafka's names. */
  readonly properties: ReadonlyMap<string, string>;
  readonly formatter: Formatter;
  /** Undefined when there is no limit. */
  readonly messagesMax: number | undefined;
  /** How long to wait for a record; undefined for ever. */
  readonly timeoutMs: number | undefined;
  readonly skipsErrors: boolean;
  readonly printsEvents: boolean;
}

/**
 * Checks the options in the order in which the Java tool does; undefined when it has said why not.
 * @throws UsageError
 */
export async function checkConsumerOptions(options: Options, terminal: Terminal): Promise<ConsumerCall | undefined> {
  if (options.has("topic") === options.has("include")) {
    throw new UsageError("Exactly one of the following arguments is required: [topic], [include]");
  }
  const partition = options.value("partition");
  checkPartition(options, partition);
  checkRequired(options, "bootstrap-server");
  checkNotTogether(options, "consumer-property", "command-property");
  checkNotTogether(options, "consumer.config", "command-config");
  const deprecated = (old: keyof typeof consumerOptions, replacement: string): void => {
    if (!options.has(old)) return;
    terminal.print(
      `Option --${old} is deprecated and will be removed in a future version. Use --${replacement} instead.\n`,
    );
  };
  deprecated("consumer-property", "command-property");
  deprecated("consumer.config", "command-config");

  const properties = consumerProperties(options, partition);
  const reset = properties.get("auto.offset.reset");
  if (reset !== undefined && options.has("from-beginning") && reset !== "earliest") {
    terminal.printError(
      `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${reset}', please remove one option\n`,
    );
    return undefined;
  }
  properties.set("auto.offset.reset", reset ?? (options.has("from-beginning") ? "earliest" : "latest"));
  const start = startOffset(options);
  const timeoutMs = options.value("timeout-ms") ?? -1;
  checkNotTogether(options, "property", "formatter-property");
  deprecated("property", "formatter-property");
  const formatter = await formatterNamed(options.value("formatter") ?? "", formatterProperties(options), terminal.log);
  const messagesMax = options.value("max-messages") ?? -1;
  return {
    topic: options.value("topic"),
    include: options.value("include"),
    partition,
    start,
    properties,
    formatter,
    messagesMax: messagesMax === -1 ? undefined : messagesMax,
    timeoutMs: timeoutMs < 0 ? undefined : timeoutMs,
    skipsErrors: options.has("skip-message-on-error"),
    printsEvents: options.has("enable-systest-events"),
  };
}

function checkPartition(options: Options, partition: number | undefined): void {
  if (partition === undefined) {
    if (options.has("offset")) throw new UsageError("The partition is required when offset is specified.");
    return;
  }
  if (!options.has("topic")) throw new UsageError("The topic is required when partition is specified.");
  if (options.has("from-beginning") && options.has("offset")) {
    throw new UsageError("Options from-beginning and offset cannot be specified together.");
  }
}

function consumerProperties(options: Options, partition: number | undefined): Map<string, string> {
  const file = options.value(options.has("consumer.config") ? "consumer.config" : "command-config");
  const fromFile = file === undefined ? new Map<string, string>() : readProperties(file);
  const given = keyValues(options.all(options.has("consumer-property") ? "consumer-property" : "command-property"));
  const groups = [options.value("group"), fromFile.get("group.id"), given.get("group.id")];
  const [group, ...others] = new Set(groups.filter((id) => id !== undefined));
  if (others.length > 0) {
    throw new UsageError(
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: ${[group, ...others].map((id) => `'${id}'`).join(", ")}`,
    );
  }
  if (group !== undefined && partition !== undefined) {
    throw new UsageError("Options group and partition cannot be specified together.");
  }
  const properties = new Map([...fromFile, ...given]);
  properties.set("bootstrap.servers", options.value("bootstrap-server") ?? "");
  if (!properties.has("client.id")) properties.set("client.id", "console-consumer");
  if (options.has("isolation-level") || !properties.has("isolation.level")) {
    properties.set("isolation.level", options.value("isolation-level") ?? "");
  }
  // The offsets of a group that ends with the command are of no use to anyone.
  if (group === undefined && !properties.has("enable.auto.commit")) properties.set("enable.auto.commit", "false");
  properties.set("group.id", group ?? `console-consumer-${Math.floor(nodeRandom.float() * 100_000)}`);
  return properties;
}

function startOffset(options: Options): number | OffsetReset {
  if (!options.has("offset")) return options.has("from-beginning") ? "earliest" : "latest";
  const text = options.value("offset") ?? "";
  const lower = text.toLowerCase();
  if (lower === "earliest" || lower === "latest") return lower;
  if (/^\+?\d+$/.test(text)) return Number(text);
  throw new UsageError(
    `The provided offset value '${text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
  );
}

function formatterProperties(options: Options): Map<string, string> {
  const file = options.value("formatter-config");
  const properties = file === undefined ? new Map<string, string>() : readProperties(file);
  for (const name of ["key-deserializer", "value-deserializer"] as const) {
    const given = options.value(name) ?? "";
    if (given !== "") properties.set(name.replace("-", "."), given);
  }
  return new Map([
    ...properties,
    ...keyValues(options.all(options.has("property") ? "property" : "formatter-property")),
  ]);
}
