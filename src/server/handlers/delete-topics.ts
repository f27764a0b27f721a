import { type Controller } from "../../controller/controller.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Handler } from "../handler.ts";

export interface DeleteTopicsDeps {
  readonly controller: Pick<Controller, "deleteTopics">;
  /** Resolves when the replicas here are what the metadata says, or will not be soon. */
  readonly untilFollowed: () => Promise<void>;
  /** `delete.topic.enable` */
  readonly isEnabled: boolean;
}

/**
 * Deletes topics, since v6 also by id; the controller checks and decides.
 *
 * Where deletion is switched off every topic is TOPIC_DELETION_DISABLED, a code that v3 brought: INVALID_REQUEST before.
 */
export function deleteTopicsHandler({
  controller,
  untilFollowed,
  isEnabled,
}: DeleteTopicsDeps): Handler<"deleteTopics"> {
  return {
    api: "deleteTopics",
    async handle(request, { apiVersion }) {
      if (!isEnabled) return disabled(request, apiVersion);
      const answer = await controller.deleteTopics(request, { principal: "User:ANONYMOUS" });
      await untilFollowed();
      return answer;
    },
  };
}

function disabled(request: ApiRequest<"deleteTopics">, version: number): Draft<ApiResponse<"deleteTopics">> {
  const errorCode = version < 3 ? Errors.INVALID_REQUEST : Errors.TOPIC_DELETION_DISABLED;
  const names = request.topicNames.map((name) => ({ name, errorCode }));
  const topics = request.topics.map(({ name, topicId }) => ({ name, topicId, errorCode }));
  return { responses: [...names, ...topics] };
}
