import { ClientError, executionError, KafkaError } from "../client/kafka-error.ts";
import { type GroupDescription } from "../client/admin/group-description.ts";
import { javaMapOrder } from "../command/java-hash-order.ts";
import { Errors } from "../../protocol/errors.ts";
import { describeMembers } from "./describe-members.ts";
import { describeOffsets } from "./describe-offsets.ts";
import { type GroupContext } from "./group-context.ts";
import { canonicalState, introduce } from "./group-states.ts";
import { missing, table, widthOf } from "./table.ts";

/** `--describe` */
export async function describeGroups(context: GroupContext): Promise<void> {
  const { options } = context;
  const groups = await descriptions(context);
  const isVerbose = options.has("verbose");
  if (options.has("members")) describeMembers(context.terminal, groups, isVerbose);
  else if (options.has("state")) describeStates(context, groups, isVerbose);
  else await describeOffsets(context, groups, isVerbose);
}

/** The groups that the command line names, sorted. @throws ClientError for the first that cannot be described */
async function descriptions(context: GroupContext): Promise<GroupDescription[]> {
  const groupIds = await context.groupIds();
  const results = await context
    .track("Describing groups", groupIds.length, (tell) => context.groups.describe(groupIds, tell))
    .catch(executionError);
  const found = javaMapOrder([...new Set(groupIds)]).map((groupId) => {
    const result = results.get(groupId) ?? new KafkaError(Errors.UNKNOWN_SERVER_ERROR);
    if (result instanceof ClientError) executionError(result);
    return { ...result, state: canonicalState(result.state) };
  });
  return found.sort((one, other) => (one.groupId < other.groupId ? -1 : 1));
}

function describeStates({ terminal }: GroupContext, groups: readonly GroupDescription[], isVerbose: boolean): void {
  for (const group of groups) {
    if (!introduce(terminal, group.groupId, group.state, 1)) continue;
    const coordinator = `${group.coordinator.host}:${group.coordinator.port}  (${group.coordinator.nodeId})`;
    const columns = [
      { title: "GROUP", width: widthOf(15, [group.groupId]), of: () => group.groupId },
      { title: "COORDINATOR (ID)", width: widthOf(25, [coordinator]), of: () => coordinator },
      { title: "ASSIGNMENT-STRATEGY", width: 20, of: () => group.assignor || missing },
      { title: "STATE", width: 20, of: () => group.state },
      ...(isVerbose
        ? [
            { title: "GROUP-EPOCH", width: 15, of: () => String(group.epoch ?? missing) },
            { title: "TARGET-ASSIGNMENT-EPOCH", width: 25, of: () => String(group.assignmentEpoch ?? missing) },
          ]
        : []),
      { title: "#MEMBERS", width: undefined, of: () => String(group.members.length) },
    ];
    terminal.print(`\n${table(columns, [group]).join("\n")}\n`);
  }
}
