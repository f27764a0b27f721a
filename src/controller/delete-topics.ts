import { type Uuid } from "../base/brand.ts";
import { zeroUuid } from "../base/uuid.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { Errors } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";
import { ApiError, errorFields } from "./api-error.ts";
import { type ControllerRequestContext } from "./controller.ts";
import { type ControllerView } from "./controller-view.ts";
import { repeatedNames } from "./create-topics.ts";
import { type ControllerResult } from "./result.ts";

type Request = ApiRequest<"deleteTopics">;
type Response = Draft<ApiResponse<"deleteTopics">>;
type TopicResult = NonNullable<Response["responses"]>[number];

const unknownTopic = new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic-partition.");
const unknownTopicId = new ApiError(Errors.UNKNOWN_TOPIC_ID, "This server does not host this topic ID.");
const unauthorized = new ApiError(Errors.TOPIC_AUTHORIZATION_FAILED, "Topic authorization failed.");

/** Deletes topics by name (`topicNames`, or `topics` from version 6 on) or by id, all in one batch. */
export function deleteTopics(
  view: ControllerView,
  request: Request,
  context: ControllerRequestContext,
): ControllerResult<Response> {
  if (!view.settings.config.get("delete.topic.enable")) return disabled(request);
  const results: TopicResult[] = [];
  const answer = (name: string | null, topicId: Uuid, error: ApiError | undefined) =>
    results.push({ name, topicId, ...errorFields(error) });

  const { names, ids } = askedFor(request, answer);
  const deletions = new Map<Uuid, string>();
  for (const id of ids) {
    const topic = view.image.topics.byId.get(id);
    if (topic === undefined) answer(null, id, unknownTopicId);
    else if (context.mayDeleteTopic?.(topic.name) === false) {
      answer(context.mayDescribeTopic?.(topic.name) === false ? null : topic.name, id, unauthorized);
    } else deletions.set(id, topic.name);
  }
  for (const name of names) {
    const topic = view.image.topics.byName.get(name);
    if (context.mayDescribeTopic?.(name) === false) answer(name, zeroUuid, unauthorized);
    else if (topic === undefined) answer(name, zeroUuid, unknownTopic);
    else if (context.mayDeleteTopic?.(name) === false) answer(name, zeroUuid, unauthorized);
    else if (deletions.delete(topic.id)) {
      const message = "The provided topic name maps to an ID that was already supplied.";
      answer(name, topic.id, new ApiError(Errors.INVALID_REQUEST, message));
    } else deletions.set(topic.id, name);
  }
  const records: MetadataRecordDraft[] = [];
  for (const [topicId, name] of deletions) {
    records.push({ type: "removeTopic", version: 0, data: { topicId } });
    answer(name, topicId, undefined);
  }
  return { records, response: { responses: results } };
}

/** The names and ids that were given once; the rest is answered. */
function askedFor(
  request: Request,
  answer: (name: string | null, topicId: Uuid, error: ApiError) => void,
): { names: Set<string>; ids: Set<Uuid> } {
  const invalid = (message: string) => new ApiError(Errors.INVALID_REQUEST, message);
  const names: string[] = [...request.topicNames];
  const ids: Uuid[] = [];
  for (const { name, topicId } of request.topics) {
    if (name === null && topicId === zeroUuid) {
      answer(null, zeroUuid, invalid("Neither topic name nor id were specified."));
    } else if (name === null) ids.push(topicId);
    else if (topicId === zeroUuid) names.push(name);
    else answer(name, topicId, invalid("You may not specify both topic name and topic id."));
  }
  const repeated = repeatedNames(names);
  for (const name of repeated) answer(name, zeroUuid, invalid("Duplicate topic name."));
  const repeatedIds = repeatedNames(ids);
  for (const id of repeatedIds) answer(null, id, invalid("Duplicate topic id."));
  return {
    names: new Set(names.filter((name) => !repeated.has(name))),
    ids: new Set(ids.filter((id) => !repeatedIds.has(id))),
  };
}

function disabled(request: Request): ControllerResult<Response> {
  const error = errorFields(new ApiError(Errors.TOPIC_DELETION_DISABLED, "Topic deletion is disabled."));
  const named = request.topicNames.map((name) => ({ name, topicId: zeroUuid, ...error }));
  const listed = request.topics.map(({ name, topicId }) => ({ name, topicId, ...error }));
  return { records: [], response: { responses: [...named, ...listed] } };
}
