import { overTurns } from "../../io/next-turn.ts";
import { type Compute, type Timers } from "../../io/ports.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Partition } from "../../replication/partition.ts";
import { type Handler } from "../handler.ts";
import { type PartitionLookup } from "../partition-lookup.ts";
import { SearchPace } from "./search-pace.ts";

export interface ListOffsetsDeps {
  readonly lookup: PartitionLookup;
  readonly compute: Compute;
  readonly timers: Timers;
}

/** So many ends of logs are looked up in a turn of the event loop. */
const lookupsOfTurn = 500;

/** Timestamps with a meaning of their own, and the version that knows them first. */
const specialTimestamps = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
  earliestPendingUpload: -6,
} as const;

const versionOfTimestamp = new Map<number, number>([
  [specialTimestamps.maxTimestamp, 7],
  [specialTimestamps.earliestLocal, 8],
  [specialTimestamps.latestTiered, 9],
  [specialTimestamps.earliestPendingUpload, 11],
]);

const versionWithLeaderEpoch = 4;

type Request = ApiRequest<"listOffsets">;
type Wanted = Request["topics"][number]["partitions"][number];
type Response = Draft<ApiResponse<"listOffsets">>;
type Answer = NonNullable<NonNullable<Response["topics"]>[number]["partitions"]>[number];

/**
 * The first offset whose record is not older than a timestamp, or one end of the log.
 *
 * - Up to v3 the answer has no leader epoch.
 * - A partition that stands twice in the request is INVALID_REQUEST.
 * - latest is the high watermark, or the last stable offset for `read_committed`; replicas get the log's end.
 * - -3 (v7): the record with the largest timestamp. -4 (v8): the first on local disk. -5 (v9), -6 (v11): of tiered storage.
 */
export function listOffsetsHandler(deps: ListOffsetsDeps): Handler<"listOffsets"> {
  const pace = new SearchPace(deps.timers);
  return {
    api: "listOffsets",
    handle(request, { apiVersion }) {
      const topics = overTurns(answersOf({ ...deps, pace, request, apiVersion }), deps.timers);
      return topics instanceof Promise ? topics.then(responseOf) : responseOf(topics);
    },
  };
}

interface TopicAnswers {
  readonly name: string;
  readonly answers: readonly (Answer | Promise<Answer>)[];
}

function* answersOf(call: Call): Generator<void, TopicAnswers[]> {
  const { request, apiVersion } = call;
  const repeated = repeatedPartitions(request);
  const topics: TopicAnswers[] = [];
  let count = 0;
  let isSearching = false;
  for (const { name, partitions } of request.topics) {
    const again = repeated.get(name);
    const answers: (Answer | Promise<Answer>)[] = [];
    for (const wanted of partitions) {
      // Searches have a pace of their own, and somebody must wait for them when one fails.
      if (++count % lookupsOfTurn === 0 && !isSearching) yield;
      if (again?.has(wanted.partitionIndex) === true) {
        answers.push(failure(wanted, Errors.INVALID_REQUEST));
        continue;
      }
      const answer = answerOf(call, name, wanted);
      if (answer instanceof Promise) {
        isSearching = true;
        answers.push(answer.then((found) => inVersion(found, apiVersion)));
      } else answers.push(inVersion(answer, apiVersion));
    }
    topics.push({ name, answers });
  }
  return topics;
}

/** At once when nothing is searched. */
function responseOf(topics: readonly TopicAnswers[]): Response | Promise<Response> {
  const isAnswered = topics.every(({ answers }) => answers.every((answer) => !(answer instanceof Promise)));
  if (isAnswered) return { topics: topics.map(({ name, answers }) => ({ name, partitions: answers as Answer[] })) };
  const waiting = topics.map(async ({ name, answers }) => ({ name, partitions: await Promise.all(answers) }));
  return Promise.all(waiting).then((answered) => ({ topics: answered }));
}

