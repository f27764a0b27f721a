import { type ClientProperties } from "../../command/properties.ts";
import { type Terminal } from "../../command/terminal.ts";
import { Cluster } from "../cluster.ts";
import { groupProtocolOf, membershipOf } from "../group/group-protocol.ts";
import { type WantedTopics } from "../group/topic-subscription.ts";
import { ClientError, ConfigurationError } from "../kafka-error.ts";
import { nodeClientPorts } from "../node-client-ports.ts";
import { type ChosenPartitions, Consumer } from "./consumer.ts";
import { consumerSettings } from "./consumer-settings.ts";

export interface ConnectedConsumer {
  readonly cluster: Cluster;
  readonly consumer: Consumer;
}

/**
 * A consumer with the properties that were given, in Kafka's names: of partitions, or as a member of a group.
 * @throws ClientError when one of them is wrong
 */
export async function connectConsumer(
  properties: ClientProperties,
  source: WantedTopics | ChosenPartitions,
  terminal: Terminal,
): Promise<ConnectedConsumer> {
  const settings = consumerSettings(properties);
  groupProtocolOf(properties);
  const groupId = properties.text("group.id") ?? "";
  const clientId = properties.text("client.id") ?? `consumer-${groupId}-${properties.text("group.instance.id") ?? 1}`;
  const cluster = await Cluster.create(nodeClientPorts, {
    bootstrapServers: properties.text("bootstrap.servers") ?? "",
    clientId,
    logPrefix: `[Consumer clientId=${clientId}, groupId=${groupId}]`,
    isAdmin: false,
    requestTimeoutMs: properties.number("request.timeout.ms", 30_000),
    retryBackoffMs: properties.number("retry.backoff.ms", 100),
    log: terminal.log,
  }).catch((error: unknown) => {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ClientError("org.apache.kafka.common.KafkaException", "Failed to construct kafka consumer", false, error);
  });
  const isChosen = typeof source === "object";
  const reader = isChosen ? source : membershipOf(properties, cluster, source);
  const loadCompute = async () => (await import("../../../io/node/node-compute.ts")).nodeCompute;
  return { cluster, consumer: new Consumer(cluster, loadCompute, settings, reader) };
}
