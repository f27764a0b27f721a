import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type ClassicGroup, type ClassicGroupView } from "./classic-group.ts";
import { emptyAssignment, metadataOf, type ClassicMember, type JoinResponse } from "./classic-member.ts";
import { type GroupScheduling, type GroupTurn } from "./group-state.ts";
import { groupMetadataRecord } from "./metadata-record.ts";
import { timerKeys } from "./timer-keys.ts";

/*
 * A generation comes about in two phases. In the join phase (PreparingRebalance) all members send JoinGroup, which is parked
 * until everyone is there or the rebalance timeout is over; in the sync phase (CompletingRebalance) they send SyncGroup, which
 * is parked until the leader's, with the assignment, is there. These functions change the group they are given, which is the
 * turn's own copy.
 */

// ---- Sessions

/** The member is heard of: its session starts anew. */
export function renewSession(turn: GroupScheduling, groupId: string, memberId: string, timeoutMs: number): void {
  turn.schedule(timerKeys.session(groupId, memberId), timeoutMs, (later) => expireSession(later, groupId, memberId));
}

function expireSession(turn: GroupTurn, groupId: string, memberId: string): void {
  const current = turn.state.classicGroup(groupId);
  if (current === undefined) return;
  if (current.pendingJoin.has(memberId)) {
    turn.note("info", "pending member has not joined in time", { groupId, memberId });
    const group = turn.state.edit(current);
    group.remove(memberId);
    completeJoinIfAllJoined(turn, group);
    return;
  }
  const member = current.members.get(memberId);
  if (member === undefined) return;
  // A parked request shows that the client lives; but a new member may not wait for its first generation for ever.
  const isWaiting = member.joining !== undefined || member.syncing !== undefined;
  if (isWaiting && !member.isNew) return;
  turn.note("info", "member has failed, removing it from the group", { groupId, memberId });
  const group = turn.state.edit(current);
  removeMember(turn, group, memberId);
  const reason = `removing member ${memberId} on heartbeat expiration.`;
  if (group.state === "Stable" || group.state === "CompletingRebalance") prepareRebalance(turn, group, reason);
  else completeJoinIfAllJoined(turn, group);
}

/** Takes a member out; requests of it that are parked are answered. */
export function removeMember(turn: GroupTurn, group: ClassicGroup, memberId: string): void {
  const member = group.members.get(memberId);
  if (member !== undefined) answerParked(turn, member, Errors.UNKNOWN_MEMBER_ID, "");
  group.remove(memberId);
  turn.cancel(timerKeys.session(group.groupId, memberId));
}

/** Answers what a member has parked with an error; the caller replaces or removes the member. */
export function answerParked(turn: GroupTurn, member: ClassicMember, errorCode: ErrorCode, memberId: string): void {
  if (member.joining !== undefined) turn.reply(member.joining, { errorCode, memberId, protocolName: null });
  if (member.syncing !== undefined) turn.reply(member.syncing, { errorCode });
}

// ---- Join phase

/** After a change of the members: a new rebalance, or the one under way goes on. */
export function rebalanceOrGoOn(turn: GroupTurn, group: ClassicGroup, reason: string): void {
  if (group.canRebalance()) prepareRebalance(turn, group, reason);
  else goOnJoining(turn, group);
}

/** Completes the join phase when all are there. A group's first one only ends by its delay. */
export function goOnJoining(turn: GroupTurn, group: ClassicGroup): void {
  if (group.previousState !== "Empty") completeJoinIfAllJoined(turn, group);
}

export function prepareRebalance(turn: GroupTurn, group: ClassicGroup, reason: string): void {
  if (group.state === "CompletingRebalance") abandonSync(turn, group);
  group.forgetSyncs();
  turn.cancel(timerKeys.sync(group.groupId));
  const isFirst = group.state === "Empty";
  group.transitionTo("PreparingRebalance", turn.nowMs);
  turn.note("info", "preparing to rebalance group", {
    groupId: group.groupId,
    generation: group.generation,
    members: group.members.size,
    reason,
  });
  if (isFirst) delayFirstGeneration(turn, group);
  else completeJoinOrWait(turn, group);
}

/** Arms the end of the join phase, and ends it when all are there. */
function completeJoinOrWait(turn: GroupTurn, group: ClassicGroup): void {
  if (group.hasAllJoined()) completeJoin(turn, group);
  else waitForJoins(turn, group);
}

export function waitForJoins(turn: GroupScheduling, group: ClassicGroupView, delayMsMin = 0): void {
  const { groupId } = group;
  turn.schedule(timerKeys.join(groupId), Math.max(group.rebalanceTimeoutMs(), delayMsMin), (later) => {
    const current = later.state.classicGroup(groupId);
    if (current?.state === "PreparingRebalance") completeJoin(later, later.state.edit(current));
  });
}

/** The first generation waits for more members to come, as long as they keep coming, at most the rebalance timeout. */
export function delayFirstGeneration(turn: GroupScheduling, group: ClassicGroupView, delayMsMin = 0): void {
  const delayMs = Math.max(turn.state.config.initialRebalanceDelayMs, delayMsMin);
  const remainingMs = Math.max(group.rebalanceTimeoutMs() - delayMs, 0);
  scheduleFirstGeneration(turn, group.groupId, delayMs, remainingMs);
}

