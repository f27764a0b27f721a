import { Admin } from "../client/admin/admin.ts";
import { type Cluster } from "../client/cluster.ts";
import { withCluster } from "../client/admin/connect-admin.ts";
import { executionError, KafkaError } from "../client/kafka-error.ts";
import { listOffsets, offsetSpecs } from "../client/admin/partition-offsets.ts";
import { partitionName, type TopicPartition } from "../client/topic-partition.ts";
import { type Command } from "../command/run-command.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { checkBootstrapServers, checkRequired } from "../options/checks.ts";
import { OptionError } from "../options/option-table.ts";
import { getOffsetsOptions } from "./get-offsets-options.ts";
import { filterOfOptions, filterOfRules, type PartitionFilter } from "./partition-filter.ts";
import { TerseError } from "./terse-error.ts";

const partitionsPerAnswer = 2_000;
const unknownOffset = -1;

/** kafka-get-offsets.sh */
export const getOffsetsCommand: Command<typeof getOffsetsOptions> = {
  options: getOffsetsOptions,
  summary: "An interactive shell for getting topic-partition offsets.",
  explainsParseErrors: false,
  errorPrefix: ({ message }) => `Error occurred: ${message}\n`,
  errorText(error) {
    if (isTerse(error)) return `Error occurred: ${error.message}\n`;
    return `Error occurred: ${error.message}\n${describeError(error)}`;
  },
  async run(options, terminal) {
    checkRequired(options, "bootstrap-server");
    const bootstrapServers = options.value("bootstrap-server") ?? "";
    checkBootstrapServers(bootstrapServers);
    const rules = options.has("topic-partitions");
    if (rules && (options.has("topic") || options.has("partitions"))) {
      throw new TerseError("--topic-partitions cannot be used with --topic or --partitions");
    }
    const timestamp = timestampOf(options.value("time") ?? "");
    const filter = rules
      ? filterOfRules(options.value("topic-partitions") ?? "")
      : filterOfOptions(options.value("topic"), options.value("partitions"));
    const client = {
      bootstrapServers,
      propertiesFile: options.value("command-config"),
      clientId: "GetOffsetShell",
      terminal,
    };
    return withCluster(client, async (cluster, timeoutMs) => {
      const admin = new Admin(cluster, timeoutMs);
      const partitions = await partitionsOf(admin, filter, options.has("exclude-internal-topics"));
      if (partitions.length === 0) {
        throw new TerseError("Could not match any topic-partitions with the specified filters");
      }
      await print(cluster, timeoutMs, partitions, timestamp, terminal);
      return 0;
    });
  },
};

/** Whether no stack follows in the Java tool. */
function isTerse(error: Error): boolean {
  return (
    error instanceof TerseError || (error instanceof OptionError && /Unrecognized|MissingRequired/.test(error.kind))
  );
}

/** @throws TerseError */
function timestampOf(text: string): number {
  if (Object.hasOwn(offsetSpecs, text)) return offsetSpecs[text as keyof typeof offsetSpecs];
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(value) < 2 ** 63) return value;
  throw new TerseError(
    `Malformed time argument ${text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp`,
  );
}

async function partitionsOf(
  admin: Admin,
  filter: PartitionFilter,
  excludesInternal: boolean,
): Promise<TopicPartition[]> {
  const topics = (await admin.topics.list().catch(executionError)).filter(
    ({ name, isInternal }) => filter.passesTopic(name) && !(excludesInternal && isInternal),
  );
  if (topics.length === 0) return [];
  const names = topics.map(({ name }) => name);
  const found = await admin.topics.describe(names, partitionsPerAnswer).catch(executionError);
  return found
    .flatMap(({ name, partitions }) => partitions.map(({ index }) => ({ topic: name, partition: index })))
    .filter((partition) => filter.passes(partition));
}

async function print(
  cluster: Cluster,
  timeoutMs: number,
  partitions: readonly TopicPartition[],
  timestamp: number,
  terminal: Terminal,
): Promise<void> {
  const work = { what: "Looking up offsets", total: partitions.length, unit: "partitions" };
  const offsets = await terminal.track(work, (tell) => listOffsets(cluster, timeoutMs, partitions, timestamp, tell));
  const lines: { name: string; line: string }[] = [];
  for (const partition of partitions) {
    const name = partitionName(partition);
    const offset = offsets.get(name);
    if (offset instanceof KafkaError) {
      terminal.printError(
        `Skip getting offsets for topic-partition ${name} due to error: ${offset.kind}: ${offset.message}\n`,
      );
    } else if (offset instanceof Error) {
      executionError(offset);
    } else if (offset !== undefined && offset !== unknownOffset) {
      lines.push({ name, line: `${partition.topic}:${partition.partition}:${offset}\n` });
    }
  }
  // As text: partition 10 comes before partition 2.
  lines.sort((one, other) => (one.name < other.name ? -1 : 1));
  terminal.print(lines.map(({ line }) => line).join(""));
}
