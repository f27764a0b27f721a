import { topicNameProblem } from "../base/topic-name.ts";
import { randomUuid, zeroUuid } from "../base/uuid.ts";
import { type BrokerLayers, describeTopic } from "../config/describe.ts";
import { metadataTopicName } from "../metadata/directory-id.ts";
import { configResourceTypes } from "../metadata/image/configs-image.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { partitionRecordOf } from "../metadata/partition-record.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { Errors } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";
import { ApiError, errorFields } from "./api-error.ts";
import { alterResource } from "./alter-configs.ts";
import { type ControllerRequestContext } from "./controller.ts";
import { type ControllerView, metadataVersionOf } from "./controller-view.ts";
import { assignedPartition, PartitionPlacer } from "./new-partitions.ts";
import {
  type ControllerResult,
  type Deciding,
  itemsOfTurn,
  recordsPerOperationMax,
  tooManyRecordsMessage,
} from "./result.ts";
import { CollidingTopics } from "./topic-name.ts";

type Request = ApiRequest<"createTopics">;
type CreatableTopic = Request["topics"][number];
type Response = Draft<ApiResponse<"createTopics">>;
type TopicResult = NonNullable<Response["topics"]>[number];
type TopicConfigs = NonNullable<TopicResult["configs"]>;
type DescribeConfigs = (given: CreatableTopic["configs"]) => TopicConfigs;

/** What all topics of one request are made with. */
interface Making {
  readonly view: ControllerView;
  readonly context: ControllerRequestContext;
  readonly placer: PartitionPlacer;
  readonly colliding: CollidingTopics;
  readonly configsOf: DescribeConfigs;
}

const partitionsPerRequestMax = 10_000;

/**
 * Creates topics; each succeeds or fails by itself, and the ones that succeed are written as one batch: the topic, its
 * configuration, its partitions. The answer shows what was made, also when `validateOnly` keeps it from being made.
 */
export function* createTopics(
  view: ControllerView,
  request: Request,
  context: ControllerRequestContext,
): Deciding<Response> {
  if (partitionCountOf(view, request) > partitionsPerRequestMax) {
    return refused(request, "Excessively large number of partitions per request.");
  }
  const repeated = repeatedNames(request.topics.map(({ name }) => name));
  const records: MetadataRecordDraft[] = [];
  const results: TopicResult[] = [];
  const placer = new PartitionPlacer(view);
  const colliding = new CollidingTopics(view.image.topics.byName);
  const making: Making = { view, context, placer, colliding, configsOf: describedConfigs(view) };
  for (const [index, topic] of request.topics.entries()) {
    if (index % itemsOfTurn === itemsOfTurn - 1) yield;
    if (repeated.has(topic.name)) continue;
    const created = createTopic(making, topic);
    if (created instanceof ApiError) {
      results.push({ name: topic.name, ...errorFields(created) });
    } else {
      records.push(...created.records);
      results.push(created.result);
    }
  }
  for (const name of repeated) {
    results.push({ name, errorCode: Errors.INVALID_REQUEST, errorMessage: "Duplicate topic name." });
  }
  if (records.length > recordsPerOperationMax) return refused(request, tooManyRecordsMessage);
  return { records: request.validateOnly ? [] : records, response: { topics: results } };
}

/** The names that occur more than once. */
export function repeatedNames(names: readonly string[]): Set<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.size === seen.add(name).size));
}

function createTopic(
  making: Making,
  topic: CreatableTopic,
): { records: MetadataRecordDraft[]; result: TopicResult } | ApiError {
  const { view, context } = making;
  const problem = nameProblem(making, topic.name);
  if (problem !== undefined) return problem;
  const configRecords = topicConfigRecords(view, topic);
  if (configRecords instanceof ApiError) return configRecords;
  const partitions = topic.assignments.length > 0 ? assignedPartitions(view, topic) : chosenPartitions(making, topic);
  if (partitions instanceof ApiError) return partitions;

  const topicId = randomUuid(view.random);
  const metadataVersion = metadataVersionOf(view.image);
  return {
    records: [
      { type: "topic", version: 0, data: { name: topic.name, topicId } },
      ...configRecords,
      ...partitions.map((partition, id) => partitionRecordOf(topicId, id, partition, metadataVersion)),
    ],
    result: {
      name: topic.name,
      topicId,
      ...errorFields(undefined),
      ...(context.mayDescribeConfigs?.(topic.name) === false
        ? { topicConfigErrorCode: Errors.TOPIC_AUTHORIZATION_FAILED }
        : describedTopic(making.configsOf(topic.configs), partitions)),
    },
  };
}

