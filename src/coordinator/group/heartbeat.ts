import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Ticket } from "../runtime/ticket.ts";
import { heartbeatOfClassicMember } from "./consumer/classic-requests.ts";
import { type GroupTurn } from "./group-state.ts";
import { memberProblem } from "./member-check.ts";
import { renewSession } from "./rebalance.ts";

export function heartbeat(
  turn: GroupTurn,
  request: ApiRequest<"heartbeat">,
  ticket: Ticket<Draft<ApiResponse<"heartbeat">>>,
): void {
  turn.reply(ticket, { errorCode: answerTo(turn, request) });
}

function answerTo(turn: GroupTurn, request: ApiRequest<"heartbeat">): ErrorCode {
  const consumer = turn.state.consumerGroup(request.groupId);
  if (consumer !== undefined) return heartbeatOfClassicMember(turn, consumer, request);
  const group = turn.state.classicGroup(request.groupId);
  if (group === undefined) return Errors.UNKNOWN_MEMBER_ID;
  const problem = memberProblem(group, request.memberId, request.groupInstanceId);
  if (problem !== undefined) return problem;
  if (request.generationId !== group.generation) return Errors.ILLEGAL_GENERATION;
  const { memberId, sessionTimeoutMs } = group.members.get(request.memberId)!;
  renewSession(turn, group.groupId, memberId, sessionTimeoutMs);
  return group.state === "PreparingRebalance" ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE;
}
