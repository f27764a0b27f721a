import { parseUuid, zeroUuid } from "../../base/uuid.ts";
import { type Admin } from "../client/admin/admin.ts";
import { type ConfigEntry } from "../client/admin/config-admin.ts";
import { type PartitionDescription, type Reassignment, type TopicDescription } from "../client/admin/topic-admin.ts";
import { ClientError, ConfigurationError } from "../client/kafka-error.ts";
import { javaResultOrder } from "../command/java-hash-order.ts";
import { type Terminal } from "../command/terminal.ts";
import { requireTopic, topicsNamed } from "./named-topics.ts";
import { type TopicsOptions } from "./topics-checks.ts";

const partitionsPerResponse = 2_000;

/** `--describe`: a line for each topic, and one for each of its partitions that the filters let through. */
export async function describeTopics(admin: Admin, options: TopicsOptions, terminal: Terminal): Promise<void> {
  const topics = await chosenTopics(admin, options);
  const configs =
    topics.length === 0
      ? new Map<string, ConfigEntry[]>()
      : await admin.configs.ofTopics(topics.map(({ name }) => name));
  const live = await admin.brokers.live();
  const reassignments = await admin.topics.reassignments(topics);
  const lists = listsPartition(options, live);
  for (const topic of topics) {
    const config = configs.get(topic.name) ?? [];
    const moving = (partition: PartitionDescription | undefined) =>
      reassignments.find((entry) => entry.topic === topic.name && entry.partition === partition?.index);
    if (listsTopic(options, config)) {
      terminal.print(topicLine(topic, config, replicationFactor(topic.partitions[0], moving(topic.partitions[0]))));
    }
    if (options.has("topics-with-overrides")) continue;
    for (const partition of topic.partitions) {
      if (lists(partition, config, moving(partition))) {
        terminal.print(partitionLine(topic.name, partition, moving(partition)));
      }
    }
  }
}

async function chosenTopics(admin: Admin, options: TopicsOptions): Promise<TopicDescription[]> {
  const id = topicIdOf(options);
  if (id !== undefined) {
    const isThere = (await admin.topics.list()).some((topic) => topic.id === id);
    if (!isThere && !options.has("if-exists")) {
      throw new ConfigurationError(`TopicId '${id}' does not exist as expected`, "java.lang.IllegalArgumentException");
    }
    return isThere ? [await admin.topics.describeById(id)] : [];
  }
  const names = await topicsNamed(admin, options);
  requireTopic(names, options);
  if (names.length === 0) return [];
  const limit = options.value("partition-size-limit-per-response") ?? partitionsPerResponse;
  const described = new Map((await admin.topics.describe(names, limit)).map((topic) => [topic.name, topic]));
  return javaResultOrder(names).flatMap((name) => described.get(name) ?? []);
}

function topicIdOf(options: TopicsOptions): string | undefined {
  const text = options.value("topic-id");
  if (text === undefined) return undefined;
  const id = parseUuid(text);
  if (id === undefined) {
    const size = Buffer.from(text, "base64url").length;
    throw new ClientError(
      "java.lang.IllegalArgumentException",
      `Input string \`${text}\` decoded as ${size} bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID`,
    );
  }
  return id === zeroUuid ? undefined : id;
}

function listsTopic(options: TopicsOptions, config: readonly ConfigEntry[]): boolean {
  if (options.has("topics-with-overrides")) return config.some(({ isDefault }) => !isDefault);
  return !isReport(options);
}

function isReport(options: TopicsOptions): boolean {
  return (
    options.has("unavailable-partitions") ||
    options.has("under-replicated-partitions") ||
    options.has("under-min-isr-partitions") ||
    options.has("at-min-isr-partitions")
  );
}

function listsPartition(options: TopicsOptions, live: ReadonlySet<number>) {
  return (
    partition: PartitionDescription,
    config: readonly ConfigEntry[],
    moving: Reassignment | undefined,
  ): boolean => {
    if (!isReport(options)) return true;
    const { leader, isr } = partition;
    const minIsr = Number(config.find(({ name }) => name === "min.insync.replicas")?.value ?? 1);
    return (
      (options.has("under-replicated-partitions") && replicationFactor(partition, moving) > isr.length) ||
      (options.has("unavailable-partitions") && (leader === undefined || !live.has(leader))) ||
      (options.has("under-min-isr-partitions") && (leader === undefined || isr.length < minIsr)) ||
      (options.has("at-min-isr-partitions") && isr.length === minIsr)
    );
  };
}

/** Without the replicas that a reassignment is adding, which are listed among the replicas while it goes on. */
function replicationFactor(partition: PartitionDescription | undefined, moving: Reassignment | undefined): number {
  const replicas = partition?.replicas ?? [];
  const changing = [...(moving?.adding ?? []), ...(moving?.removing ?? [])];
  if (moving === undefined || !replicas.some((id) => changing.includes(id))) return replicas.length;
  return moving.replicas.length - moving.adding.length;
}

function topicLine(topic: TopicDescription, config: readonly ConfigEntry[], replicas: number): string {
  const overrides = config.filter(({ isDefault }) => !isDefault).map(({ name, value }) => `${name}=${value}`);
  const id = topic.id === zeroUuid ? "" : `\tTopicId: ${topic.id}`;
  return `Topic: ${topic.name}${id}\tPartitionCount: ${topic.partitions.length}\tReplicationFactor: ${replicas}\tConfigs: ${overrides.join(",")}\n`;
}

function partitionLine(topic: string, partition: PartitionDescription, moving: Reassignment | undefined): string {
  const { index, leader, replicas, isr, elr, lastKnownElr } = partition;
  const reassignment =
    moving === undefined
      ? ""
      : `\tAdding Replicas: ${moving.adding.join(",")}\tRemoving Replicas: ${moving.removing.join(",")}`;
  return `\tTopic: ${topic}\tPartition: ${index}\tLeader: ${leader ?? "none"}\tReplicas: ${replicas.join(",")}\tIsr: ${isr.join(",")}${reassignment}\tElr: ${elr?.join(",") ?? "N/A"}\tLastKnownElr: ${lastKnownElr?.join(",") ?? "N/A"}\n`;
}
