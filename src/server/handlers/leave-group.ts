import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";

/**
 * Members leave. v0–2: one, whose error stands at the top; v3+: several, each with its own. v5: their reasons, for the log.
 */
export function leaveGroupHandler({ groups }: { groups: GroupCoordinator }): Handler<"leaveGroup"> {
  return {
    api: "leaveGroup",
    async handle({ groupId, memberId, members }, { apiVersion }) {
      if (apiVersion >= 3) return groups.leaveGroup({ groupId, members });
      const only = { memberId, groupInstanceId: null, reason: null };
      const response = await groups.leaveGroup({ groupId, members: [only] });
      const memberError = response.members?.[0]?.errorCode ?? Errors.NONE;
      return {
        errorCode: response.errorCode === undefined || response.errorCode === 0 ? memberError : response.errorCode,
      };
    },
  };
}
