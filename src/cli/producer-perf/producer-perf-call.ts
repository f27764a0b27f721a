import { randomUuid } from "../../base/uuid.ts";
import { nodeRandom } from "../../io/node/node-random.ts";
import { ArgumentError } from "../arguments/argument-table.ts";
import { type GivenArguments } from "../arguments/given-arguments.ts";
import { ClientError } from "../client/kafka-error.ts";
import { readProperties } from "../command/properties.ts";
import { type Terminal } from "../command/terminal.ts";
import { payloadsOf, readPayloads } from "./payloads.ts";

const transactionMsDefault = 3_000;
const intervalMsDefault = 5_000;

/** What the command line asks for. */
export interface ProducerPerfCall {
  readonly topic: string;
  readonly count: number;
  readonly warmupCount: number;
  readonly perSecond: number;
  readonly intervalMs: number;
  readonly nextPayload: (index: number) => Buffer;
  /** The producer's, in Kafka's names. */
  readonly properties: ReadonlyMap<string, string>;
  /** How long each transaction takes; undefined without transactions. */
  readonly transactionMs: number | undefined;
  readonly printsMetrics: boolean;
}

/**
 * Checks what was given in the order in which the Java tool does.
 * @throws ArgumentError when that is wrong; ClientError when a file is
 */
export function producerPerfCall(given: GivenArguments, terminal: Terminal): ProducerPerfCall {
  const count = given.number("num-records") ?? 0;
  const warmupCount = Math.max(given.number("warmup-records") ?? 0, 0);
  const recordSize = given.number("record-size");
  const transactionMs = given.number("transaction-duration-ms");
  const intervalMs = given.number("reporting-interval") ?? intervalMsDefault;
  const refuse = (isWrong: boolean, message: string): void => {
    if (isWrong) throw new ArgumentError(message);
  };
  refuse(count <= 0, "--num-records should be greater than zero.");
  refuse(
    warmupCount >= count,
    "The value for --warmup-records must be strictly fewer than the number of records in the test, --num-records.",
  );
  refuse(recordSize !== undefined && recordSize <= 0, "--record-size should be greater than zero.");
  refuse(
    !clientOptions.some((name) => given.has(name)),
    "At least one of --bootstrap-server, --command-property, --producer-props, --producer.config or --command-config must be specified.",
  );
  for (const [name, old] of renamed)
    refuse(given.has(name) && given.has(old), `--${name} and --${old} cannot be specified together.`);
  refuse(transactionMs !== undefined && transactionMs <= 0, "--transaction-duration-ms should be greater than zero.");
  refuse(intervalMs <= 0, "--reporting-interval should be greater than zero.");
  const delimiter = given.text("payload-delimiter") ?? "\\n";
  const file = given.text("payload-file");
  const payloads =
    file === undefined
      ? []
      : readPayloads(file, delimiter === "\\n" ? "\n" : delimiter, (text) => terminal.print(text));
  const properties = propertiesOf(given, terminal);
  const isTransactional =
    transactionMs !== undefined || given.has("transactional-id") || properties.has("transactional.id");
  if (isTransactional) {
    const id = given.text("transactional-id") ?? properties.get("transactional.id");
    properties.set("transactional.id", id ?? `performance-producer-${randomUuid(nodeRandom)}`);
  }
  return {
    topic: given.text("topic") ?? "",
    count,
    warmupCount,
    perSecond: given.number("throughput") ?? -1,
    intervalMs,
    nextPayload: payloadsOf(payloads, recordSize),
    properties,
    transactionMs: isTransactional ? (transactionMs ?? transactionMsDefault) : undefined,
    printsMetrics: given.has("print-metrics"),
  };
}

const clientOptions = ["bootstrap-server", "command-property", "producer-props", "producer.config", "command-config"];
const renamed: readonly [string, string][] = [
  ["command-property", "producer-props"],
  ["command-config", "producer.config"],
];

function propertiesOf(given: GivenArguments, terminal: Terminal): Map<string, string> {
  for (const [name, old] of renamed) {
    if (!given.has(old)) continue;
    terminal.print(
      `Option --${old} has been deprecated and will be removed in a future version. Use --${name} instead.\n`,
    );
  }
  const file = given.text("producer.config") ?? given.text("command-config");
  const properties = file === undefined ? new Map<string, string>() : readProperties(file);
  for (const property of given.list("producer-props") ?? given.list("command-property") ?? []) {
    // As Java splits: what is empty at the end does not count.
    const pieces = property.replace(/=+$/, "").split("=");
    const [name, value] = pieces;
    if (pieces.length !== 2 || name === undefined || value === undefined)
      throw new ClientError("java.lang.IllegalArgumentException", `Invalid property: ${property}`);
    properties.set(name, value);
  }
  const servers = given.text("bootstrap-server");
  if (servers !== undefined) properties.set("bootstrap.servers", servers);
  return properties;
}
