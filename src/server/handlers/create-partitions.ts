import { type Controller } from "../../controller/controller.ts";
import { type Handler } from "../handler.ts";

export interface CreatePartitionsDeps {
  readonly controller: Pick<Controller, "createPartitions">;
  /** Resolves when the replicas here are what the metadata says, or will not be soon. */
  readonly untilFollowed: () => Promise<void>;
}

/** Raises the number of a topic's partitions, with given assignments for the new ones or the controller's own. */
export function createPartitionsHandler(deps: CreatePartitionsDeps): Handler<"createPartitions"> {
  const { controller, untilFollowed } = deps;
  return {
    api: "createPartitions",
    async handle(request) {
      const answer = await controller.createPartitions(request, { principal: "User:ANONYMOUS" });
      await untilFollowed();
      return answer;
    },
  };
}
