import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { Errors } from "../../protocol/errors.ts";
import { allGroupOperations, operationsNotAsked } from "../authorized-operations.ts";
import { type Handler } from "../handler.ts";

/**
 * Classic groups with their members. A group that is not there is "Dead": with an error and a message from v6 on.
 * v3: what the caller may do with it, when asked for.
 */
export function describeGroupsHandler({ groups }: { groups: GroupCoordinator }): Handler<"describeGroups"> {
  return {
    api: "describeGroups",
    handle(request, { apiVersion }) {
      const described = groups.describeGroups(request.groups, apiVersion);
      const authorizedOperations = request.includeAuthorizedOperations ? allGroupOperations : operationsNotAsked;
      return {
        groups: described.map((group) =>
          (group.errorCode ?? Errors.NONE) === Errors.NONE ? { ...group, authorizedOperations } : group,
        ),
      };
    },
  };
}
