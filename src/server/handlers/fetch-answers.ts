import { type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type FetchResult } from "../../replication/fetch-reader.ts";
import { type RequestContext } from "../handler.ts";
import { type BrokerNode, type MetadataCache } from "../metadata-cache.ts";
import { type OpenedFetch } from "./opened-fetch.ts";

export type Response = Draft<ApiResponse<"fetch">>;
type TopicResponse = NonNullable<Response["responses"]>[number];
type PartitionResponse = NonNullable<TopicResponse["partitions"]>[number];

/** Clients of older versions give up on KAFKA_STORAGE_ERROR: they are told to look for the leader again. */
const storageErrorVersionMin = 6;

/**
 * Of a session that goes on only what is new is told; INVALID_FETCH_SESSION_EPOCH when another request has moved it on
 * meanwhile.
 */
export function answerOf(
  cache: MetadataCache,
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
    last.partitions.push(partitionResponse(cache, result, apiVersion, moved, listenerName));
  }
  const nodeEndpoints = [...moved.values()].map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack }));
  return { sessionId: session?.id ?? 0, responses: topics, nodeEndpoints };
}

function partitionResponse(
  cache: MetadataCache,
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
    currentLeader: apiVersion < 16 ? undefined : leaderOf(cache, result, moved, listenerName),
  };
}

/** Where a partition is led that this broker does not lead, or no longer in the client's epoch (KIP-951). */
function leaderOf(
  cache: MetadataCache,
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
