import { type GroupTurn } from "../group-state.ts";
import { cancelMemberTimers } from "./cancel-timers.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { canDowngradeWithout, downgrade } from "./downgrade.ts";
import { bumpGroupEpoch } from "./group-epoch.ts";
import { regexOf, type ConsumerMember } from "./member.ts";
import { forgetMember, forgetRegex } from "./write.ts";

/** Takes a member out that has not done in time what it had to; it may have gone meanwhile. */
export function fenceMember(turn: GroupTurn, groupId: string, memberId: string, reason: string): void {
  const group = turn.state.consumerGroup(groupId);
  const member = group?.members.get(memberId);
  if (group === undefined || member === undefined) return;
  turn.note("info", "member fenced from the group", { groupId, memberId, reason });
  removeMembers(turn, group, [member]);
}

/** Takes members out; what they had is free at once. When only classic members are left, the group becomes a classic one. */
export function removeMembers(turn: GroupTurn, group: ConsumerGroup, members: readonly ConsumerMember[]): void {
  if (members.length === 0) return;
  const { groupId } = group;
  const regexes = new Set(members.map(regexOf).filter((regex) => regex !== undefined));
  for (const { memberId } of members) cancelMemberTimers(turn, groupId, memberId);
  if (canDowngradeWithout(turn, group, members)) {
    const reason = `Downgrade group ${groupId} from consumer to classic for member leaving.`;
    downgrade(turn, group, { without: members, rebalanceReason: reason });
    return;
  }
  for (const { memberId } of members) forgetMember(turn, groupId, memberId);
  for (const regex of regexes) if (!group.regexCounts.has(regex)) forgetRegex(turn, groupId, regex);
  bumpGroupEpoch(turn, group);
}