function scheduleFirstGeneration(turn: GroupScheduling, groupId: string, delayMs: number, remainingMs: number): void {
  turn.schedule(timerKeys.join(groupId), delayMs, (later) => {
    const current = later.state.classicGroup(groupId);
    if (current?.state !== "PreparingRebalance") return;
    const group = later.state.edit(current);
    if (group.newMemberAdded && remainingMs !== 0) {
      group.newMemberAdded = false;
      const nextDelayMs = Math.min(later.state.config.initialRebalanceDelayMs, remainingMs);
      scheduleFirstGeneration(later, groupId, nextDelayMs, Math.max(remainingMs - delayMs, 0));
    } else {
      completeJoin(later, group);
    }
  });
}

function completeJoinIfAllJoined(turn: GroupTurn, group: ClassicGroup): void {
  if (group.state === "PreparingRebalance" && group.hasAllJoined()) completeJoin(turn, group);
}

/** Ends the join phase with those who are there: a generation, or an empty group. */
function completeJoin(turn: GroupTurn, group: ClassicGroup): void {
  const { groupId } = group;
  turn.cancel(timerKeys.join(groupId));
  removeAbsent(turn, group);
  if (!electJoinedLeader(turn, group) && group.members.size > 0) {
    turn.note("warn", "group could not complete its rebalance because no members rejoined", { groupId });
    waitForJoins(turn, group);
    return;
  }
  group.generation++;
  group.protocolName = group.members.size === 0 ? null : group.selectProtocol();
  if (!group.refreshSubscribedTopics()) {
    turn.note("warn", "subscriptions of the group cannot be read", { groupId, protocol: group.protocolName });
  }
  group.forgetSyncs();
  if (group.members.size === 0) {
    group.transitionTo("Empty", turn.nowMs);
    turn.note("info", "group is now empty", { groupId, generation: group.generation });
    turn.append(groupMetadataRecord(group));
  } else {
    startSync(turn, group);
  }
}

/** Static members that have not joined stay: they may be restarting. */
function removeAbsent(turn: GroupTurn, group: ClassicGroup): void {
  const absent = [...group.members.values()].filter(
    ({ joining, groupInstanceId }) => joining === undefined && groupInstanceId === null,
  );
  if (absent.length === 0) return;
  for (const { memberId } of absent) removeMember(turn, group, memberId);
  const members = absent.map(({ memberId }) => memberId);
  turn.note("info", "removed dynamic members that have not rejoined", { groupId: group.groupId, members });
}

/** Sees to it that the leader is one who has joined; false when nobody has. */
function electJoinedLeader(turn: GroupTurn, group: ClassicGroup): boolean {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId);
  if (leader === undefined) return false;
  if (leader.joining !== undefined) return true;
  for (const member of group.orderedMembers()) {
    if (member.joining === undefined) continue;
    group.leaderId = member.memberId;
    turn.note("info", "leader did not rejoin in time, another member leads now", {
      groupId: group.groupId,
      before: leader.memberId,
      leader: member.memberId,
    });
    return true;
  }
  return false;
}

/** What a member hears when its JoinGroup is done; the leader hears of all members. */
export function joinResponse(group: ClassicGroupView, memberId: string): JoinResponse {
  return {
    memberId,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? "",
    skipAssignment: false,
    members: memberId === group.leaderId ? joinedMembers(group) : [],
  };
}

export function joinedMembers(group: ClassicGroupView): NonNullable<JoinResponse["members"]> {
  return group.orderedMembers().map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, group.protocolName) ?? Buffer.alloc(0),
  }));
}

// ---- Sync phase

function startSync(turn: GroupTurn, group: ClassicGroup): void {
  const { groupId, generation } = group;
  group.transitionTo("CompletingRebalance", turn.nowMs);
  turn.note("info", "stabilized group", { groupId, generation, members: group.members.size, leader: group.leaderId });
  for (const { memberId, joining, sessionTimeoutMs } of group.members.values()) {
    if (joining !== undefined) turn.reply(joining, joinResponse(group, memberId));
    group.update(memberId, { joining: undefined, isNew: false });
    group.pendingSync.set(memberId, true);
    renewSession(turn, groupId, memberId, sessionTimeoutMs);
  }
  waitForSyncs(turn, group);
}

export function waitForSyncs(turn: GroupScheduling, group: ClassicGroupView, delayMsMin = 0): void {
  const { groupId, generation } = group;
  turn.schedule(timerKeys.sync(groupId), Math.max(group.rebalanceTimeoutMs(), delayMsMin), (later) => {
    const current = later.state.classicGroup(groupId);
    if (current === undefined || current.generation !== generation || current.pendingSync.size === 0) return;
    const group = later.state.edit(current);
    const late = [...group.pendingSync.keys()];
    for (const memberId of late) removeMember(later, group, memberId);
    prepareRebalance(later, group, `Removing ${late.join(", ")} on pending sync request expiration`);
  });
}

/** A member has synced. */
export function markSynced(turn: GroupTurn, group: ClassicGroup, memberId: string): void {
  group.pendingSync.delete(memberId);
  if (group.pendingSync.size === 0) turn.cancel(timerKeys.sync(group.groupId));
}

/** Those who wait for an assignment shall join again. */
function abandonSync(turn: GroupTurn, group: ClassicGroup): void {
  for (const { memberId, syncing, sessionTimeoutMs } of group.members.values()) {
    if (syncing !== undefined) {
      turn.reply(syncing, { errorCode: Errors.REBALANCE_IN_PROGRESS });
      renewSession(turn, group.groupId, memberId, sessionTimeoutMs);
    }
    group.update(memberId, { syncing: undefined, assignment: emptyAssignment });
  }
}
