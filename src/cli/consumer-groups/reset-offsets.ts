import { javaHashOrder } from "../../base/java-hash.ts";
import { Errors } from "../../protocol/errors.ts";
import { type NewOffset } from "../client/admin/group-admin.ts";
import { ClientError, KafkaError } from "../client/kafka-error.ts";
import { partitionName, type TopicPartition } from "../client/topic-partition.ts";
import { javaMapOrder, javaResultOrder, partitionHash } from "../command/java-hash-order.ts";
import { type TellDone } from "../command/status-line.ts";
import { UsageError } from "../options/option-table.ts";
import { type GroupContext, printError, runtimeError } from "./group-context.ts";
import { canonicalState } from "./group-states.ts";
import { planLine } from "./offset-plan.ts";
import { resetTargets } from "./reset-targets.ts";
import { table, widthOf } from "./table.ts";
import { namedPartitions } from "./topic-arguments.ts";

interface Reset {
  readonly groupId: string;
  readonly offsets: readonly NewOffset[];
}

/** `--reset-offsets`: plans where the groups go on, and with `--execute` moves them there. */
export async function resetOffsets(context: GroupContext): Promise<void> {
  const { options, terminal } = context;
  const groupIds = javaMapOrder([...new Set(await context.groupIds())]);
  const resets = await context.track("Resetting offsets", groupIds.length, (tell) =>
    resetGroups(context, groupIds, tell),
  );
  terminal.print(options.has("export") ? `${plan(resets, options.all("group").length === 1)}\n` : printout(resets));
}

async function resetGroups(context: GroupContext, groupIds: readonly string[], tell: TellDone): Promise<Reset[]> {
  const groups = await context.groups.describe(groupIds);
  const resets: Reset[] = [];
  for (const groupId of groupIds) {
    const group = groups.get(groupId) ?? new KafkaError(Errors.UNKNOWN_SERVER_ERROR);
    const isUnknown = group instanceof KafkaError && group.code === Errors.GROUP_ID_NOT_FOUND;
    if (group instanceof ClientError && !isUnknown) runtimeError(group);
    const state = group instanceof ClientError ? "Dead" : canonicalState(group.state);
    if (state === "Empty" || state === "Dead") {
      resets.push({ groupId, offsets: await resetGroup(context, groupId) });
    } else {
      const message = `Assignments can only be reset if the group '${groupId}' is inactive, but the current state is ${state}.`;
      printError(context.terminal, message);
      resets.push({ groupId, offsets: [] });
    }
    await tell(resets.length);
  }
  return resets;
}

async function resetGroup(context: GroupContext, groupId: string): Promise<NewOffset[]> {
  const partitions = await partitionsToReset(context, groupId);
  await checkPartitions(context, partitions);
  const offsets = javaHashOrder(await resetTargets(context, groupId, partitions), partitionHash);
  const isDryRun = context.options.has("dry-run") || !context.options.has("execute");
  if (!isDryRun) await context.groups.commitOffsets(groupId, offsets);
  return offsets;
}

/** @throws ClientError, UsageError */
async function partitionsToReset(context: GroupContext, groupId: string): Promise<TopicPartition[]> {
  const { options } = context;
  if (options.has("all-topics")) return context.committedOffsets(groupId);
  if (options.has("topic")) {
    const topics = options.all("topic");
    const named = topics.filter((topic) => topic.includes(":")).flatMap(namedPartitions);
    const whole = [...new Set(topics.filter((topic) => !topic.includes(":")))];
    const described = new Map((await context.describeTopics(whole)).map((each) => [each.name, each.partitions]));
    const all = javaResultOrder(whole).flatMap((topic) =>
      (described.get(topic) ?? []).map(({ index }) => ({ topic, partition: index })),
    );
    return unique([...named, ...all]);
  }
  if (options.has("from-file")) return [];
  throw new UsageError("One of the reset scopes should be defined: --all-topics, --topic.");
}

/** @throws ClientError when a partition is named twice */
function unique(partitions: readonly TopicPartition[]): TopicPartition[] {
  const seen = new Set<string>();
  for (const partition of partitions) {
    const name = partitionName(partition);
    if (seen.has(name)) throw new ClientError("java.lang.IllegalStateException", `Duplicate key ${name}`);
    seen.add(name);
  }
  return [...partitions];
}

/** @throws ClientError when one is not there, or nobody leads it */
async function checkPartitions(context: GroupContext, partitions: readonly TopicPartition[]): Promise<void> {
  const topics = await context.describeTopics(partitions.map(({ topic }) => topic)).catch(runtimeError);
  const infoOf = ({ topic, partition }: TopicPartition) =>
    topics.find(({ name }) => name === topic)?.partitions.find(({ index }) => index === partition);
  const missing = partitions.filter((partition) => infoOf(partition) === undefined);
  if (missing.length > 0) {
    const names = missing.map(partitionName).join(",");
    throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION, `The partitions "${names}" do not exist`);
  }
  const leaderless = partitions.filter((partition) => infoOf(partition)?.leader === undefined);
  if (leaderless.length > 0) {
    const names = leaderless.map(partitionName).join(",");
    throw new KafkaError(Errors.LEADER_NOT_AVAILABLE, `The partitions "${names}" have no leader`);
  }
}

function plan(resets: readonly Reset[], isOfOneGroup: boolean): string {
  return resets
    .flatMap(({ groupId, offsets }) =>
      offsets.map(({ topic, partition, offset }) =>
        planLine(isOfOneGroup ? [topic, partition, offset] : [groupId, topic, partition, offset]),
      ),
    )
    .join("");
}

function printout(resets: readonly Reset[]): string {
  if (resets.length === 0) return "\n";
  const rows = resets.flatMap(({ groupId, offsets }) => offsets.map((each) => ({ groupId, ...each })));
  const columns = [
    {
      title: "GROUP",
      width: widthOf(
        15,
        resets.map(({ groupId }) => groupId),
      ),
      of: ({ groupId }: (typeof rows)[number]) => groupId,
    },
    {
      title: "TOPIC",
      width: widthOf(
        15,
        rows.map(({ topic }) => topic),
      ),
      of: ({ topic }: (typeof rows)[number]) => topic,
    },
    { title: "PARTITION", width: 10, of: ({ partition }: (typeof rows)[number]) => String(partition) },
    { title: "NEW-OFFSET", width: undefined, of: ({ offset }: (typeof rows)[number]) => String(offset) },
  ];
  return `\n${table(columns, rows).join("\n")}\n`;
}
