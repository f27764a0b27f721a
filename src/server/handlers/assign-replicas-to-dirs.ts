import { type Controller } from "../../controller/controller.ts";
import { type Handler } from "../handler.ts";

/** A broker tells the controller in which of its log directories replicas are (KIP-858); on the controller's listener alone. */
export function assignReplicasToDirsHandler(
  controller: Pick<Controller, "assignReplicasToDirs">,
): Handler<"assignReplicasToDirs"> {
  return { api: "assignReplicasToDirs", handle: (request) => controller.assignReplicasToDirs(request) };
}
