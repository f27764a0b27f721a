import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";

/**
 * A member wants its assignment, and the leader brings those of all. The answer waits for the leader.
 *
 * - v3: static members. v5: protocol type and name are required, INCONSISTENT_GROUP_PROTOCOL without.
 */
export function syncGroupHandler({ groups }: { groups: GroupCoordinator }): Handler<"syncGroup"> {
  return {
    api: "syncGroup",
    handle(request, { apiVersion }) {
      if (apiVersion >= 5 && (request.protocolType === null || request.protocolName === null)) {
        return { errorCode: Errors.INCONSISTENT_GROUP_PROTOCOL };
      }
      return groups.syncGroup(request);
    },
  };
}
