import { zeroUuid } from "../../base/uuid.ts";
import { isInternalTopic, topicNameProblem } from "../../base/topic-name.ts";
import { type NodeId } from "../../base/brand.ts";
import { mapInParts, overTurns } from "../../io/next-turn.ts";
import { type Timers } from "../../io/ports.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type PartitionRegistration } from "../../metadata/image/partition-registration.ts";
import { endpointOf } from "../../metadata/image/cluster-image.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { allClusterOperations, allTopicOperations, operationsNotAsked } from "../authorized-operations.ts";
import { type AutoTopicCreation } from "../auto-topic-creation.ts";
import { type Handler, type RequestContext } from "../handler.ts";
import { anyAliveBroker, isReachable, nodesOf, offlineReplicas, type MetadataCache } from "../metadata-cache.ts";

export interface MetadataDeps {
  readonly cache: MetadataCache;
  readonly clusterId: string;
  /** `auto.create.topics.enable` */
  readonly autoCreateTopics: boolean;
  readonly autoTopicCreation: AutoTopicCreation;
  readonly timers: Timers;
  /** A random number in [0, 1). */
  readonly draw: () => number;
}

/** So many topics are looked up in a turn of the event loop. */
const topicsOfTurn = 1_000;

type Request = ApiRequest<"metadata">;
type Response = Draft<ApiResponse<"metadata">>;
type Topic = NonNullable<Response["topics"]>[number];
type Partition = NonNullable<Topic["partitions"]>[number];

/**
 * Brokers, and topics with their partitions and leaders.
 *
 * - v0: no topics named means all topics; replicas that cannot be reached are left out and reported as an error.
 * - v1: null means all, an empty list none.
 * - before v6: a leader without the client's listener is LEADER_NOT_AVAILABLE, since then LISTENER_NOT_FOUND.
 * - v8-10: the operations that the caller may do on the cluster.
 * - v10: topic ids are told; since v12 topics can be asked for by id. One id in the request makes names count nothing.
 * - A missing topic is created when client and broker allow it; the client is told UNKNOWN_TOPIC_OR_PARTITION and asks again.
 * - The controller that is told is any broker: brokers pass on what the real one must do.
 */
export function metadataHandler(deps: MetadataDeps): Handler<"metadata"> {
  return {
    api: "metadata",
    handle(request, context) {
      if (!isValid(request, context.apiVersion)) return invalidRequest(request);
      return overTurns(answer(deps, request, context), deps.timers);
    },
  };
}

/** All of it of one image, however many turns it takes. */
function* answer(deps: MetadataDeps, request: Request, context: RequestContext): Generator<void, Response> {
  const { image } = deps.cache;
  const { listenerName, apiVersion } = context;
  const { includeTopicAuthorizedOperations: tellTopics, includeClusterAuthorizedOperations: tellCluster } = request;
  const topics = yield* topicsOf(deps, image, request, context);
  if (tellTopics) for (const topic of topics) topic.topicAuthorizedOperations = allTopicOperations;
  return {
    brokers: nodesOf(image, listenerName)
      .filter((node) => !node.fenced)
      .map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack })),
    clusterId: deps.clusterId,
    controllerId: anyAliveBroker(image, deps.draw()),
    topics,
    clusterAuthorizedOperations:
      tellCluster && apiVersion >= 8 && apiVersion <= 10 ? allClusterOperations : operationsNotAsked,
  };
}

type MutableTopic = { -readonly [K in keyof Topic]: Topic[K] };

/** Versions 10 and 11 have the fields of topic ids, and no use for them. */
function isValid(request: Request, version: number): boolean {
  if (version >= 12 || request.topics === null) return true;
  return request.topics.every(({ name, topicId }) => name !== null && topicId === zeroUuid);
}

function invalidRequest(request: Request): Response {
  const errorCode = Errors.INVALID_REQUEST;
  const topics = (request.topics ?? []).map(({ name, topicId }) => ({ name: name ?? "", topicId, errorCode }));
  return { topics, errorCode };
}

function* topicsOf(
  deps: MetadataDeps,
  image: MetadataImage,
  request: Request,
  { listenerName, apiVersion }: RequestContext,
): Generator<void, MutableTopic[]> {
  const asked = request.topics;
  const known = (name: string) => knownTopic(image, name, listenerName, apiVersion);
  if (asked === null || (asked.length === 0 && apiVersion === 0)) {
    return yield* mapInParts(image.topics.byName.keys(), topicsOfTurn, (name) => known(name)!);
  }
  const ids = new Set(asked.map(({ topicId }) => topicId).filter((id) => id !== zeroUuid));
  if (ids.size > 0) {
    return yield* mapInParts(ids, topicsOfTurn, (topicId) => {
      const name = image.topics.byId.get(topicId)?.name;
      return name === undefined ? { errorCode: Errors.UNKNOWN_TOPIC_ID, name: null, topicId } : known(name)!;
    });
  }
  const topics: MutableTopic[] = [];
  const missing: string[] = [];
  const names = new Set(asked.flatMap(({ name }) => (name === null ? [] : [name])));
  yield* mapInParts(names, topicsOfTurn, (name) => {
    const topic = known(name);
    if (topic === undefined) missing.push(name);
    else topics.push(topic);
  });
  const mayCreate = deps.autoCreateTopics && request.allowAutoTopicCreation;
  const created = mayCreate ? deps.autoTopicCreation.create(missing, "User:ANONYMOUS") : undefined;
  for (const name of missing) {
    topics.push({ errorCode: created?.get(name) ?? missingError(name), name, isInternal: isInternalTopic(name) });
  }
  return topics;
}

function missingError(name: string): ErrorCode {
  return topicNameProblem(name) === undefined ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.INVALID_TOPIC_EXCEPTION;
}

function knownTopic(
  image: MetadataImage,
  name: string,
  listenerName: string,
  apiVersion: number,
): MutableTopic | undefined {
  const topic = image.topics.byName.get(name);
  if (topic === undefined) return undefined;
  return {
    name,
    topicId: topic.id,
    isInternal: isInternalTopic(name),
    partitions: topic.partitions.map((partition, index) =>
      partitionOf(image, partition, index, listenerName, apiVersion),
    ),
  };
}

function partitionOf(
  image: MetadataImage,
  partition: PartitionRegistration,
  partitionIndex: number,
  listenerName: string,
  apiVersion: number,
): Partition {
  const reachable = (ids: readonly NodeId[]) =>
    apiVersion === 0 ? ids.filter((id) => isReachable(image, id, listenerName)) : ids;
  const replicaNodes = reachable(partition.replicas);
  const isrNodes = reachable(partition.isr);
  const leader = image.cluster.brokers.get(partition.leader);
  const hasLeader = leader !== undefined && endpointOf(leader, listenerName) !== undefined;
  let errorCode: ErrorCode = Errors.NONE;
  if (!hasLeader) {
    const lacksListener = leader !== undefined && apiVersion >= 6;
    errorCode = lacksListener ? Errors.LISTENER_NOT_FOUND : Errors.LEADER_NOT_AVAILABLE;
  } else if (replicaNodes.length < partition.replicas.length || isrNodes.length < partition.isr.length) {
    errorCode = Errors.REPLICA_NOT_AVAILABLE;
  }
  return {
    errorCode,
    partitionIndex,
    leaderId: hasLeader ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas: offlineReplicas(image, partition, listenerName),
  };
}