function nameProblem({ view, context, colliding }: Making, name: string): ApiError | undefined {
  if (name === metadataTopicName) {
    return new ApiError(Errors.INVALID_REQUEST, `Creation of internal topic ${metadataTopicName} is prohibited.`);
  }
  if (context.mayCreateTopic?.(name) === false) {
    return new ApiError(Errors.TOPIC_AUTHORIZATION_FAILED, "Authorization failed.");
  }
  if (view.image.topics.byName.has(name)) {
    return new ApiError(Errors.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  }
  const other = colliding.find(name);
  if (other !== undefined) {
    return new ApiError(Errors.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with existing topic: ${other}`);
  }
  const invalid = topicNameProblem(name);
  return invalid === undefined ? undefined : new ApiError(Errors.INVALID_TOPIC_EXCEPTION, invalid);
}

function topicConfigRecords(view: ControllerView, topic: CreatableTopic): MetadataRecordDraft[] | ApiError {
  const nulls = topic.configs.filter(({ value }) => value === null).map(({ name }) => name);
  if (nulls.length > 0) {
    return new ApiError(Errors.INVALID_CONFIG, `Null value not supported for topic configs: ${nulls.join(",")}`);
  }
  if (topic.configs.length === 0) return [];
  const resource = { type: configResourceTypes.topic, name: topic.name, isNew: true };
  const operations = new Map(
    topic.configs.map(({ name, value }) => [name, { kind: "set", value: value ?? "" }] as const),
  );
  return alterResource(view, resource, operations);
}

function assignedPartitions(view: ControllerView, topic: CreatableTopic): readonly PartitionRegistration[] | ApiError {
  if (topic.replicationFactor !== -1) {
    return new ApiError(
      Errors.INVALID_REQUEST,
      "A manual partition assignment was specified, but replication factor was not set to -1.",
    );
  }
  if (topic.numPartitions !== -1) {
    return new ApiError(
      Errors.INVALID_REQUEST,
      "A manual partition assignment was specified, but numPartitions was not set to -1.",
    );
  }
  const partitions = new Map<number, PartitionRegistration>();
  let replicationFactor: number | undefined;
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (partitions.has(partitionIndex)) {
      return new ApiError(
        Errors.INVALID_REPLICA_ASSIGNMENT,
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      );
    }
    const partition = assignedPartition(view, partitionIndex, brokerIds, replicationFactor);
    if (partition instanceof ApiError) return partition;
    replicationFactor = brokerIds.length;
    partitions.set(partitionIndex, partition);
  }
  const ordered: PartitionRegistration[] = [];
  for (let i = 0; i < partitions.size; i++) {
    const partition = partitions.get(i);
    if (partition === undefined) {
      return new ApiError(
        Errors.INVALID_REPLICA_ASSIGNMENT,
        "partitions should be a consecutive 0-based integer sequence",
      );
    }
    ordered.push(partition);
  }
  return ordered;
}

function chosenPartitions(
  { view, placer }: Making,
  topic: CreatableTopic,
): readonly PartitionRegistration[] | ApiError {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    return new ApiError(
      Errors.INVALID_REPLICATION_FACTOR,
      "Replication factor must be larger than 0, or -1 to use the default value.",
    );
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    return new ApiError(Errors.INVALID_PARTITIONS, "Number of partitions was set to an invalid non-positive value.");
  }
  const { config } = view.settings;
  const partitionCount = topic.numPartitions === -1 ? config.get("num.partitions") : topic.numPartitions;
  const replicationFactor =
    topic.replicationFactor === -1 ? config.get("default.replication.factor") : topic.replicationFactor;
  const partitions = placer.place(partitionCount, replicationFactor);
  if (!(partitions instanceof ApiError)) return partitions;
  return new ApiError(
    partitions.code,
    `Unable to replicate the partition ${replicationFactor} time(s): ${partitions.message}`,
  );
}

function describedTopic(configs: TopicConfigs, partitions: readonly PartitionRegistration[]): Partial<TopicResult> {
  return {
    numPartitions: partitions.length,
    replicationFactor: partitions[0]?.replicas.length ?? -1,
    topicConfigErrorCode: Errors.NONE,
    configs,
  };
}

/** Describes the configuration of a new topic. Topics that are given the same share one answer: most are given nothing. */
function describedConfigs(view: ControllerView): DescribeConfigs {
  const layers = view.effectiveConfig.layers(view.image);
  const known = new Map<string, TopicConfigs>();
  return (given) => {
    const key = given.length === 0 ? "" : JSON.stringify(given);
    let configs = known.get(key);
    if (configs === undefined) known.set(key, (configs = describe(given, layers)));
    return configs;
  };
}

function describe(given: CreatableTopic["configs"], layers: BrokerLayers): TopicConfigs {
  const overrides = new Map(given.map(({ name, value }) => [name, value ?? ""]));
  return describeTopic(overrides, layers, null)
    .map(({ name, value, readOnly, source, isSensitive }) => ({
      name,
      // What was given is told as it was given.
      value: isSensitive ? null : (overrides.get(name) ?? value),
      readOnly,
      configSource: source,
      isSensitive,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function partitionCountOf({ settings }: ControllerView, { topics }: Request): number {
  let count = 0;
  for (const { assignments, numPartitions } of topics) {
    if (assignments.length > 0) count += assignments.length;
    else if (numPartitions === -1) count += settings.config.get("num.partitions");
    else if (numPartitions > 0) count += numPartitions;
  }
  return count;
}

function refused(request: Request, errorMessage: string): ControllerResult<Response> {
  const topics = request.topics.map(({ name }) => ({
    name,
    topicId: zeroUuid,
    errorCode: Errors.POLICY_VIOLATION,
    errorMessage,
  }));
  return { records: [], response: { topics } };
}
