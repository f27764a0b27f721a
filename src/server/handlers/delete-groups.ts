import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type Handler } from "../handler.ts";

/** Deletes groups without members: NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. A group that is named twice is answered once. */
export function deleteGroupsHandler({ groups }: { groups: GroupCoordinator }): Handler<"deleteGroups"> {
  return {
    api: "deleteGroups",
    async handle({ groupsNames }) {
      return { results: await groups.deleteGroups([...new Set(groupsNames)]) };
    },
  };
}
