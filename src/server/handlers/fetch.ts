import { type Clock } from "../../io/ports.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { DelayedFetch } from "../../replication/delayed-fetch.ts";
import { FetchPartition, type FetchPosition } from "../../replication/fetch-partition.ts";
import {
  type FetchParameters,
  type FetchRead,
  type FetchResult,
  forgetRead,
  type PartitionResolver,
  readPartitions,
} from "../../replication/fetch-reader.ts";
import { type FetchSession, type FetchSessionCache, sessionEpochs } from "../../replication/fetch-session.ts";
import { type Partition, type ReadBound } from "../../replication/partition.ts";
import { type ReplicaManager } from "../../replication/replica-manager.ts";
import { type Handler, type RequestContext } from "../handler.ts";
import { type BrokerNode, type MetadataCache } from "../metadata-cache.ts";
import { type PartitionLookup } from "../partition-lookup.ts";

export interface FetchDeps {
  readonly cache: MetadataCache;
  readonly lookup: PartitionLookup;
  readonly replicas: ReplicaManager;
  readonly sessions: FetchSessionCache;
  readonly clock: Clock;
  /** A random number in [0, 1). */
  readonly draw: () => number;
  /** `fetch.max.bytes` */
  readonly maxBytes: number;
}

type Request = ApiRequest<"fetch">;
type Response = Draft<ApiResponse<"fetch">>;
type TopicResponse = NonNullable<Response["responses"]>[number];
type PartitionResponse = NonNullable<TopicResponse["partitions"]>[number];

const topicIdsVersionMin = 13;
/** Clients of older versions give up on KAFKA_STORAGE_ERROR: they are told to look for the leader again. */
const storageErrorVersionMin = 6;

/**
 * Reads whole batches from each partition, and waits up to `max.wait.ms` for `min.bytes`.
 *
 * - The first batch of an answer comes whole, however large, so that a reader always gets on.
 * - v7: sessions (KIP-227): later requests name what changes, answers what is new.
 * - v9: the client's leader epoch fences. v12: a replica's last epoch shows where its history leaves the leader's.
 * - v13: topic ids instead of names. v16: a partition that is led elsewhere tells where.
 */
export function fetchHandler(deps: FetchDeps): Handler<"fetch"> {
  return {
    api: "fetch",
    // As in Kafka, and because a pipeline of fetches would multiply `max.bytes`.
    holdsConnection: true,
    readsInPlace: true,
    handle(request, context) {
      const opened = openFetch(deps, request, context);
      if (typeof opened === "number") return { errorCode: opened };
      const parameters = parametersOf(deps, request);
      const resolve = (wanted: FetchPartition) =>
        resolvePartition(deps, wanted, context.apiVersion >= topicIdsVersionMin);
      const answer = (read: FetchRead) => answerOrWait(deps, opened, parameters, resolve, read, context);
      const read = readPartitions(opened.partitions, parameters, resolve, true);
      return read.awaited === undefined ? answer(read) : readAgain(opened, parameters, resolve, read).then(answer);
    },
  };
}

/** A read off the event loop may have brought less than the first batch: then it comes once more. */
const waitsMax = 2;

/** Reads as for a new request when what a fetch needs was read from the device: the logs may have changed meanwhile. */
async function readAgain(
  { partitions }: OpenedFetch,
  parameters: FetchParameters,
  resolve: PartitionResolver,
  first: FetchRead,
): Promise<FetchRead> {
  let read = first;
  for (let waits = 1; read.awaited !== undefined; waits++) {
    forgetRead(read);
    await read.awaited;
    read = readPartitions(partitions, parameters, resolve, waits < waitsMax);
  }
  return read;
}

function answerOrWait(
  deps: FetchDeps,
  opened: OpenedFetch,
  parameters: FetchParameters,
  resolve: PartitionResolver,
  read: FetchRead,
  context: RequestContext,
): Response | Promise<Response> {
  const { session, isIncremental } = opened;
  // Kafka answers for what is not there last, and for what the metadata does not have with another form of "none".
  // The unknown ids come before the partitions that are not there.
  const unknown = read.missing
    .map((result) => (isUnknown(result) ? { ...result, abortedTransactions: [] } : result))
    .sort((one, other) => orderOf(one) - orderOf(other));
  const answer = ({ results }: FetchRead, missing: readonly FetchResult[]) =>
    answerOf(deps, opened, [...results, ...missing], context);
  const partitionCount = isIncremental ? session!.partitions.size : opened.partitions.length;
  const hasNothingToWaitFor = partitionCount === read.missing.length;
  if (read.mustAnswer || parameters.maxWaitMs <= 0 || hasNothingToWaitFor) return answer(read, unknown);
  return new Promise((done) => {
    const onDone = (later: FetchRead) => done(answer(later, [...later.missing, ...unknown]));
    void new DelayedFetch(deps.replicas, read, { parameters, resolve, session, isIncremental, onDone });
  });
}

