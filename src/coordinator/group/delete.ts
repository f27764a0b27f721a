import { type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Ticket } from "../runtime/ticket.ts";
import { forgetGroup } from "./consumer/write.ts";
import { deleteForeign } from "./convert-foreign.ts";
import { isEmpty, type Group, type GroupTurn } from "./group-state.ts";

export type DeletedGroup = Draft<ApiResponse<"deleteGroups">["results"][number]>;

/** Deletes groups without members, and their offsets. */
export function deleteGroups(turn: GroupTurn, groupIds: readonly string[], ticket: Ticket<DeletedGroup[]>): void {
  turn.reply(
    ticket,
    groupIds.map((groupId) => ({ groupId, errorCode: deleteGroup(turn, groupId) })),
  );
}

function deleteGroup(turn: GroupTurn, groupId: string): ErrorCode {
  const group = turn.state.groups.get(groupId);
  if (group === undefined) return Errors.GROUP_ID_NOT_FOUND;
  // A share group has more state in another topic, which only its own protocol can delete.
  if (!isEmpty(group) || group.type === "share") return Errors.NON_EMPTY_GROUP;
  const partitions = [...turn.state.offsets.entriesOf(groupId)].map(([topic, partition]) => ({ topic, partition }));
  for (const [topic, partition] of turn.state.offsets.pendingPartitionsOf(groupId)) {
    if (turn.state.offsets.get(groupId, topic, partition) === undefined) partitions.push({ topic, partition });
  }
  for (const { topic, partition } of partitions) appendOffsetTombstone(turn, groupId, topic, partition);
  appendGroupTombstones(turn, group);
  turn.note("info", "group deleted", { groupId, offsets: partitions.length });
  return Errors.NONE;
}

export function appendOffsetTombstone(turn: GroupTurn, group: string, topic: string, partition: number): void {
  turn.append({ type: "offsetCommit", group, topic, partition, value: null });
}

export function appendGroupTombstones(turn: GroupTurn, group: Group): void {
  if (group.type === "classic") turn.append({ type: "groupMetadata", group: group.groupId, value: null });
  else if (group.type === "consumer") forgetGroup(turn, group);
  else deleteForeign(turn, group);
}
