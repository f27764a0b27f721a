import { type ApiRequest } from "../../protocol/apis.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { DelayedFetch } from "../../replication/delayed-fetch.ts";
import { type FetchPartition } from "../../replication/fetch-partition.ts";
import {
  type FetchParameters,
  type FetchRead,
  type FetchResult,
  forgetRead,
  type PartitionResolver,
  readPartitions,
} from "../../replication/fetch-reader.ts";
import { type Partition, type ReadBound } from "../../replication/partition.ts";
import { type ReplicaManager } from "../../replication/replica-manager.ts";
import { type Handler, type RequestContext } from "../handler.ts";
import { type PartitionLookup } from "../partition-lookup.ts";
import { answerOf, type Response } from "./fetch-answers.ts";
import { openFetch, type OpenedFetch, type OpenFetchDeps, topicIdsVersionMin } from "./opened-fetch.ts";

export interface FetchDeps extends OpenFetchDeps {
  readonly lookup: PartitionLookup;
  readonly replicas: ReplicaManager;
  /** `fetch.max.bytes` */
  readonly maxBytes: number;
}

type Request = ApiRequest<"fetch">;

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
      const { apiVersion } = context;
      const opened = openFetch(deps, request, apiVersion);
      if (typeof opened === "number") return { errorCode: opened };
      const parameters = parametersOf(deps, request);
      const resolve = (wanted: FetchPartition) => resolvePartition(deps, wanted, apiVersion >= topicIdsVersionMin);
      const call = { deps, opened, parameters, resolve, context };
      const read = readPartitions(opened.partitions, parameters, resolve, true);
      if (read.awaited === undefined) return answerOrWait(call, read);
      return readAgain(call, read).then((last) => answerOrWait(call, last));
    },
  };
}

/** A request while it is worked on. */
interface FetchCall {
  readonly deps: FetchDeps;
  readonly opened: OpenedFetch;
  readonly parameters: FetchParameters;
  readonly resolve: PartitionResolver;
  readonly context: RequestContext;
}

/** A read off the event loop may have brought less than the first batch: then it comes once more. */
const waitsMax = 2;

/** Reads as for a new request when what a fetch needs was read from the device: the logs may have changed meanwhile. */
async function readAgain({ opened, parameters, resolve }: FetchCall, first: FetchRead): Promise<FetchRead> {
  let read = first;
  for (let waits = 1; read.awaited !== undefined; waits++) {
    forgetRead(read);
    await read.awaited;
    read = readPartitions(opened.partitions, parameters, resolve, waits < waitsMax);
  }
  return read;
}

function answerOrWait(call: FetchCall, read: FetchRead): Response | Promise<Response> {
  const { deps, opened, parameters, resolve, context } = call;
  const { session, isIncremental } = opened;
  // Kafka answers for what is not there last, and for what the metadata does not have with another form of "none".
  // The unknown ids come before the partitions that are not there.
  const unknown = read.missing
    .map((result) => (isUnknown(result) ? { ...result, abortedTransactions: [] } : result))
    .sort((one, other) => orderOf(one) - orderOf(other));
  const answer = ({ results }: FetchRead, missing: readonly FetchResult[]) =>
    answerOf(deps.cache, opened, [...results, ...missing], context);
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

function parametersOf(deps: FetchDeps, request: Request): FetchParameters {
  const maxBytes = Math.min(request.maxBytes, deps.maxBytes);
  return {
    bound: boundOf(request),
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
