import { type ClientProperties } from "../../command/properties.ts";
import { type Terminal } from "../../command/terminal.ts";
import { Cluster } from "../cluster.ts";
import { Consumer, type Subscription } from "./consumer.ts";
import { consumerSettings } from "./consumer-settings.ts";
import { GroupMember } from "../group/classic-membership.ts";
import { ClientError, ConfigurationError } from "../kafka-error.ts";
import { nodeClientPorts } from "../node-client-ports.ts";

export interface ConnectedConsumer {
  readonly cluster: Cluster;
  readonly consumer: Consumer;
}

/**
 * A member of a group with the properties that were given, in Kafka's names.
 * @throws ClientError when one of them is wrong
 */
export async function connectConsumer(
  properties: ClientProperties,
  topic: string | ((name: string) => boolean),
  terminal: Terminal,
): Promise<ConnectedConsumer> {
  const settings = consumerSettings(properties);
  const groupId = properties.text("group.id") ?? "";
  const clientId = properties.text("client.id") ?? `consumer-${groupId}-1`;
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
  const member = new GroupMember(cluster, {
    groupId,
    instanceId: properties.text("group.instance.id") ?? null,
    sessionTimeoutMs: properties.number("session.timeout.ms", 45_000),
    heartbeatIntervalMs: properties.number("heartbeat.interval.ms", 3_000),
    rebalanceTimeoutMs: properties.number("max.poll.interval.ms", 300_000),
  });
  const loadCompute = async () => (await import("../../../io/node/node-compute.ts")).nodeCompute;
  const subscription: Subscription = { kind: "group", member, topic };
  return { cluster, consumer: new Consumer(cluster, loadCompute, settings, subscription) };
}
