import { wholeMatch } from "../topics/topic-filter.ts";
import { connectConsumer } from "../client/consumer/connect-consumer.ts";
import { type Consumer } from "../client/consumer/consumer.ts";
import { ClientError } from "../client/kafka-error.ts";
import { ClientProperties, keyValues, readProperties } from "../command/properties.ts";
import { type Command } from "../command/run-command.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { checkExclusive, checkRequired } from "../options/checks.ts";
import { UsageError } from "../options/option-table.ts";
import { type ParsedOptions } from "../options/parse-options.ts";
import { type Clock } from "../../io/ports.ts";
import { consumerPerfOptions } from "./consumer-perf-options.ts";
import { formatDate } from "./date-format.ts";
import { Progress } from "./progress.ts";

type Options = ParsedOptions<typeof consumerPerfOptions>;

const pollMs = 100;
const recordsAtOnce = 500;

/** kafka-consumer-perf-test.sh */
export const consumerPerfCommand: Command<typeof consumerPerfOptions> = {
  options: consumerPerfOptions,
  summary: "This tool is used to verify the consumer performance.",
  explainsParseErrors: true,
  errorPrefix: ({ message }) => `${message}\n`,
  async run(options, terminal) {
    check(options, terminal);
    const intervalMs = options.value("reporting-interval") ?? 0;
    const isDetailed = options.has("show-detailed-stats");
    if (!options.has("hide-header")) terminal.print(header(isDetailed));
    const include = options.value("include") ?? "";
    const { cluster, consumer } = await connectConsumer(
      new ClientProperties(propertiesOf(options)),
      options.value("topic") ?? wholeMatch(include, `${include} is an invalid regex.`),
      terminal,
    );
    terminal.onInterrupt((code) => process.exit(code));
    const { clock } = cluster.ports;
    const startMs = clock.wallMs();
    const format = (timeMs: number) => formatDate(options.value("date-format") ?? "", timeMs);
    const progress = new Progress(startMs, isDetailed ? (line) => void terminal.print(line) : undefined, format);
    consumer.onAssigned = () => progress.joined(clock.wallMs());
    consumer.onRevoked = () => progress.joining(clock.wallMs());
    try {
      if (intervalMs <= 0)
        throw new ClientError("java.lang.IllegalArgumentException", "Reporting interval must be greater than 0.");
      await read(consumer, progress, options, clock, terminal);
      const endMs = clock.wallMs();
      if (!isDetailed) terminal.print(progress.summary(endMs));
      await consumer.close();
    } finally {
      cluster.close();
    }
    if (options.has("print-metrics")) terminal.print(progress.metrics());
    return 0;
  },
  errorText: (error) => `${error.message}\n${describeError(error)}`,
};

function check(options: Options, terminal: Terminal): void {
  checkRequired(options, "bootstrap-server");
  for (const [one, other] of [["topic", "include"] as const, ["messages", "num-records"] as const]) {
    if (options.has(one) === options.has(other))
      throw new UsageError(`Exactly one of the following arguments is required: [${one}], [${other}]`);
  }
  checkExclusive(options, "consumer.config", ["command-config"]);
  if (options.has("messages")) terminal.print("Warning: --messages is deprecated. Use --num-records instead.\n");
  if (options.has("consumer.config"))
    terminal.print("Warning: --consumer.config is deprecated. Use --command-config instead.\n");
}

function header(isDetailed: boolean): string {
  const [first, second] = isDetailed ? ["time", "threadId"] : ["start.time", "end.time"];
  return `${first}, ${second}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n`;
}

function propertiesOf(options: Options): Map<string, string> {
  const file = options.value("consumer.config") ?? options.value("command-config");
  const properties = new Map([
    ...(file === undefined ? [] : readProperties(file)),
    ...keyValues(options.all("command-property")),
  ]);
  properties.set("bootstrap.servers", options.value("bootstrap-server") ?? "");
  properties.set("group.id", options.value("group") ?? "");
  properties.set("max.partition.fetch.bytes", String(options.value("fetch-size")));
  properties.set("auto.offset.reset", options.has("from-latest") ? "latest" : "earliest");
  if (!properties.has("client.id")) properties.set("client.id", "perf-consumer-client");
  return properties;
}

async function read(
  consumer: Consumer,
  progress: Progress,
  options: Options,
  clock: Clock,
  terminal: Terminal,
): Promise<void> {
  const wanted = options.value("messages") ?? options.value("num-records") ?? 0;
  const timeoutMs = options.value("timeout") ?? 0;
  const intervalMs = options.value("reporting-interval") ?? 0;
  let nowMs = clock.wallMs();
  let consumedMs = nowMs;
  while (progress.records < wanted && nowMs - consumedMs <= timeoutMs) {
    await consumer.fill(pollMs);
    nowMs = clock.wallMs();
    for (let count = 0; count < recordsAtOnce; count++) {
      const record = consumer.next();
      if (record === undefined) break;
      consumedMs = nowMs;
      progress.add((record.key?.length ?? 0) + (record.value?.length ?? 0));
      progress.report(nowMs, intervalMs);
    }
  }
  if (progress.records >= wanted) return;
  terminal.print(
    `WARNING: Exiting before consuming the expected number of records: timeout (${timeoutMs} ms) exceeded. You can use the --timeout option to increase the timeout.\n`,
  );
}
