import { Errors, type ErrorCode } from "../../../protocol/errors.ts";
import { type ConsumerMember } from "./member.ts";

/** Why a request cannot be granted, with what Kafka tells the client. */
export interface Refusal {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

export function isRefusal<T extends object>(value: T | Refusal): value is Refusal {
  return "errorCode" in value;
}

export function unknownMember(errorMessage: string): Refusal {
  return { errorCode: Errors.UNKNOWN_MEMBER_ID, errorMessage };
}

export function notFound(errorMessage: string): Refusal {
  return { errorCode: Errors.GROUP_ID_NOT_FOUND, errorMessage };
}

/** Why this is not the static member of that instance. */
export function staticProblem(
  holder: ConsumerMember | undefined,
  memberId: string,
  instanceId: string,
): Refusal | undefined {
  if (holder === undefined) return unknownMember(`Instance id ${instanceId} is unknown.`);
  if (holder.memberId === memberId) return undefined;
  const errorMessage = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${holder.memberId}.`;
  return { errorCode: Errors.FENCED_INSTANCE_ID, errorMessage };
}
