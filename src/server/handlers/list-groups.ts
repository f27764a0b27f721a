import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type Handler } from "../handler.ts";

/** The groups that this broker coordinates. v4: filter by state, in any case. v5: by type. */
export function listGroupsHandler({ groups }: { groups: GroupCoordinator }): Handler<"listGroups"> {
  return { api: "listGroups", handle: (request) => groups.listGroups(request) };
}
