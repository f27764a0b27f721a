import { zeroUuid } from "../base/uuid.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { Errors } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";

const error = {
  errorCode: Errors.NOT_CONTROLLER,
  errorMessage: "This is not the correct controller for this cluster.",
};

/** Answers of a node that is not the active controller: each item refused. */
export const notController = {
  createTopics: ({ topics }: ApiRequest<"createTopics">): Draft<ApiResponse<"createTopics">> => ({
    topics: topics.map(({ name }) => ({ name, ...error })),
  }),
  deleteTopics: ({ topics, topicNames }: ApiRequest<"deleteTopics">): Draft<ApiResponse<"deleteTopics">> => ({
    responses: [
      ...topicNames.map((name) => ({ name, topicId: zeroUuid, ...error })),
      ...topics.map(({ name, topicId }) => ({ name, topicId, ...error })),
    ],
  }),
  createPartitions: ({ topics }: ApiRequest<"createPartitions">): Draft<ApiResponse<"createPartitions">> => ({
    results: topics.map(({ name }) => ({ name, ...error })),
  }),
  alterConfigs: ({
    resources,
  }: {
    readonly resources: readonly { readonly resourceType: number; readonly resourceName: string }[];
  }): Draft<ApiResponse<"alterConfigs">> & Draft<ApiResponse<"incrementalAlterConfigs">> => ({
    responses: resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName, ...error })),
  }),
} as const;
