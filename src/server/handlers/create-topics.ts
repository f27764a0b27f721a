import { type Controller } from "../../controller/controller.ts";
import { type Handler } from "../handler.ts";

/**
 * Creates topics, by counts or with given assignments. The controller checks and decides; the answer comes when the topics
 * are committed and known on this node.
 *
 * - `validateOnly` checks and changes nothing.
 * - Since v5 the answer tells partitions, replication factor and configuration, since v7 the topic's id.
 */
export function createTopicsHandler(controller: Pick<Controller, "createTopics">): Handler<"createTopics"> {
  return {
    api: "createTopics",
    handle: (request) => controller.createTopics(request, { principal: "User:ANONYMOUS" }),
  };
}
