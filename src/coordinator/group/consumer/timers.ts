import { type GroupScheduling, type GroupTurn } from "../group-state.ts";
import { timerKeys } from "../timer-keys.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { fenceMember } from "./fence.ts";
import { type ConsumerMember } from "./member.ts";
import { sessionTimeoutMs } from "./settings.ts";

/** The member is heard of. */
export function renewConsumerSession(turn: GroupTurn, groupId: string, member: ConsumerMember): void {
  const timeoutMs = member.classic?.sessionTimeoutMs ?? sessionTimeoutMs(turn.state, groupId);
  startSession(turn, groupId, member.memberId, timeoutMs);
}

function startSession(turn: GroupScheduling, groupId: string, memberId: string, timeoutMs: number): void {
  turn.schedule(timerKeys.session(groupId, memberId), timeoutMs, (later) =>
    fenceMember(later, groupId, memberId, "the member session expired"),
  );
}

/** A member that is to give partitions up must do so in time; a new epoch ends the wait. */
export function awaitRevocation(turn: GroupScheduling, groupId: string, member: ConsumerMember): void {
  const { memberId, epoch, rebalanceTimeoutMs } = member;
  turn.schedule(timerKeys.revocation(groupId, memberId), rebalanceTimeoutMs, (later) => {
    if (later.state.consumerGroup(groupId)?.members.get(memberId)?.epoch !== epoch) return;
    const reason = `it failed to transition from epoch ${epoch} within ${rebalanceTimeoutMs}ms.`;
    fenceMember(later, groupId, memberId, reason);
  });
}

export function stopAwaitingRevocation(turn: GroupTurn, groupId: string, memberId: string): void {
  turn.cancel(timerKeys.revocation(groupId, memberId));
}

/** A classic member was told to join again. */
export function awaitClassicJoin(
  turn: GroupTurn,
  groupId: string,
  { memberId, rebalanceTimeoutMs }: ConsumerMember,
): void {
  turn.scheduleIfAbsent(timerKeys.classicJoin(groupId, memberId), rebalanceTimeoutMs, (later) =>
    fenceMember(later, groupId, memberId, "the classic member failed to join within the rebalance timeout"),
  );
}

/** A classic member has joined, and is to ask for its assignment. */
export function awaitClassicSync(turn: GroupTurn, groupId: string, memberId: string, timeoutMs: number): void {
  turn.cancel(timerKeys.classicJoin(groupId, memberId));
  turn.schedule(timerKeys.classicSync(groupId, memberId), timeoutMs, (later) =>
    fenceMember(later, groupId, memberId, "the member failed to sync within timeout"),
  );
}

export function stopAwaitingClassicSync(turn: GroupTurn, groupId: string, memberId: string): void {
  turn.cancel(timerKeys.classicSync(groupId, memberId));
}

/** Starts everything anew that a group waits for. Whatever their protocol, all members get the group's session timeout. */
export function armMemberTimers(turn: GroupScheduling, group: ConsumerGroup): void {
  const timeoutMs = sessionTimeoutMs(turn.state, group.groupId);
  for (const member of group.members.values()) {
    startSession(turn, group.groupId, member.memberId, timeoutMs);
    if (member.state === "unrevoked") awaitRevocation(turn, group.groupId, member);
  }
}
