import { type ClientProperties } from "../../command/properties.ts";
import { type Cluster } from "../cluster.ts";
import { ConfigurationError } from "../kafka-error.ts";
import { assignorsNamed } from "./assignors/assignor-names.ts";
import { ClassicMembership } from "./classic-membership.ts";
import { ConsumerMembership } from "./consumer-membership.ts";
import { type Membership } from "./membership.ts";
import { TopicSubscription, type WantedTopics } from "./topic-subscription.ts";

export type GroupProtocol = "CLASSIC" | "CONSUMER";

const protocols: readonly GroupProtocol[] = ["CONSUMER", "CLASSIC"];

/** What means nothing to the other protocol is refused, in the order in which Kafka's client looks. */
const foreign: Record<GroupProtocol, readonly string[]> = {
  CLASSIC: ["group.remote.assignor", "share.acknowledgement.mode", "share.acquire.mode"],
  CONSUMER: [
    "partition.assignment.strategy",
    "heartbeat.interval.ms",
    "session.timeout.ms",
    "share.acknowledgement.mode",
    "share.acquire.mode",
  ],
};

/**
 * The protocol of `group.protocol`, when no other property contradicts it.
 * @throws ConfigurationError
 */
export function groupProtocolOf(properties: ClientProperties): GroupProtocol {
  const given = properties.text("group.protocol") ?? "CLASSIC";
  const protocol = protocols.find((name) => name === given.toUpperCase());
  if (protocol === undefined) {
    throw new ConfigurationError(
      `Invalid value ${given} for configuration group.protocol: String must be one of (case insensitive): ${protocols.join(", ")}`,
    );
  }
  const refused = foreign[protocol].filter((name) => (properties.text(name) ?? "").trim() !== "");
  if (refused.length > 0)
    throw new ConfigurationError(`${refused.join(", ")} cannot be set when group.protocol=${protocol}`);
  return protocol;
}

/**
 * A membership that `rebalance` begins.
 * @throws ClientError when an assignor is not one
 */
export function membershipOf(properties: ClientProperties, cluster: Cluster, wanted: WantedTopics): Membership {
  const subscription = new TopicSubscription(cluster, wanted);
  const common = {
    groupId: properties.text("group.id") ?? "",
    instanceId: properties.text("group.instance.id") ?? null,
    rack: properties.text("client.rack") || null,
    rebalanceTimeoutMs: properties.number("max.poll.interval.ms", 300_000),
    operationTimeoutMs: properties.number("default.api.timeout.ms", 60_000),
    metadataMaxAgeMs: properties.number("metadata.max.age.ms", 300_000),
  };
  if (groupProtocolOf(properties) === "CONSUMER") {
    const remoteAssignor = properties.text("group.remote.assignor") || null;
    return new ConsumerMembership(cluster, { ...common, remoteAssignor }, subscription);
  }
  const own = {
    sessionTimeoutMs: properties.number("session.timeout.ms", 45_000),
    heartbeatIntervalMs: properties.number("heartbeat.interval.ms", 3_000),
    assignors: assignorsNamed(properties.text("partition.assignment.strategy")),
  };
  return new ClassicMembership(cluster, { ...common, ...own }, subscription);
}