function isUnknown({ errorCode }: FetchResult): boolean {
  return errorCode === Errors.UNKNOWN_TOPIC_ID || errorCode === Errors.UNKNOWN_TOPIC_OR_PARTITION;
}

function orderOf({ errorCode }: FetchResult): number {
  return errorCode === Errors.UNKNOWN_TOPIC_ID ? 0 : 1;
}

/** What a request fetches, and the session that it belongs to. */
interface OpenedFetch {
  readonly session: FetchSession | undefined;
  readonly isIncremental: boolean;
  /** The session's after this request; when another has moved it meanwhile, the client sent one twice. */
  readonly epoch: number;
  /** What has to be read: all partitions, or those of a session that may have something new. */
  readonly partitions: readonly FetchPartition[];
}

function openFetch(deps: FetchDeps, request: Request, { apiVersion }: RequestContext): OpenedFetch | ErrorCode {
  const { sessionId, sessionEpoch } = request;
  const usesTopicIds = apiVersion >= topicIdsVersionMin;
  const nowMs = deps.clock.monotonicMs();
  if (sessionEpoch === sessionEpochs.initial || sessionEpoch === sessionEpochs.final) {
    if (sessionId !== 0) deps.sessions.remove(sessionId);
    const partitions = partitionsOf(deps, request, usesTopicIds);
    if (sessionEpoch === sessionEpochs.final) {
      return { session: undefined, isIncremental: false, epoch: 0, partitions };
    }
    const session = deps.sessions.create(usesTopicIds, partitions.length, nowMs, deps.draw);
    if (session === undefined) return { session, isIncremental: false, epoch: 0, partitions };
    for (const { topicId, topic, partition, position } of partitions)
      session.update(topicId, topic, partition, position);
    return { session, isIncremental: false, epoch: session.epoch, partitions: [...session.partitions.values()] };
  }
  const session = deps.sessions.use(sessionId, nowMs);
  if (session === undefined) return Errors.FETCH_SESSION_ID_NOT_FOUND;
  if (session.epoch !== sessionEpoch) return Errors.INVALID_FETCH_SESSION_EPOCH;
  if (session.usesTopicIds !== usesTopicIds) return Errors.FETCH_SESSION_TOPIC_ID_ERROR;
  updateSession(deps, session, request);
  if (session.partitions.size === 0) {
    deps.sessions.remove(session.id);
    // What was named and forgotten at once is answered, as without a session.
    const partitions = partitionsOf(deps, request, usesTopicIds);
    return { session: undefined, isIncremental: false, epoch: 0, partitions };
  }
  session.nextEpoch();
  session.lookAtAll(nowMs);
  return { session, isIncremental: true, epoch: session.epoch, partitions: session.due() };
}

function partitionsOf(deps: FetchDeps, request: Request, usesTopicIds: boolean): FetchPartition[] {
  const partitions: FetchPartition[] = [];
  for (const { topicId, topic: name, partitions: wanted } of request.topics) {
    const topic = nameOf(deps, usesTopicIds, topicId, name);
    for (const position of wanted) {
      partitions.push(new FetchPartition(topicId, topic, position.partition, positionOf(position)));
    }
  }
  return partitions;
}

function updateSession(deps: FetchDeps, session: FetchSession, request: Request): void {
  const { usesTopicIds } = session;
  for (const { topicId, topic: name, partitions } of request.topics) {
    const topic = nameOf(deps, usesTopicIds, topicId, name);
    for (const position of partitions) session.update(topicId, topic, position.partition, positionOf(position));
  }
  for (const { topicId, topic, partitions } of request.forgottenTopicsData) {
    for (const partition of partitions) session.forget(topicId, nameOf(deps, usesTopicIds, topicId, topic), partition);
  }
}

function nameOf({ cache }: FetchDeps, usesTopicIds: boolean, topicId: string, name: string): string | undefined {
  return usesTopicIds ? cache.topicById(topicId)?.name : name;
}

