import { type Controller } from "../../controller/controller.ts";
import { type Handler } from "../handler.ts";

/** Raises the number of a topic's partitions, with given assignments for the new ones or the controller's own. */
export function createPartitionsHandler(controller: Pick<Controller, "createPartitions">): Handler<"createPartitions"> {
  return {
    api: "createPartitions",
    handle: (request) => controller.createPartitions(request, { principal: "User:ANONYMOUS" }),
  };
}
