import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type Handler } from "../handler.ts";

/** A member is alive; REBALANCE_IN_PROGRESS tells it to join again. v3: static members. */
export function heartbeatHandler({ groups }: { groups: GroupCoordinator }): Handler<"heartbeat"> {
  return { api: "heartbeat", handle: (request) => groups.heartbeat(request) };
}
