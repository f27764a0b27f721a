import { Cluster } from "../client/cluster.ts";
import { Consumer, type Subscription } from "../client/consumer/consumer.ts";
import { GroupMember } from "../client/group/classic-membership.ts";
import { ClientError, ConfigurationError } from "../client/kafka-error.ts";
import { nodeClientPorts } from "../client/node-client-ports.ts";
import { ClientProperties } from "../command/properties.ts";
import { type Command } from "../command/run-command.ts";
import { type Terminal } from "../command/terminal.ts";
import { wholeMatch } from "../topics/topic-filter.ts";
import { checkConsumerOptions, type ConsumerCall } from "./consumer-call.ts";
import { consumerOptions } from "./consumer-options.ts";
import { consumerSettings } from "../client/consumer/consumer-settings.ts";
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
  const settings = consumerSettings(properties);
  const cluster = await createCluster(properties, terminal);
  if (call.partition === undefined) {
    terminal.printError(
      "The consumer rebalance protocol (KIP-848) is production-ready! Set group.protocol=consumer to try it out. See https://kafka.apache.org/documentation/#consumer_rebalance_protocol\n",
    );
  }
  const loadCompute = async () => (await import("../../io/node/node-compute.ts")).nodeCompute;
  const consumer = new Consumer(cluster, loadCompute, settings, subscriptionOf(call, cluster, properties));
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

async function createCluster(properties: ClientProperties, terminal: Terminal): Promise<Cluster> {
  const clientId = properties.text("client.id") ?? "";
  try {
    return await Cluster.create(nodeClientPorts, {
      bootstrapServers: properties.text("bootstrap.servers") ?? "",
      clientId,
      logPrefix: `[Consumer clientId=${clientId}, groupId=${properties.text("group.id")}]`,
      isAdmin: false,
      requestTimeoutMs: properties.number("request.timeout.ms", 30_000),
      retryBackoffMs: properties.number("retry.backoff.ms", 100),
      log: terminal.log,
    });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ClientError("org.apache.kafka.common.KafkaException", "Failed to construct kafka consumer", false, error);
  }
}

function subscriptionOf(call: ConsumerCall, cluster: Cluster, properties: ClientProperties): Subscription {
  const { topic, partition } = call;
  if (topic !== undefined && partition !== undefined) return { kind: "partition", topic, partition, start: call.start };
  const member = new GroupMember(cluster, {
    groupId: properties.text("group.id") ?? "",
    instanceId: properties.text("group.instance.id") ?? null,
    sessionTimeoutMs: properties.number("session.timeout.ms", 45_000),
    heartbeatIntervalMs: properties.number("heartbeat.interval.ms", 3_000),
    rebalanceTimeoutMs: properties.number("max.poll.interval.ms", 300_000),
  });
  const include = call.include ?? "";
  return { kind: "group", member, topic: topic ?? wholeMatch(include, `${include} is an invalid regex.`) };
}
