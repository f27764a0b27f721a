import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { partitionRecordOf } from "../metadata/partition-record.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { Errors } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";
import { ApiError, errorFields } from "./api-error.ts";
import { type ControllerRequestContext } from "./controller.ts";
import { type ControllerView, metadataVersionOf } from "./controller-view.ts";
import { repeatedNames } from "./create-topics.ts";
import { assignedPartition, PartitionPlacer } from "./new-partitions.ts";
import { type Deciding, itemsOfTurn, recordsPerOperationMax, tooManyRecordsMessage } from "./result.ts";

type Request = ApiRequest<"createPartitions">;
type Topic = Request["topics"][number];
type Response = Draft<ApiResponse<"createPartitions">>;

/** Adds partitions to topics, all in one batch; each topic succeeds or fails by itself. */
export function* createPartitions(
  view: ControllerView,
  request: Request,
  context: ControllerRequestContext,
): Deciding<Response> {
  const repeated = repeatedNames(request.topics.map(({ name }) => name));
  const results: NonNullable<Response["results"]>[number][] = [...repeated].map((name) => ({
    name,
    errorCode: Errors.INVALID_REQUEST,
    errorMessage: "Duplicate topic name.",
  }));
  const records: MetadataRecordDraft[] = [];
  const placer = new PartitionPlacer(view);
  for (const [index, topic] of request.topics.entries()) {
    if (index % itemsOfTurn === itemsOfTurn - 1) yield;
    if (repeated.has(topic.name)) continue;
    const added = addPartitions(view, topic, context, placer);
    if (!(added instanceof ApiError)) records.push(...added);
    results.push({ name: topic.name, ...errorFields(added instanceof ApiError ? added : undefined) });
  }
  if (records.length > recordsPerOperationMax) {
    const error = { errorCode: Errors.POLICY_VIOLATION, errorMessage: tooManyRecordsMessage };
    return { records: [], response: { results: request.topics.map(({ name }) => ({ name, ...error })) } };
  }
  return { records: request.validateOnly ? [] : records, response: { results } };
}

function addPartitions(
  view: ControllerView,
  request: Topic,
  context: ControllerRequestContext,
  placer: PartitionPlacer,
): readonly MetadataRecordDraft[] | ApiError {
  if (context.mayDeleteTopic?.(request.name) === false) return new ApiError(Errors.TOPIC_AUTHORIZATION_FAILED, null);
  const topic = view.image.topics.byName.get(request.name);
  if (topic === undefined) return new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION, null);
  const before = topic.partitions.length;
  if (request.count === before) {
    return new ApiError(Errors.INVALID_PARTITIONS, `Topic already has ${before} partition(s).`);
  }
  if (request.count < before) {
    return new ApiError(
      Errors.INVALID_PARTITIONS,
      `The topic ${request.name} currently has ${before} partition(s); ${request.count} would not be an increase.`,
    );
  }
  const additional = request.count - before;
  if (request.assignments !== null && request.assignments.length !== additional) {
    return new ApiError(
      Errors.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${additional} additional partition(s), but only ${request.assignments.length} assignment(s) were specified.`,
    );
  }
  if (additional > recordsPerOperationMax) return new ApiError(Errors.POLICY_VIOLATION, tooManyRecordsMessage);
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1;
  const partitions =
    request.assignments === null
      ? placer.place(additional, replicationFactor)
      : assigned(view, before, request.assignments, replicationFactor);
  if (partitions instanceof ApiError) return partitions;
  const metadataVersion = metadataVersionOf(view.image);
  return partitions.map((partition, i) => partitionRecordOf(topic.id, before + i, partition, metadataVersion));
}

function assigned(
  view: ControllerView,
  firstId: number,
  assignments: NonNullable<Topic["assignments"]>,
  replicationFactor: number,
): readonly PartitionRegistration[] | ApiError {
  const partitions: PartitionRegistration[] = [];
  for (const [i, { brokerIds }] of assignments.entries()) {
    const partition = assignedPartition(view, firstId + i, brokerIds, replicationFactor);
    if (partition instanceof ApiError) return partition;
    partitions.push(partition);
  }
  return partitions;
}
