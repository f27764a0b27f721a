import { type Controller } from "../../controller/controller.ts";
import { type Handler } from "../handler.ts";

/** Gives partitions other replicas, or ends that. */
export function alterPartitionReassignmentsHandler(
  controller: Pick<Controller, "alterPartitionReassignments">,
): Handler<"alterPartitionReassignments"> {
  return { api: "alterPartitionReassignments", handle: (request) => controller.alterPartitionReassignments(request) };
}

/** The partitions of which replicas come or go at the moment. */
export function listPartitionReassignmentsHandler(
  controller: Pick<Controller, "listPartitionReassignments">,
): Handler<"listPartitionReassignments"> {
  return { api: "listPartitionReassignments", handle: (request) => controller.listPartitionReassignments(request) };
}
