import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Ticket } from "../runtime/ticket.ts";
import { type ClassicGroup } from "./classic-group.ts";
import { leaveFromConsumerGroup } from "./consumer/classic-requests.ts";
import { type GroupTurn } from "./group-state.ts";
import { memberProblem } from "./member-check.ts";
import { goOnJoining, prepareRebalance, removeMember } from "./rebalance.ts";

type LeavingMember = ApiRequest<"leaveGroup">["members"][number];

/** Members leave, one by one their answers; `members` holds the one of older versions, too. */
export function leaveGroup(
  turn: GroupTurn,
  { groupId, members }: Pick<ApiRequest<"leaveGroup">, "groupId" | "members">,
  ticket: Ticket<Draft<ApiResponse<"leaveGroup">>>,
): void {
  const consumer = turn.state.consumerGroup(groupId);
  if (consumer !== undefined) return turn.reply(ticket, leaveFromConsumerGroup(turn, consumer, { members }));
  const current = turn.state.classicGroup(groupId);
  if (current === undefined) {
    turn.reply(ticket, { members: members.map((member) => answerFor(member, Errors.UNKNOWN_MEMBER_ID)) });
    return;
  }
  const group = turn.state.edit(current);
  const answers = members.map((member) => answerFor(member, leave(turn, group, member)));
  turn.reply(ticket, { members: answers });
  const left = answers.filter(({ errorCode }) => errorCode === Errors.NONE).map(({ memberId }) => memberId);
  if (left.length === 0) return;
  if (group.state === "Stable" || group.state === "CompletingRebalance") {
    prepareRebalance(turn, group, `explicit \`LeaveGroup\` request for (${left.join(", ")}) members.`);
  } else {
    goOnJoining(turn, group);
  }
}

function answerFor({ memberId, groupInstanceId }: LeavingMember, errorCode: ErrorCode) {
  return { memberId, groupInstanceId, errorCode };
}

function leave(turn: GroupTurn, group: ClassicGroup, { memberId, groupInstanceId, reason }: LeavingMember): ErrorCode {
  // An administrator may name a static member by its instance alone.
  const namedId = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId);
  const leavingId = memberId === "" ? namedId : memberId;
  if (leavingId === undefined) return Errors.UNKNOWN_MEMBER_ID;
  if (!group.pendingJoin.has(leavingId)) {
    const problem = memberId === "" ? undefined : memberProblem(group, memberId, groupInstanceId);
    if (problem !== undefined) return problem;
  }
  removeMember(turn, group, leavingId);
  turn.note("info", "member has left", {
    groupId: group.groupId,
    memberId: leavingId,
    reason: reason ?? "not provided",
  });
  return Errors.NONE;
}
