import { type ApiRequest } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type ClassicGroup, type ClassicGroupView } from "./classic-group.ts";
import { emptyAssignment, hasSameProtocols, protocolsOf } from "./classic-member.ts";
import { joinConsumerGroup } from "./consumer/classic-join.ts";
import { forgetGroup } from "./consumer/write.ts";
import { convertToClassic } from "./convert-foreign.ts";
import { isEmpty, type GroupTurn } from "./group-state.ts";
import { rejoinAsStaticMember } from "./join-static.ts";
import { refuse, withClientReason, type Joining } from "./joining.ts";
import { memberProblem } from "./member-check.ts";
import { newGroupRecord } from "./metadata-record.ts";
import { joinResponse, rebalanceOrGoOn, renewSession } from "./rebalance.ts";

/** New members get this long until their first generation is there, whatever their session timeout: the group may be slow. */
export const newMemberJoinTimeoutMs = 5 * 60_000;

const noMemberId = "";

export function joinGroup(turn: GroupTurn, joining: Joining): void {
  const { request } = joining;
  const current = classicGroupToJoin(turn, joining);
  if (current === undefined) return;
  const group = turn.state.edit(current);
  if (!acceptsMember(turn, group, request.memberId)) {
    group.remove(request.memberId);
    refuse(turn, joining, Errors.GROUP_MAX_SIZE_REACHED, noMemberId);
  } else if (!group.supportsProtocols(request.protocolType, namesOf(request))) {
    refuse(turn, joining, Errors.INCONSISTENT_GROUP_PROTOCOL, request.memberId);
  } else if (request.memberId === noMemberId) {
    joinAsNewMember(turn, group, joining);
  } else if (group.pendingJoin.has(request.memberId)) {
    // Only dynamic members are given an id beforehand.
    if (request.groupInstanceId !== null) refuse(turn, joining, Errors.UNKNOWN_SERVER_ERROR, noMemberId);
    else addMember(turn, group, joining, request.memberId);
  } else {
    rejoin(turn, group, joining);
  }
}

/** The group, made when it is not there and a new member asks for it. */
function classicGroupToJoin(turn: GroupTurn, joining: Joining): ClassicGroupView | undefined {
  const { groupId, memberId } = joining.request;
  const existing = turn.state.groups.get(groupId);
  if (existing?.type === "classic") return existing;
  if (existing?.type === "consumer" && !isEmpty(existing)) {
    joinConsumerGroup(turn, existing, joining);
    return undefined;
  }
  if (existing?.type === "share") {
    refuse(turn, joining, Errors.INCONSISTENT_GROUP_PROTOCOL, noMemberId);
    return undefined;
  }
  if (memberId !== noMemberId) {
    refuse(turn, joining, Errors.UNKNOWN_MEMBER_ID, memberId);
    return undefined;
  }
  if (existing?.type === "consumer") forgetGroup(turn, existing);
  else if (existing !== undefined) convertToClassic(turn, existing);
  turn.append(newGroupRecord(groupId, turn.nowMs));
  return turn.state.classicGroup(groupId);
}

function acceptsMember(turn: GroupTurn, group: ClassicGroup, memberId: string): boolean {
  const { groupSizeMax } = turn.state.config;
  const member = group.members.get(memberId);
  switch (group.state) {
    case "Empty":
    case "Dead":
      return true;
    case "PreparingRebalance":
      // Those who have joined count: when the limit was lowered, some members of the last generation must stay out.
      return member?.joining !== undefined || group.awaitingJoinCount() < groupSizeMax;
    case "CompletingRebalance":
    case "Stable":
      return member !== undefined || group.members.size < groupSizeMax;
  }
}

function joinAsNewMember(turn: GroupTurn, group: ClassicGroup, joining: Joining): void {
  const { request, caller, ticket } = joining;
  const { groupId, groupInstanceId } = request;
  const memberId = `${groupInstanceId ?? caller.clientId}-${caller.newMemberIdSuffix}`;
  if (groupInstanceId !== null) {
    const existingId = group.staticMembers.get(groupInstanceId);
    if (existingId === undefined) addMember(turn, group, joining, memberId);
    else rejoinAsStaticMember(turn, group, joining, existingId, memberId);
  } else if (caller.apiVersion >= 4) {
    // The client comes back with its id: so a client that times out and asks again does not leave dead members behind.
    group.pendingJoin.set(memberId, request.sessionTimeoutMs);
    renewSession(turn, groupId, memberId, request.sessionTimeoutMs);
    turn.note("debug", "member id handed out", { groupId, memberId });
    turn.reply(ticket, { errorCode: Errors.MEMBER_ID_REQUIRED, memberId });
  } else {
    addMember(turn, group, joining, memberId);
  }
}

function addMember(turn: GroupTurn, group: ClassicGroup, { request, caller, ticket }: Joining, memberId: string): void {
  if (group.state === "PreparingRebalance" && group.previousState === "Empty") group.newMemberAdded = true;
  group.add({
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: caller.clientId,
    clientHost: caller.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocolType: request.protocolType,
    protocols: protocolsOf(request),
    assignment: emptyAssignment,
    isNew: true,
    joining: ticket,
    syncing: undefined,
  });
  renewSession(turn, group.groupId, memberId, newMemberJoinTimeoutMs);
  const instance = request.groupInstanceId ?? "null";
  const reason = `Adding new member ${memberId} with group instance id ${instance}`;
  rebalanceOrGoOn(turn, group, withClientReason(reason, request));
}

function rejoin(turn: GroupTurn, group: ClassicGroup, joining: Joining): void {
  const { request, ticket } = joining;
  const { memberId } = request;
  const problem = memberProblem(group, memberId, request.groupInstanceId);
  const member = group.members.get(memberId);
  if (problem !== undefined || member === undefined) {
    refuse(turn, joining, problem ?? Errors.UNKNOWN_MEMBER_ID, memberId);
    return;
  }
  const isUnchanged = hasSameProtocols(member, request);
  const during = `during ${group.state}`;
  switch (group.state) {
    case "PreparingRebalance":
      return updateMember(turn, group, joining, `Member ${memberId} is joining group ${during}`);
    case "CompletingRebalance":
      // The answer to its last JoinGroup has got lost, it seems.
      if (isUnchanged) return turn.reply(ticket, joinResponse(group, memberId));
      return updateMember(turn, group, joining, `Updating metadata for member ${memberId} ${during}`);
    case "Stable":
      if (memberId === group.leaderId) {
        return updateMember(turn, group, joining, `Leader ${memberId} re-joining group ${during}`);
      }
      if (!isUnchanged) return updateMember(turn, group, joining, `Updating metadata for member ${memberId} ${during}`);
      return turn.reply(ticket, { ...joinResponse(group, memberId), members: [] });
    case "Empty":
    case "Dead":
      return refuse(turn, joining, Errors.UNKNOWN_MEMBER_ID, memberId);
  }
}

function updateMember(turn: GroupTurn, group: ClassicGroup, { request, ticket }: Joining, reason: string): void {
  const member = group.members.get(request.memberId);
  // A second JoinGroup of the same member takes the place of the first, whose client is gone.
  if (member?.joining !== undefined) turn.reply(member.joining, { errorCode: Errors.REBALANCE_IN_PROGRESS });
  group.update(request.memberId, {
    protocols: protocolsOf(request),
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    joining: ticket,
  });
  rebalanceOrGoOn(turn, group, withClientReason(reason, request));
}

function namesOf(request: ApiRequest<"joinGroup">): string[] {
  return request.protocols.map(({ name }) => name);
}
