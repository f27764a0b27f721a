import { type ApiRequest } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Ticket } from "../runtime/ticket.ts";
import { type ClassicGroup, type ClassicGroupView } from "./classic-group.ts";
import { emptyAssignment, type SyncResponse } from "./classic-member.ts";
import { syncWithConsumerGroup } from "./consumer/classic-requests.ts";
import { type GroupTurn } from "./group-state.ts";
import { memberProblem } from "./member-check.ts";
import { groupMetadataRecord } from "./metadata-record.ts";
import { markSynced, renewSession } from "./rebalance.ts";

export function syncGroup(turn: GroupTurn, request: ApiRequest<"syncGroup">, ticket: Ticket<SyncResponse>): void {
  const consumer = turn.state.consumerGroup(request.groupId);
  if (consumer !== undefined) return turn.reply(ticket, syncWithConsumerGroup(turn, consumer, request));
  const current = turn.state.classicGroup(request.groupId);
  const problem =
    current === undefined || current.state === "Empty" ? Errors.UNKNOWN_MEMBER_ID : syncProblem(current, request);
  if (current === undefined || problem !== undefined) {
    turn.reply(ticket, { errorCode: problem });
    return;
  }
  const group = turn.state.edit(current);
  if (group.state === "CompletingRebalance") {
    sync(turn, group, request, ticket);
  } else {
    // A follower that was slower than the leader.
    markSynced(turn, group, request.memberId);
    turn.reply(ticket, syncResponse(group, request.memberId));
  }
}

function syncProblem(group: ClassicGroupView, request: ApiRequest<"syncGroup">): ErrorCode | undefined {
  const problem = memberProblem(group, request.memberId, request.groupInstanceId);
  if (problem !== undefined) return problem;
  if (request.generationId !== group.generation) return Errors.ILLEGAL_GENERATION;
  if (isOther(request.protocolType, group.protocolType) || isOther(request.protocolName, group.protocolName)) {
    return Errors.INCONSISTENT_GROUP_PROTOCOL;
  }
  return group.state === "PreparingRebalance" ? Errors.REBALANCE_IN_PROGRESS : undefined;
}

function isOther(name: string | null, groups: string | null): boolean {
  return name !== null && groups !== null && name !== groups;
}

function sync(
  turn: GroupTurn,
  group: ClassicGroup,
  request: ApiRequest<"syncGroup">,
  ticket: Ticket<SyncResponse>,
): void {
  const { memberId } = request;
  // A second SyncGroup of the same member takes the place of the first, whose client is gone.
  const earlier = group.members.get(memberId)?.syncing;
  if (earlier !== undefined) turn.reply(earlier, { errorCode: Errors.REBALANCE_IN_PROGRESS });
  group.update(memberId, { syncing: ticket });
  markSynced(turn, group, memberId);
  if (memberId === group.leaderId) assign(turn, group, request);
}

/** The leader's assignment makes the group stable, once it is written. */
function assign(turn: GroupTurn, group: ClassicGroup, request: ApiRequest<"syncGroup">): void {
  const { groupId, generation } = group;
  const assignments = new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment]));
  const without = [...group.members.keys()].filter((memberId) => !assignments.has(memberId));
  if (without.length > 0) {
    turn.note("warn", "leader has left members without an assignment", { groupId, generation, members: without });
  }
  turn.note("info", "assignment received from leader", {
    groupId,
    generation,
    leader: request.memberId,
    members: group.members.size,
    staticMembers: group.staticMembers.size,
  });
  const waiting = [...group.members.values()].filter(({ syncing }) => syncing !== undefined);
  turn.append(groupMetadataRecord(group, assignments));
  const stable = turn.state.classicGroup(groupId)!;
  for (const { memberId, syncing, sessionTimeoutMs } of waiting) {
    turn.reply(syncing!, syncResponse(stable, memberId));
    renewSession(turn, groupId, memberId, sessionTimeoutMs);
  }
}

function syncResponse(group: ClassicGroupView, memberId: string): SyncResponse {
  return {
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment: group.members.get(memberId)?.assignment ?? emptyAssignment,
  };
}
