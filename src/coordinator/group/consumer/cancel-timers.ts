import { type GroupTurn } from "../group-state.ts";
import { timerKeys } from "../timer-keys.ts";

/** Nothing that a member was waited for is waited for any more: it has gone, or its group goes on in another way. */
export function cancelMemberTimers(turn: GroupTurn, groupId: string, memberId: string): void {
  turn.cancel(timerKeys.session(groupId, memberId));
  turn.cancel(timerKeys.revocation(groupId, memberId));
  turn.cancel(timerKeys.classicJoin(groupId, memberId));
  turn.cancel(timerKeys.classicSync(groupId, memberId));
}
