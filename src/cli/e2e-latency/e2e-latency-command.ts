import { Admin } from "../client/admin/admin.ts";
import { type Cluster } from "../client/cluster.ts";
import { withCluster } from "../client/admin/connect-admin.ts";
import { connectProducer } from "../client/producer/connect-producer.ts";
import { Consumer } from "../client/consumer/consumer.ts";
import { consumerSettings } from "../client/consumer/consumer-settings.ts";
import { ClientError, executionError } from "../client/kafka-error.ts";
import { type Producer } from "../client/producer/producer.ts";
import { type OutgoingRecord } from "../client/producer/producer-settings.ts";
import { ClientProperties, readProperties } from "../command/properties.ts";
import { type Command, runCommand } from "../command/run-command.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { checkRequired } from "../options/checks.ts";
import { UsageError } from "../options/option-table.ts";
import { type ParsedOptions } from "../options/parse-options.ts";
import { e2eLatencyOptions } from "./e2e-latency-options.ts";
import { JavaRandom } from "./java-random.ts";
import { checkReceived } from "./received-record.ts";

type Options = ParsedOptions<typeof e2eLatencyOptions>;

const required = ["bootstrap-server", "topic", "num-records", "producer-acks", "record-size"] as const;
const receiveTimeoutMs = 60_000;
const progressInterval = 1_000;
const [letters, firstLetter] = [26, 65];

/** kafka-e2e-latency.sh, whose options may also be given as mere values in their order. */
export async function e2eLatencyTool(args: readonly string[], terminal: Terminal): Promise<number> {
  const isNamed = args.length === 0 || args.some((arg) => required.some((name) => arg === `--${name}`));
  if (isNamed) return runCommand(e2eLatencyCommand, args, terminal);
  if (args.length !== required.length && args.length !== required.length + 1) {
    terminal.printError(
      `Invalid number of arguments. Expected 5 or 6 positional arguments, but got ${args.length}. Usage: bootstrap-server topic num-records producer-acks record-size [optional] command-config\n`,
    );
    return 1;
  }
  terminal.print(
    "WARNING: Positional argument usage is deprecated and will be removed in Apache Kafka 5.0. Please use named arguments instead: --bootstrap-server, --topic, --num-records, --producer-acks, --record-size, --command-config\n",
  );
  const named = [...required, "command-config"].flatMap((name, index) => {
    const value = args[index];
    return value === undefined ? [] : [`--${name}`, value];
  });
  return runCommand(e2eLatencyCommand, named, terminal);
}

export const e2eLatencyCommand: Command<typeof e2eLatencyOptions> = {
  options: e2eLatencyOptions,
  summary: "This tool measures end-to-end latency in Kafka by sending messages and timing their reception.",
  explainsParseErrors: true,
  errorPrefix: ({ message }) => `${message}\n`,
  errorText: (error) => `${error.message}\n${describeError(error)}`,
  async run(options, terminal) {
    check(options);
    const topic = options.value("topic") ?? "";
    const file = options.value("command-config");
    const bootstrapServers = options.value("bootstrap-server") ?? "";
    const properties = new Map(file === undefined ? [] : readProperties(file));
    properties.set("bootstrap.servers", bootstrapServers);
    const consumerProperties = new ClientProperties(
      new Map([
        ...properties,
        ["enable.auto.commit", "false"],
        ["auto.offset.reset", "latest"],
        ["fetch.max.wait.ms", "0"],
      ]),
    );
    const producerProperties = new ClientProperties(
      new Map([...properties, ["linger.ms", "0"], ["acks", options.value("producer-acks") ?? "all"]]),
    );
    terminal.onInterrupt((code) => process.exit(code));
    await withCluster({ bootstrapServers, propertiesFile: file, terminal }, async (cluster, timeoutMs) => {
      const partitions = await partitionsOf(cluster, timeoutMs, topic, terminal);
      const loadCompute = async () => (await import("../../io/node/node-compute.ts")).nodeCompute;
      const consumer = new Consumer(cluster, loadCompute, consumerSettings(consumerProperties), {
        topic,
        partitions,
        start: "latest",
      });
      const connected = await connectProducer(producerProperties, terminal);
      try {
        await consumer.positioned();
        await measure(options, consumer, connected.producer, connected.cluster, terminal);
      } finally {
        await consumer.close();
        connected.cluster.close();
      }
    });
    return 0;
  },
};