/** Those that stand in the request more than once, by topic. */
function repeatedPartitions({ topics }: Request): Map<string, Set<number>> {
  const seen = new Map<string, Set<number>>();
  const repeated = new Map<string, Set<number>>();
  for (const { name, partitions } of topics) {
    const known = seen.get(name) ?? new Set();
    seen.set(name, known);
    for (const { partitionIndex } of partitions) {
      if (known.has(partitionIndex)) repeated.set(name, (repeated.get(name) ?? new Set()).add(partitionIndex));
      else known.add(partitionIndex);
    }
  }
  return repeated;
}

/** A version that has no room for the leader epoch refuses to be encoded with one. */
function inVersion(answer: Answer, apiVersion: number): Answer {
  return apiVersion >= versionWithLeaderEpoch ? answer : { ...answer, leaderEpoch: -1 };
}

function failure({ partitionIndex }: Wanted, errorCode: number): Answer {
  return { partitionIndex, errorCode, timestamp: -1, offset: -1 };
}

/** A request while it is answered. */
interface Call extends ListOffsetsDeps {
  readonly pace: SearchPace;
  readonly request: Request;
  readonly apiVersion: number;
}

function answerOf(call: Call, topic: string, wanted: Wanted): Answer | Promise<Answer> {
  const { lookup, pace, request, apiVersion } = call;
  const { timestamp } = wanted;
  if ((versionOfTimestamp.get(timestamp) ?? 0) > apiVersion || timestamp < specialTimestamps.earliestPendingUpload) {
    return failure(wanted, Errors.UNSUPPORTED_VERSION);
  }
  const partition = lookup.leaderByName(topic, wanted.partitionIndex, wanted.currentLeaderEpoch);
  if (typeof partition === "number") return failure(wanted, partition);
  if (timestamp >= 0 || timestamp === specialTimestamps.maxTimestamp) {
    return pace.next().then(() => byTimestamp(call, partition, wanted));
  }
  const { log } = partition;
  switch (timestamp) {
    case specialTimestamps.latest: {
      const offset = latestFor(request, partition);
      return found(wanted, -1, offset, log.leaderEpochs.latestEpoch);
    }
    case specialTimestamps.earliest:
    case specialTimestamps.earliestLocal:
      return found(wanted, -1, log.logStartOffset, log.leaderEpochs.epochFor(log.logStartOffset) ?? -1);
    default:
      // Nothing has been tiered, or waits to be: there is no remote storage.
      return found(wanted, -1, -1, -1);
  }
}

function latestFor(request: Request, partition: Partition): number {
  if (request.replicaId >= 0) return partition.bound("logEnd");
  return partition.bound(request.isolationLevel === 1 ? "lastStable" : "highWatermark");
}

interface FoundRecord {
  readonly timestamp: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

async function byTimestamp({ compute, request }: Call, partition: Partition, wanted: Wanted): Promise<Answer> {
  const { log } = partition;
  const isLargest = wanted.timestamp === specialTimestamps.maxTimestamp;
  const record = isLargest
    ? await log.offsetOfMaxTimestamp(compute)
    : await log.offsetForTimestamp(wanted.timestamp, compute);
  return withinBound(request, partition, wanted, record);
}

/** A record that the client may not see yet is not there for it. */
function withinBound(
  request: Request,
  partition: Partition,
  wanted: Wanted,
  record: FoundRecord | ErrorCode | undefined,
): Answer {
  if (typeof record === "number") return failure(wanted, record);
  if (record === undefined || record.offset >= latestFor(request, partition)) return found(wanted, -1, -1, -1);
  return found(wanted, record.timestamp, record.offset, record.leaderEpoch);
}

function found({ partitionIndex }: Wanted, timestamp: number, offset: number, leaderEpoch: number): Answer {
  return { partitionIndex, errorCode: Errors.NONE, timestamp, offset, leaderEpoch };
}
