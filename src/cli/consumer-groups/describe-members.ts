import { type GroupDescription, type GroupMemberDescription } from "../client/admin/group-description.ts";
import { byTopic, type TopicPartition } from "../client/topic-partition.ts";
import { type Terminal } from "../command/terminal.ts";
import { introduce } from "./group-states.ts";
import { type Column, missing, table, widthOf } from "./table.ts";

type Member = GroupMemberDescription;

/** `--describe --members` */
export function describeMembers(terminal: Terminal, groups: readonly GroupDescription[], isVerbose: boolean): void {
  for (const group of groups) {
    introduce(terminal, group.groupId, group.state, group.members.length);
    const columns = [...columnsOf(group, isVerbose), ...(isVerbose ? verboseColumnsOf(group) : [])];
    terminal.print(`\n${table(columns, group.members).join("\n")}\n`);
  }
}

function columnsOf({ groupId, members }: GroupDescription, isVerbose: boolean): Column<Member>[] {
  const column = (title: string, least: number, of: (member: Member) => string): Column<Member> => ({
    title,
    width: widthOf(least, members.map(of)),
    of,
  });
  const hasStatic = members.some(({ instanceId }) => instanceId !== null && instanceId !== "");
  return [
    column("GROUP", 15, () => groupId),
    column("CONSUMER-ID", 15, ({ memberId }) => memberId),
    ...(hasStatic ? [column("GROUP-INSTANCE-ID", 17, ({ instanceId }) => instanceId ?? "")] : []),
    column("HOST", 15, ({ host }) => host),
    column("CLIENT-ID", 15, ({ clientId }) => clientId),
    // The blank between columns is printed even when none follows.
    { title: "#PARTITIONS", width: isVerbose ? 15 : 16, of: ({ assignment }) => String(assignment.length) },
  ];
}

function verboseColumnsOf({ members, assignmentEpoch }: GroupDescription): Column<Member>[] {
  const current = ({ assignment }: Member): string => assignmentText(assignment);
  const target = (member: Member): string => assignmentText(member.target ?? []);
  // A group that is on its way from one protocol to the other has members of both.
  const isMigrating =
    members.some(({ isUpgraded }) => isUpgraded === true) && members.some(({ isUpgraded }) => isUpgraded === false);
  return [
    { title: "CURRENT-EPOCH", width: 15, of: ({ epoch }) => String(epoch ?? missing) },
    { title: "CURRENT-ASSIGNMENT", width: widthOf(20, members.map(current)), of: current },
    { title: "TARGET-EPOCH", width: 15, of: () => String(assignmentEpoch ?? missing) },
    { title: "TARGET-ASSIGNMENT", width: widthOf(20, members.map(target)), of: target },
    ...(isMigrating
      ? [{ title: "UPGRADED", width: undefined, of: ({ isUpgraded }: Member) => String(isUpgraded ?? missing) }]
      : []),
  ];
}

/** `topic:0,1;other:2` */
function assignmentText(partitions: readonly TopicPartition[]): string {
  if (partitions.length === 0) return missing;
  return [...byTopic(partitions)]
    .map(
      ([topic, its]) =>
        `${topic}:${its
          .map(({ partition }) => partition)
          .sort((a, b) => a - b)
          .join(",")}`,
    )
    .sort()
    .join(";");
}