function positionOf(position: Request["topics"][number]["partitions"][number]): FetchPosition {
  const { fetchOffset, lastFetchedEpoch, logStartOffset, partitionMaxBytes: maxBytes } = position;
  // Every negative epoch says "unknown" here, while other requests know -1 alone.
  const currentLeaderEpoch = Math.max(-1, position.currentLeaderEpoch);
  return { fetchOffset, currentLeaderEpoch, lastFetchedEpoch, logStartOffset, maxBytes };
}

function parametersOf(deps: FetchDeps, request: Request): FetchParameters {
  const maxBytes = Math.min(request.maxBytes, deps.maxBytes);
  return {
    bound: boundOf(request),
    leaderOnly: true,
    replicaId: replicaOf(request),
    minBytes: Math.min(request.minBytes, maxBytes),
    maxBytes,
    maxWaitMs: request.maxWaitMs,
  };
}

/** Replicas read to the log's end, consumers to what is committed. */
function boundOf(request: Request): ReadBound {
  if (replicaOf(request) >= 0) return "logEnd";
  return request.isolationLevel === 1 ? "lastStable" : "highWatermark";
}

/** v15 moved it. */
function replicaOf({ replicaId, replicaState }: Request): number {
  return Math.max(replicaId, replicaState.replicaId);
}

function resolvePartition(deps: FetchDeps, wanted: FetchPartition, usesTopicIds: boolean): Partition | ErrorCode {
  // A topic may have come into being since the session began.
  if (usesTopicIds) wanted.topic ??= deps.cache.topicById(wanted.topicId)?.name;
  if (wanted.topic === undefined) return Errors.UNKNOWN_TOPIC_ID;
  return deps.lookup.byName(wanted.topic, wanted.partition);
}

function answerOf(
  deps: FetchDeps,
  { session, isIncremental, epoch }: OpenedFetch,
  results: FetchResult[],
  { apiVersion, listenerName }: RequestContext,
): Response {
  if (isIncremental && session?.epoch !== epoch) {
    for (const { partition, records } of results) partition?.log.buffers.giveBack(records);
    return { errorCode: Errors.INVALID_FETCH_SESSION_EPOCH, sessionId: session?.id ?? 0 };
  }
  if (session !== undefined && !isIncremental) session.takeAll(results);
  const told = session !== undefined && isIncremental ? session.takeNews(results) : results;
  const moved = new Map<number, BrokerNode>();
  const topics: { topic: string; topicId: string; partitions: PartitionResponse[] }[] = [];
  for (const result of told) {
    const { topicId, topic = "" } = result.request;
    let last = topics.at(-1);
    // Partitions of one topic stand together; one that was moved to the end of a session opens its topic again.
    if (last === undefined || last.topicId !== topicId || last.topic !== topic) {
      last = { topic, topicId, partitions: [] };
      topics.push(last);
    }
    last.partitions.push(partitionResponse(deps, result, apiVersion, moved, listenerName));
  }
  const nodeEndpoints = [...moved.values()].map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack }));
  return { sessionId: session?.id ?? 0, responses: topics, nodeEndpoints };
}

function partitionResponse(
  deps: FetchDeps,
  result: FetchResult,
  apiVersion: number,
  moved: Map<number, BrokerNode>,
  listenerName: string,
): PartitionResponse {
  const isUnknownError = result.errorCode === Errors.KAFKA_STORAGE_ERROR && apiVersion < storageErrorVersionMin;
  return {
    partitionIndex: result.request.partition,
    errorCode: isUnknownError ? Errors.NOT_LEADER_OR_FOLLOWER : result.errorCode,
    highWatermark: result.highWatermark,
    lastStableOffset: result.lastStableOffset,
    logStartOffset: result.logStartOffset,
    abortedTransactions: result.abortedTransactions,
    records: result.records,
    divergingEpoch:
      result.divergingEpoch < 0 ? undefined : { epoch: result.divergingEpoch, endOffset: result.divergingEndOffset },
    currentLeader: apiVersion < 16 ? undefined : leaderOf(deps, result, moved, listenerName),
  };
}

/** Where a partition is led that this broker does not lead, or no longer in the client's epoch (KIP-951). */
function leaderOf(
  { cache }: FetchDeps,
  { errorCode, partition }: FetchResult,
  moved: Map<number, BrokerNode>,
  listenerName: string,
) {
  const isMoved = errorCode === Errors.NOT_LEADER_OR_FOLLOWER || errorCode === Errors.FENCED_LEADER_EPOCH;
  if (!isMoved || partition === undefined) return undefined;
  const node = cache.aliveNode(partition.leaderId, listenerName);
  if (node !== undefined) moved.set(node.id, node);
  return { leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch };
}
