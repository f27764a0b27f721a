import { type Controller } from "../../controller/controller.ts";
import { type Handler } from "../handler.ts";

export interface CreateTopicsDeps {
  readonly controller: Pick<Controller, "createTopics">;
  /** Resolves when the replicas here are what the metadata says, or will not be soon. */
  readonly untilFollowed: () => Promise<void>;
}

/**
 * Creates topics, by counts or with given assignments. The controller checks and decides; the answer comes when the topics
 * are committed and known on this node. Kafka's does not wait for the partitions, which are NOT_LEADER_OR_FOLLOWER until they
 * are there: clients are spared that here, for a second at most.
 *
 * - `validateOnly` checks and changes nothing.
 * - Since v5 the answer tells partitions, replication factor and configuration, since v7 the topic's id.
 */
export function createTopicsHandler({ controller, untilFollowed }: CreateTopicsDeps): Handler<"createTopics"> {
  return {
    api: "createTopics",
    async handle(request) {
      const answer = await controller.createTopics(request, { principal: "User:ANONYMOUS" });
      await untilFollowed();
      return answer;
    },
  };
}
