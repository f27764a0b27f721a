import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Ticket } from "../runtime/ticket.ts";
import { appendOffsetTombstone } from "./delete.ts";
import { type Group, type GroupTurn } from "./group-state.ts";

export type OffsetDeleteResponse = Draft<ApiResponse<"offsetDelete">>;

/** Forgets offsets of topics that no member is subscribed to. */
export function deleteOffsets(
  turn: GroupTurn,
  { groupId, topics }: ApiRequest<"offsetDelete">,
  ticket: Ticket<OffsetDeleteResponse>,
): void {
  const group = turn.state.groups.get(groupId);
  const problem = deleteProblem(group);
  if (group === undefined || problem !== undefined) {
    turn.reply(ticket, { errorCode: problem });
    return;
  }
  const answers = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: deleteOffset(turn, group, name, partitionIndex),
    })),
  }));
  turn.reply(ticket, { topics: answers });
}

/** Only of consumers is it known what they are subscribed to. */
function deleteProblem(group: Group | undefined): ErrorCode | undefined {
  if (group === undefined) return Errors.GROUP_ID_NOT_FOUND;
  if (group.type !== "classic" || group.state === "Empty") return undefined;
  return group.isConsumerGroup() ? undefined : Errors.NON_EMPTY_GROUP;
}

function deleteOffset(turn: GroupTurn, group: Group, topic: string, partition: number): ErrorCode {
  if ((group.type === "classic" || group.type === "consumer") && group.isSubscribedTo(topic))
    return Errors.GROUP_SUBSCRIBED_TO_TOPIC;
  const { offsets } = turn.state;
  const { groupId } = group;
  if (offsets.get(groupId, topic, partition) !== undefined || offsets.hasPendingAt(groupId, topic, partition)) {
    appendOffsetTombstone(turn, groupId, topic, partition);
  }
  return Errors.NONE;
}
