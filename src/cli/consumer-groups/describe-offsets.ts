import { type CommittedOffset } from "../client/admin/group-admin.ts";
import { type GroupDescription } from "../client/admin/group-description.ts";
import { offsetSpecs } from "../client/admin/partition-offsets.ts";
import { partitionName, type TopicPartition } from "../client/topic-partition.ts";
import { type GroupContext, runtimeError } from "./group-context.ts";
import { introduce } from "./group-states.ts";
import { type Column, missing, table, widthOf } from "./table.ts";

interface Consumer {
  readonly memberId: string;
  readonly host: string;
  readonly clientId: string;
}

interface Row extends TopicPartition {
  readonly consumer: Consumer;
  readonly committed: CommittedOffset | undefined;
  readonly logEnd: number | undefined;
}

const nobody: Consumer = { memberId: missing, host: missing, clientId: missing };

/** `--describe --offsets`, which is also what `--describe` alone means. */
export async function describeOffsets(
  context: GroupContext,
  groups: readonly GroupDescription[],
  isVerbose: boolean,
): Promise<void> {
  const described: { group: GroupDescription; rows: Row[] }[] = [];
  await context.track("Looking up offsets", groups.length, async (tell) => {
    for (const group of groups) {
      described.push({ group, rows: await rowsOf(context, group) });
      await tell(described.length);
    }
  });
  for (const { group, rows } of described) {
    if (!introduce(context.terminal, group.groupId, group.state, rows.length)) continue;
    context.terminal.print(`\n${table(columnsOf(group.groupId, rows, isVerbose), rows).join("\n")}\n`);
  }
}

/** The members with the most partitions first; what nobody consumes comes last. */
async function rowsOf(context: GroupContext, group: GroupDescription): Promise<Row[]> {
  const committed = new Map((await context.committedOffsets(group.groupId)).map((each) => [partitionName(each), each]));
  const members = group.members
    .filter(({ assignment }) => assignment.length > 0)
    .sort((one, other) => other.assignment.length - one.assignment.length);
  const assigned = new Set(members.flatMap(({ assignment }) => assignment.map(partitionName)));
  const rest = [...committed.values()].filter((each) => !assigned.has(partitionName(each)));
  const rows: Row[] = [];
  for (const member of members) rows.push(...(await partitionRows(context, member.assignment, member, committed)));
  if (rest.length > 0) rows.push(...(await partitionRows(context, rest, nobody, committed)));
  return rows;
}

async function partitionRows(
  context: GroupContext,
  partitions: readonly TopicPartition[],
  consumer: Consumer,
  committed: ReadonlyMap<string, CommittedOffset>,
): Promise<Row[]> {
  const topics = await context.describeTopics(partitions.map(({ topic }) => topic)).catch(runtimeError);
  const leaderless = new Set(
    topics.flatMap(({ name, partitions: its }) =>
      its
        .filter(({ leader }) => leader === undefined)
        .map(({ index }) => partitionName({ topic: name, partition: index })),
    ),
  );
  const led = partitions.filter((partition) => !leaderless.has(partitionName(partition)));
  const logEnds = await context.offsets(led, offsetSpecs.latest);
  return partitions
    .map(({ topic, partition }) => {
      const name = partitionName({ topic, partition });
      return { topic, partition, consumer, committed: committed.get(name), logEnd: logEnds.get(name) };
    })
    .sort((one, other) =>
      one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1,
    );
}

function columnsOf(groupId: string, rows: readonly Row[], isVerbose: boolean): Column<Row>[] {
  const column = (title: string, of: (row: Row) => string): Column<Row> => ({
    title,
    width: widthOf(15, rows.map(of)),
    of,
  });
  const fixed = (title: string, width: number | undefined, of: (row: Row) => string | number | undefined) => ({
    title,
    width,
    of: (row: Row) => String(of(row) ?? missing),
  });
  return [
    column("GROUP", () => groupId),
    column("TOPIC", ({ topic }) => topic),
    fixed("PARTITION", 10, ({ partition }) => partition),
    ...(isVerbose ? [fixed("LEADER-EPOCH", 15, ({ committed }) => committed?.leaderEpoch)] : []),
    fixed("CURRENT-OFFSET", 15, ({ committed }) => committed?.offset),
    fixed("LOG-END-OFFSET", 15, ({ logEnd }) => logEnd),
    fixed("LAG", 15, lagOf),
    column("CONSUMER-ID", ({ consumer }) => consumer.memberId),
    column("HOST", ({ consumer }) => consumer.host),
    fixed("CLIENT-ID", undefined, ({ consumer }) => consumer.clientId),
  ];
}

function lagOf({ committed, logEnd }: Row): number | undefined {
  return committed === undefined || logEnd === undefined ? undefined : logEnd - committed.offset;
}
