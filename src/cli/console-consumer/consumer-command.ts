import { connectConsumer } from "../client/consumer/connect-consumer.ts";
import { groupProtocolOf } from "../client/group/group-protocol.ts";
import { ClientProperties } from "../command/properties.ts";
import { type Command } from "../command/run-command.ts";
import { type Terminal } from "../command/terminal.ts";
import { wholeMatch } from "../topics/topic-filter.ts";
import { checkConsumerOptions, type ConsumerCall } from "./consumer-call.ts";
import { consumerOptions } from "./consumer-options.ts";
import { printRecords } from "./print-records.ts";

const source = "org.apache.kafka.tools.consumer.ConsoleConsumer";

/** kafka-console-consumer.sh */
export const consoleConsumerCommand: Command<typeof consumerOptions> = {
  options: consumerOptions,
  summary: "This tool helps to read data from Kafka topics and outputs it to standard output.",
  explainsParseErrors: true,
  errorPrefix: () => 'Exception in thread "main" ',
  async run(options, terminal) {
    const call = await checkConsumerOptions(options, terminal);
    if (call === undefined) return 1;
    try {
      return await consume(call, terminal);
    } catch (error) {
      terminal.log.error(source, "Unknown error when running consumer: ", error as Error);
      return 1;
    }
  },
};

async function consume(call: ConsumerCall, terminal: Terminal): Promise<number> {
  const properties = new ClientProperties(call.properties);
  const { cluster, consumer } = await connectConsumer(properties, sourceOf(call), terminal);
  if (call.partition === undefined && groupProtocolOf(properties) === "CLASSIC") {
    terminal.printError(
      "The consumer rebalance protocol (KIP-848) is production-ready! Set group.protocol=consumer to try it out. See https://kafka.apache.org/documentation/#consumer_rebalance_protocol\n",
    );
  }
  let exitCode = 0;
  terminal.onInterrupt((code) => {
    exitCode = code;
    consumer.wakeUp();
  });
  let count = 0;
  try {
    await printRecords(consumer, call, terminal, () => count++);
  } finally {
    await consumer.close();
    cluster.close();
    terminal.printError(`Processed a total of ${count} messages\n`);
  }
  if (call.printsEvents) terminal.print("shutdown_complete\n");
  return exitCode;
}

/** A pattern is matched here, in Java's syntax or what comes near it, whatever the group's protocol: as Kafka's tool does. */
function sourceOf({ topic, partition, start, include = "" }: ConsumerCall) {
  if (topic === undefined) return wholeMatch(include, `${include} is an invalid regex.`);
  return partition === undefined ? topic : { topic, partitions: [partition], start };
}
