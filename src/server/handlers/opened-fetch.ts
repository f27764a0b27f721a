import { type Clock } from "../../io/ports.ts";
import { type ApiRequest } from "../../protocol/apis.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { FetchPartition, type FetchPosition } from "../../replication/fetch-partition.ts";
import { type FetchSession, type FetchSessionCache, sessionEpochs } from "../../replication/fetch-session.ts";
import { type MetadataCache } from "../metadata-cache.ts";

export interface OpenFetchDeps {
  readonly cache: MetadataCache;
  readonly sessions: FetchSessionCache;
  readonly clock: Clock;
  /** A random number in [0, 1). */
  readonly draw: () => number;
}

type Request = ApiRequest<"fetch">;

/** From then on topics are named by their ids. */
export const topicIdsVersionMin = 13;

/** What a request fetches, and the session that it belongs to. */
export interface OpenedFetch {
  readonly session: FetchSession | undefined;
  readonly isIncremental: boolean;
  /** The session's after this request; when another has moved it meanwhile, the client sent one twice. */
  readonly epoch: number;
  /** What has to be read: all partitions, or those of a session that may have something new. */
  readonly partitions: readonly FetchPartition[];
}

/** Finds the session of a request, or begins one (KIP-227), and takes into it what the request says. */
export function openFetch(deps: OpenFetchDeps, request: Request, apiVersion: number): OpenedFetch | ErrorCode {
  const { sessionEpoch } = request;
  const usesTopicIds = apiVersion >= topicIdsVersionMin;
  const isWhole = sessionEpoch === sessionEpochs.initial || sessionEpoch === sessionEpochs.final;
  return isWhole ? openWhole(deps, request, usesTopicIds) : goOn(deps, request, usesTopicIds);
}

/** The request names all that it wants: it begins a session, where there is room for one, or ends its last. */
function openWhole(deps: OpenFetchDeps, request: Request, usesTopicIds: boolean): OpenedFetch {
  const { sessions, clock, draw } = deps;
  const { sessionId, sessionEpoch } = request;
  if (sessionId !== 0) sessions.remove(sessionId);
  const partitions = partitionsOf(deps, request, usesTopicIds);
  if (sessionEpoch === sessionEpochs.final) return withoutSession(partitions);
  const session = sessions.create(usesTopicIds, partitions.length, clock.monotonicMs(), draw);
  if (session === undefined) return withoutSession(partitions);
  for (const { topicId, topic, partition, position } of partitions) {
    session.update(topicId, topic, partition, position);
  }
  return { session, isIncremental: false, epoch: session.epoch, partitions: [...session.partitions.values()] };
}

/** The request names what changes in its session. */
function goOn(deps: OpenFetchDeps, request: Request, usesTopicIds: boolean): OpenedFetch | ErrorCode {
  const { sessions, clock } = deps;
  const nowMs = clock.monotonicMs();
  const session = sessions.use(request.sessionId, nowMs);
  if (session === undefined) return Errors.FETCH_SESSION_ID_NOT_FOUND;
  if (session.epoch !== request.sessionEpoch) return Errors.INVALID_FETCH_SESSION_EPOCH;
  if (session.usesTopicIds !== usesTopicIds) return Errors.FETCH_SESSION_TOPIC_ID_ERROR;
  updateSession(deps, session, request);
  if (session.partitions.size === 0) {
    sessions.remove(session.id);
    // What was named and forgotten at once is answered.
    return withoutSession(partitionsOf(deps, request, usesTopicIds));
  }
  session.nextEpoch();
  session.lookAtAll(nowMs);
  return { session, isIncremental: true, epoch: session.epoch, partitions: session.due() };
}

function withoutSession(partitions: readonly FetchPartition[]): OpenedFetch {
  return { session: undefined, isIncremental: false, epoch: 0, partitions };
}

function partitionsOf(deps: OpenFetchDeps, request: Request, usesTopicIds: boolean): FetchPartition[] {
  const partitions: FetchPartition[] = [];
  for (const { topicId, topic: name, partitions: wanted } of request.topics) {
    const topic = nameOf(deps, usesTopicIds, topicId, name);
    for (const position of wanted) {
      partitions.push(new FetchPartition(topicId, topic, position.partition, positionOf(position)));
    }
  }
  return partitions;
}

function updateSession(deps: OpenFetchDeps, session: FetchSession, request: Request): void {
  const { usesTopicIds } = session;
  for (const { topicId, topic: name, partitions } of request.topics) {
    const topic = nameOf(deps, usesTopicIds, topicId, name);
    for (const position of partitions) session.update(topicId, topic, position.partition, positionOf(position));
  }
  for (const { topicId, topic, partitions } of request.forgottenTopicsData) {
    for (const partition of partitions) session.forget(topicId, nameOf(deps, usesTopicIds, topicId, topic), partition);
  }
}

function nameOf({ cache }: OpenFetchDeps, usesTopicIds: boolean, topicId: string, name: string): string | undefined {
  return usesTopicIds ? cache.topicById(topicId)?.name : name;
}

function positionOf(position: Request["topics"][number]["partitions"][number]): FetchPosition {
  const { fetchOffset, lastFetchedEpoch, logStartOffset, partitionMaxBytes: maxBytes } = position;
  // Every negative epoch says "unknown" here, while other requests know -1 alone.
  const currentLeaderEpoch = Math.max(-1, position.currentLeaderEpoch);
  return { fetchOffset, currentLeaderEpoch, lastFetchedEpoch, logStartOffset, maxBytes };
}