function check(options: Options): void {
  checkRequired(options, ...required);
  const refuse = (isWrong: boolean, message: string): void => {
    if (isWrong) throw new UsageError(message);
  };
  refuse(
    !["1", "all"].includes(options.value("producer-acks") ?? ""),
    "Invalid value for --producer-acks. Latency testing requires synchronous acknowledgement. Please use '1' or 'all'.",
  );
  refuse((options.value("num-records") ?? 0) <= 0, "Value for --num-records must be a positive integer.");
  for (const name of ["record-size", "record-key-size", "record-header-key-size"] as const)
    refuse((options.value(name) ?? 0) < 0, `Value for --${name} must be a non-negative integer.`);
  refuse(
    (options.value("record-header-size") ?? 0) < -1,
    "Value for --record-header-size must be a non-negative integer or -1 for null header value.",
  );
  refuse((options.value("num-headers") ?? 0) < 0, "Value for --num-headers must be a non-negative integer.");
}

/** The partitions of the topic, which is made when it is missing. */
async function partitionsOf(
  cluster: Cluster,
  timeoutMs: number,
  topic: string,
  terminal: Terminal,
): Promise<readonly number[]> {
  const { topics } = new Admin(cluster, timeoutMs);
  if (!(await topics.list()).some(({ name }) => name === topic)) {
    terminal.print(
      `Topic "${topic}" does not exist. Will create topic with 1 partition(s) and replication factor = 1\n`,
    );
    try {
      await topics.create({ name: topic, partitions: 1, replicationFactor: 1, assignment: [], configs: new Map() });
    } catch (error) {
      terminal.print(`Creation of topic ${topic} failed\n`);
      executionError(error);
    }
  }
  return cluster.retry(`Timeout expired while fetching topic metadata`, timeoutMs, async () => {
    const [found] = await cluster.refreshTopics([topic], false);
    if (found === undefined) throw new ClientError("", "not there yet", true);
    return found.partitions.map(({ index }) => index);
  });
}

async function measure(
  options: Options,
  consumer: Consumer,
  producer: Producer,
  { ports: { clock } }: Cluster,
  terminal: Terminal,
): Promise<void> {
  const topic = options.value("topic") ?? "";
  const count = options.value("num-records") ?? 0;
  const random = new JavaRandom(0);
  const latencies: number[] = [];
  let totalMs = 0;
  for (let index = 0; index < count; index++) {
    const record = recordFrom(random, options);
    const beginMs = clock.monotonicMs();
    await sendAndWait(producer, topic, record);
    await consumer.fill(receiveTimeoutMs);
    const elapsedMs = clock.monotonicMs() - beginMs;
    checkReceived(record, consumer, receiveTimeoutMs);
    if (index % progressInterval === 0) terminal.print(`${index}\t${Number(elapsedMs.toFixed(6))}\n`);
    totalMs += elapsedMs;
    latencies.push(Math.floor(elapsedMs));
  }
  latencies.sort((a, b) => a - b);
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => latencies[Math.floor(count * share)]);
  terminal.print(`Avg latency: ${(totalMs / count).toFixed(4)} ms\n`);
  terminal.print(`Percentiles: 50th = ${p50}, 99th = ${p99}, 99.9th = ${p999}\n`);
}

/** One letter, as often as it takes, for each field; the letters are those of the Java tool. */
function recordFrom(random: JavaRandom, options: Options): OutgoingRecord {
  const field = (length: number) => Buffer.alloc(length, firstLetter + random.below(letters));
  const key = field(options.value("record-key-size") ?? 0);
  const value = field(options.value("record-size") ?? 0);
  const headerBytes = options.value("record-header-size") ?? 0;
  const headers = Array.from({ length: options.value("num-headers") ?? 0 }, () => ({
    key: field(options.value("record-header-key-size") ?? 0).toString(),
    value: headerBytes < 0 ? null : field(headerBytes),
  }));
  return { key, value, headers };
}

async function sendAndWait(producer: Producer, topic: string, record: OutgoingRecord): Promise<void> {
  const failure = await new Promise<Error | undefined>((resolve) => void producer.append(topic, record, resolve));
  if (failure !== undefined) executionError(failure);
}
