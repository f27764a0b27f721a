import { Errors } from "../../protocol/errors.ts";
import { type ClassicGroup } from "./classic-group.ts";
import { protocolsOf } from "./classic-member.ts";
import { type GroupTurn } from "./group-state.ts";
import { withClientReason, type Joining } from "./joining.ts";
import { groupMetadataRecord } from "./metadata-record.ts";
import { answerParked, goOnJoining, joinedMembers, joinResponse, prepareRebalance, renewSession } from "./rebalance.ts";
import { timerKeys } from "./timer-keys.ts";

/**
 * A static member has restarted: it comes without an id and takes the place of the id it had. In a stable group nothing is
 * rebalanced for it, unless what it knows changes the choice of the protocol.
 */
export function rejoinAsStaticMember(
  turn: GroupTurn,
  group: ClassicGroup,
  joining: Joining,
  oldId: string,
  newId: string,
): void {
  const { request, ticket } = joining;
  const oldLeader = group.leaderId;
  replaceMember(turn, group, joining, oldId, newId);
  if (group.state === "CompletingRebalance") {
    group.update(newId, { joining: ticket });
    const reason = `Updating metadata for static member ${newId} with instance id ${request.groupInstanceId}`;
    prepareRebalance(turn, group, withClientReason(reason, request));
  } else if (group.state !== "Stable") {
    group.update(newId, { joining: ticket });
    goOnJoining(turn, group);
  } else if (group.selectProtocol() !== group.protocolName) {
    group.update(newId, { joining: ticket });
    const reason =
      `Group's selectedProtocol will change because static member ${newId} with instance id ` +
      `${request.groupInstanceId} joined with change of protocol`;
    prepareRebalance(turn, group, withClientReason(reason, request));
  } else {
    takeOver(turn, group, joining, newId, oldLeader);
  }
}

function replaceMember(turn: GroupTurn, group: ClassicGroup, { request }: Joining, oldId: string, newId: string): void {
  const old = group.members.get(oldId)!;
  answerParked(turn, old, Errors.FENCED_INSTANCE_ID, oldId);
  turn.cancel(timerKeys.session(group.groupId, oldId));
  const wasLeader = group.leaderId === oldId;
  group.remove(oldId);
  if (wasLeader) group.leaderId = newId;
  group.add({
    ...old,
    memberId: newId,
    protocols: protocolsOf(request),
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    isNew: false,
    joining: undefined,
    syncing: undefined,
  });
  // As in Kafka, the session that begins now has still the length of the old one.
  renewSession(turn, group.groupId, newId, old.sessionTimeoutMs);
  turn.note("info", "static member takes the place of its former id", {
    groupId: group.groupId,
    groupInstanceId: request.groupInstanceId,
    before: oldId,
    memberId: newId,
    state: group.state,
  });
}

/** The new id gets the old one's assignment in the same generation. */
function takeOver(
  turn: GroupTurn,
  group: ClassicGroup,
  { ticket, caller }: Joining,
  newId: string,
  oldLeader: string | null,
): void {
  turn.append(groupMetadataRecord(group));
  const response = joinResponse(group, newId);
  if (caller.apiVersion >= 9) {
    const isLeader = newId === group.leaderId;
    const members = isLeader ? joinedMembers(group) : [];
    turn.reply(ticket, { ...response, members, skipAssignment: isLeader });
  } else {
    // Older clients cannot be told to leave the assignment alone: a leader must not know that it is one.
    turn.reply(ticket, { ...response, members: [], leader: oldLeader ?? "" });
  }
}
