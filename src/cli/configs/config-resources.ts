import { topicNameProblem } from "../../base/topic-name.ts";
import { ConfigProblem, illegal, isBrokerId } from "./config-problem.ts";

interface ResourceType {
  readonly code: number;
  /** Where the entries come from that were set for the resource itself; undefined when all of them are. */
  readonly dynamicSource: number | undefined;
}

const sources = [
  "UNKNOWN",
  "DYNAMIC_TOPIC_CONFIG",
  "DYNAMIC_BROKER_CONFIG",
  "DYNAMIC_DEFAULT_BROKER_CONFIG",
  "STATIC_BROKER_CONFIG",
  "DEFAULT_CONFIG",
  "DYNAMIC_BROKER_LOGGER_CONFIG",
  "DYNAMIC_CLIENT_METRICS_CONFIG",
  "DYNAMIC_GROUP_CONFIG",
];

export function sourceName(code: number): string {
  return sources[code] ?? "UNKNOWN";
}

function sourceCode(name: string): number {
  return sources.indexOf(name);
}

const types: Readonly<Record<string, ResourceType>> = {
  topics: { code: 2, dynamicSource: sourceCode("DYNAMIC_TOPIC_CONFIG") },
  brokers: { code: 4, dynamicSource: sourceCode("DYNAMIC_BROKER_CONFIG") },
  "broker-loggers": { code: 8, dynamicSource: undefined },
  "client-metrics": { code: 16, dynamicSource: sourceCode("DYNAMIC_CLIENT_METRICS_CONFIG") },
  groups: { code: 32, dynamicSource: sourceCode("DYNAMIC_GROUP_CONFIG") },
};

export interface ConfigResource extends ResourceType {
  readonly name: string;
  /** The broker that answers for the resource; undefined when any does. */
  readonly brokerId: number | undefined;
}

/** An empty name stands for the defaults of all brokers. @throws ClientError */
export function configResource(entityType: string, name: string): ConfigResource {
  const type = types[entityType];
  // Quotas and SCRAM credentials come with their APIs.
  if (type === undefined)
    throw illegal(
      `The entity type ${entityType} is not supported by this tool yet: neither quotas (of users, clients and ips) nor SCRAM credentials (of users) can be looked at or changed`,
    );
  if (entityType === "topics") checkTopicName(name);
  const isOfBroker = (entityType === "brokers" || entityType === "broker-loggers") && name !== "";
  if (isOfBroker && !isBrokerId(name)) {
    throw illegal(`The entity name for ${entityType} must be a valid integer broker id, found: ${name}`);
  }
  const isDefault = entityType === "brokers" && name === "";
  return {
    code: type.code,
    dynamicSource: isDefault ? sourceCode("DYNAMIC_DEFAULT_BROKER_CONFIG") : type.dynamicSource,
    name,
    brokerId: isOfBroker ? Number(name) : undefined,
  };
}

/** @throws ClientError */
export function checkTopicName(name: string): void {
  const problem = topicNameProblem(name);
  if (problem !== undefined) throw new ConfigProblem("org.apache.kafka.common.errors.InvalidTopicException", problem);
}
