import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { Errors } from "../../protocol/errors.ts";
import { allGroupOperations, operationsNotAsked } from "../authorized-operations.ts";
import { type Handler } from "../handler.ts";

interface ConsumerGroupDescribeDeps {
  readonly groups: GroupCoordinator;
  /** Whether the cluster has finalized the group protocol. */
  readonly isEnabled: () => boolean;
}

/** Consumer groups with their members, what these have and what they are to have. v1: which protocol each member talks. */
export function consumerGroupDescribeHandler(deps: ConsumerGroupDescribeDeps): Handler<"consumerGroupDescribe"> {
  return {
    api: "consumerGroupDescribe",
    handle({ groupIds, includeAuthorizedOperations }) {
      if (!deps.isEnabled()) {
        return { groups: groupIds.map((groupId) => ({ groupId, errorCode: Errors.UNSUPPORTED_VERSION })) };
      }
      const authorizedOperations = includeAuthorizedOperations ? allGroupOperations : operationsNotAsked;
      return {
        groups: deps.groups
          .describeConsumerGroups(groupIds)
          .map((group) =>
            (group.errorCode ?? Errors.NONE) === Errors.NONE ? { ...group, authorizedOperations } : group,
          ),
      };
    },
  };
}
