import { ConfigError, type ConfigKey, parseValue } from "../../config/config-key.ts";
import { topicKeys } from "../../config/topic-keys.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Admin } from "../client/admin/admin.ts";
import { ConfigurationError, KafkaError } from "../client/kafka-error.ts";
import { type Terminal } from "../command/terminal.ts";
import { requireTopic, topicsNamed } from "./named-topics.ts";
import { parseReplicaAssignment } from "./replica-assignment.ts";
import { type TopicsOptions } from "./topics-checks.ts";

const illegalArgument = "java.lang.IllegalArgumentException";
const replicationFactorMax = 32_767;
const partitionsPerResponse = 2_000;

/** `--create` */
export async function createTopic(admin: Admin, options: TopicsOptions, terminal: Terminal): Promise<void> {
  const topic = requestedTopic(options);
  if (/[._]/.test(topic.name)) {
    terminal.print(
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.\n",
    );
  }
  const { partitions, replicationFactor } = topic;
  if (replicationFactor !== undefined && (replicationFactor < 1 || replicationFactor > replicationFactorMax)) {
    throw new ConfigurationError(
      `The replication factor must be between 1 and ${replicationFactorMax} inclusive`,
      illegalArgument,
    );
  }
  if (partitions !== undefined && partitions < 1) {
    throw new ConfigurationError("The partitions must be greater than 0", illegalArgument);
  }
  try {
    await admin.topics.create({ ...topic, partitions: partitions ?? -1, replicationFactor: replicationFactor ?? -1 });
    terminal.print(`Created topic ${topic.name}.\n`);
  } catch (error) {
    const exists = error instanceof KafkaError && error.code === Errors.TOPIC_ALREADY_EXISTS;
    if (!exists || !options.has("if-not-exists")) throw error;
  }
}

/** `--alter`, which adds partitions. */
export async function alterTopics(admin: Admin, options: TopicsOptions): Promise<void> {
  const { partitions = 0, assignment } = requestedTopic(options);
  const names = await topicsNamed(admin, options);
  requireTopic(names, options);
  if (names.length === 0) return;
  const described = assignment.length === 0 ? [] : await admin.topics.describe(names, partitionsPerResponse);
  await admin.topics.addPartitions(
    names.map((name) => ({
      name,
      totalCount: partitions,
      // The assignment is the whole topic's; what the controller gets is that of the partitions that are not there yet.
      assignment: described
        .filter((topic) => topic.name === name)
        .map((topic) => assignment.slice(topic.partitions.length))[0],
    })),
  );
}

/** `--delete` */
export async function deleteTopics(admin: Admin, options: TopicsOptions): Promise<void> {
  const names = await topicsNamed(admin, options);
  requireTopic(names, options);
  await admin.topics.delete(names);
}

function requestedTopic(options: TopicsOptions) {
  const assignment = options.value("replica-assignment") ?? "";
  return {
    name: options.value("topic") ?? "",
    partitions: options.value("partitions"),
    replicationFactor: options.value("replication-factor"),
    assignment: assignment === "" ? [] : parseReplicaAssignment(assignment),
    configs: requestedConfigs(options.all("config")),
  };
}

function requestedConfigs(args: readonly string[]): Map<string, string> {
  if (args.length === 0) return new Map();
  const pairs = args.map((arg) => arg.split(/\s*=\s*/));
  if (pairs.some((pair) => pair.length !== 2)) {
    throw new ConfigurationError(
      'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
      illegalArgument,
    );
  }
  const configs = new Map(pairs.map(([name = "", value = ""]) => [name.trim(), value.trim()]));
  for (const [name, value] of configs) checkOverride(name, value);
  return configs;
}

/** The controller checks as well; the Java tool checks first, and words it alike. */
function checkOverride(name: string, value: string): void {
  const key: ConfigKey | undefined = Object.hasOwn(topicKeys, name)
    ? topicKeys[name as keyof typeof topicKeys]
    : undefined;
  if (key === undefined) {
    throw new ConfigurationError(
      `Unknown topic config name: ${name}`,
      "org.apache.kafka.common.errors.InvalidConfigurationException",
    );
  }
  try {
    parseValue(name, key, value);
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigurationError(error.message) : error;
  }
}
