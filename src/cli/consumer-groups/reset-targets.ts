import { javaHashOrder } from "../../base/java-hash.ts";
import { type NewOffset } from "../client/admin/group-admin.ts";
import { ClientError } from "../client/kafka-error.ts";
import { offsetSpecs } from "../client/admin/partition-offsets.ts";
import { partitionName, type TopicPartition } from "../client/topic-partition.ts";
import { partitionHash } from "../command/java-hash-order.ts";
import { UsageError } from "../options/option-table.ts";
import { resetScenarios } from "./consumer-groups-checks.ts";
import { parseDateTime, parseDuration } from "./date-time.ts";
import { type GroupContext, printError } from "./group-context.ts";
import { readOffsetPlan } from "./offset-plan.ts";

const unknownOffset = -1;

/**
 * Where the offsets of these partitions go, by the one scenario of the command line; a plan brings its own partitions.
 * @throws ClientError, UsageError
 */
export async function resetTargets(
  context: GroupContext,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<NewOffset[]> {
  const { options } = context;
  const [toOffset] = options.values("to-offset");
  if (toOffset !== undefined)
    return inRange(
      context,
      at(partitions, () => toOffset),
    );
  if (options.has("to-earliest")) return atSpec(context, partitions, offsetSpecs.earliest);
  if (options.has("to-latest")) return atSpec(context, partitions, offsetSpecs.latest);
  const shiftBy = options.value("shift-by");
  if (shiftBy !== undefined) return inRange(context, await shifted(context, groupId, partitions, shiftBy));
  const [dateTime] = options.all("to-datetime");
  if (dateTime !== undefined) return atTime(context, partitions, parseDateTime(dateTime));
  const duration = options.value("by-duration");
  if (duration !== undefined) {
    return atTime(context, partitions, Math.floor(context.nowMs() - parseDuration(duration)));
  }
  const [file] = options.all("from-file");
  if (file !== undefined) return planned(context, groupId, file);
  if (options.has("to-current")) return atCurrent(context, groupId, partitions);
  const names = resetScenarios.map((name) => `[${name}]`).join(", ");
  throw new UsageError(`Option '[reset-offsets]' requires one of the following scenarios: [${names}]`);
}

function at(partitions: readonly TopicPartition[], offsetOf: (partition: TopicPartition) => number): NewOffset[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition, offset: offsetOf({ topic, partition }) }));
}

async function atSpec(
  context: GroupContext,
  partitions: readonly TopicPartition[],
  spec: number,
): Promise<NewOffset[]> {
  const offsets = await context.offsets(partitions, spec);
  return at(partitions, (partition) => offsets.get(partitionName(partition)) ?? unknownOffset);
}

/** Where a partition has no record as young as that, its end. */
async function atTime(
  context: GroupContext,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<NewOffset[]> {
  const found = await atSpec(context, partitions, timestamp);
  const empty = found.filter(({ offset }) => offset === unknownOffset);
  const without = javaHashOrder(empty, partitionHash);
  for (const { topic, partition } of without) {
    context.terminal.print(
      `\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.\n`,
    );
  }
  const ends = await context.offsets(without, offsetSpecs.latest);
  return found.map((each) => ({ ...each, offset: ends.get(partitionName(each)) ?? each.offset }));
}

async function shifted(
  context: GroupContext,
  groupId: string,
  partitions: readonly TopicPartition[],
  shiftBy: number,
): Promise<NewOffset[]> {
  const committed = await committedByName(context, groupId);
  return at(partitions, (partition) => {
    const offset = committed.get(partitionName(partition));
    if (offset !== undefined) return offset + shiftBy;
    throw new ClientError(
      "java.lang.IllegalArgumentException",
      `Cannot shift offset for partition ${partitionName(partition)} since there is no current committed offset`,
    );
  });
}

/** Where nothing was committed, the end. */
async function atCurrent(
  context: GroupContext,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<NewOffset[]> {
  const committed = await committedByName(context, groupId);
  const isCommitted = (partition: TopicPartition): boolean => committed.has(partitionName(partition));
  const without = partitions.filter((partition) => !isCommitted(partition));
  const ends = await context.offsets(without, offsetSpecs.latest);
  // In the order in which the Java tool fills its map.
  return at([...partitions.filter(isCommitted), ...without], (partition) => {
    const name = partitionName(partition);
    return committed.get(name) ?? ends.get(name) ?? unknownOffset;
  });
}

async function planned(context: GroupContext, groupId: string, file: string): Promise<NewOffset[]> {
  const plan = readOffsetPlan(file, context.options.all("group")).get(groupId);
  if (plan !== undefined) return inRange(context, [...plan.values()]);
  printError(context.terminal, `No reset plan for group ${groupId} found`);
  return [];
}

/** Moves offsets that lie outside of their log to its nearer end. */
async function inRange(context: GroupContext, wanted: readonly NewOffset[]): Promise<NewOffset[]> {
  const starts = await context.offsets(wanted, offsetSpecs.earliest);
  const ends = await context.offsets(wanted, offsetSpecs.latest);
  return javaHashOrder(wanted, partitionHash).map((each) => {
    const name = partitionName(each);
    const [start, end] = [starts.get(name) ?? each.offset, ends.get(name) ?? each.offset];
    if (each.offset >= start && each.offset <= end) return each;
    const [how, limit, bound] =
      each.offset > end ? (["higher", "latest", end] as const) : (["lower", "earliest", start] as const);
    context.terminal.log.warn(
      "org.apache.kafka.tools.OffsetsUtils",
      `New offset (${each.offset}) is ${how} than ${limit} offset for topic partition ${name}. Value will be set to ${bound}`,
    );
    return { ...each, offset: bound };
  });
}

async function committedByName(context: GroupContext, groupId: string): Promise<Map<string, number>> {
  return new Map((await context.committedOffsets(groupId)).map((each) => [partitionName(each), each.offset]));
}
