import { type ApiRequest } from "../../protocol/apis.ts";
import { type ErrorCode } from "../../protocol/errors.ts";
import { type Ticket } from "../runtime/ticket.ts";
import { type JoinResponse } from "./classic-member.ts";
import { type GroupTurn } from "./group-state.ts";

/** Who asks, beside what is in the request. */
export interface JoinCaller {
  readonly apiVersion: number;
  readonly clientId: string;
  readonly clientHost: string;
  /** Drawn at random: what makes the id of a new member unique. "" for those that have an id. */
  readonly newMemberIdSuffix: string;
}

/** A JoinGroup on its way through a turn. */
export interface Joining {
  readonly request: ApiRequest<"joinGroup">;
  readonly caller: JoinCaller;
  readonly ticket: Ticket<JoinResponse>;
}

export function refuse(turn: GroupTurn, { ticket }: Joining, errorCode: ErrorCode, memberId: string): void {
  turn.reply(ticket, { errorCode, memberId });
}

export function withClientReason(reason: string, request: ApiRequest<"joinGroup">): string {
  const given = request.reason === null || request.reason === "" ? "not provided" : request.reason;
  return `${reason}; client reason: ${given}`;
}
