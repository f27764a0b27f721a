import { overTurns } from "../../io/next-turn.ts";
import { type Disk, DiskError, type Timers } from "../../io/ports.ts";
import { type Log } from "../../log/log.ts";
import { type LogManager } from "../../log/directory/log-manager.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type ReplicaManager } from "../../replication/replica-manager.ts";
import { type Handler } from "../handler.ts";

export interface DescribeLogDirsDeps {
  readonly replicas: ReplicaManager;
  readonly logManager: LogManager;
  readonly disk: Disk;
  readonly timers: Timers;
  readonly isCordoned: (directory: string) => boolean;
}

type Request = ApiRequest<"describeLogDirs">;
type Response = Draft<ApiResponse<"describeLogDirs">>;
type Directory = NonNullable<Response["results"]>[number];
type Replica = NonNullable<NonNullable<Directory["topics"]>[number]["partitions"]>[number];
type ReplicasByTopic = Map<string, Replica[]>;

/** So many logs are looked at in a turn of the event loop. */
const logsOfTurn = 1_000;

/**
 * The log directories of this broker with the logs in them: their size and how far they are behind. null asks for every
 * topic. A directory that failed is listed with KAFKA_STORAGE_ERROR. A replica that moves to another directory is in both,
 * its copy as a "future" one that lags behind the log's end. v4: size and free space of the volume; v5: whether the directory
 * takes no new replicas.
 */
export function describeLogDirsHandler(deps: DescribeLogDirsDeps): Handler<"describeLogDirs"> {
  return {
    api: "describeLogDirs",
    handle: (request) => overTurns(describeAll(deps, request), deps.timers),
  };
}

function* describeAll(deps: DescribeLogDirsDeps, request: Request): Generator<void, Response> {
  const { logManager } = deps;
  const wanted = wantedPartitions(request);
  const byDirectory = new Map<string, ReplicasByTopic>(logManager.directories.map((path) => [path, new Map()]));
  // As they are now: what comes in between is not walked, too.
  const logs = [...logManager.logs(), ...logManager.futures()];
  for (const [index, log] of logs.entries()) {
    if (index % logsOfTurn === logsOfTurn - 1) yield;
    if (wanted !== undefined && wanted.get(log.topic)?.has(log.partition) !== true) continue;
    // It may have gone in between, or been promoted.
    const directory = logManager.directoryOf(log);
    const topics = directory === undefined ? undefined : byDirectory.get(directory.path);
    const isFuture = logManager.future(log.topic, log.partition) === log;
    if (topics !== undefined) add(topics, log.topic, described(deps, log, isFuture));
  }
  const results = [...byDirectory].map(([logDir, topics]) => describe(deps, logDir, topics));
  return { errorCode: Errors.NONE, results };
}

/** By topic; undefined stands for all. */
function wantedPartitions({ topics }: Request): Map<string, Set<number>> | undefined {
  if (topics === null) return undefined;
  const wanted = new Map<string, Set<number>>();
  for (const { topic, partitions } of topics) {
    const known = wanted.get(topic) ?? new Set();
    wanted.set(topic, known);
    for (const partition of partitions) known.add(partition);
  }
  return wanted;
}

function add(topics: ReplicasByTopic, topic: string, replica: Replica): void {
  const others = topics.get(topic);
  if (others === undefined) topics.set(topic, [replica]);
  else others.push(replica);
}

function described(deps: DescribeLogDirsDeps, log: Log, isFutureKey: boolean): Replica {
  const { partition: partitionIndex, sizeBytes: partitionSize } = log;
  return { partitionIndex, partitionSize, offsetLag: offsetLagOf(deps, log, isFutureKey), isFutureKey };
}

function describe(
  { logManager, disk, isCordoned }: DescribeLogDirsDeps,
  logDir: string,
  found: ReplicasByTopic,
): Directory {
  if (!logManager.isOnline(logDir)) return { errorCode: Errors.KAFKA_STORAGE_ERROR, logDir, topics: [] };
  const topics = [...found].map(([name, partitions]) => ({ name, partitions }));
  try {
    return { errorCode: Errors.NONE, logDir, topics, ...disk.space(logDir), isCordoned: isCordoned(logDir) };
  } catch (error) {
    // As in Kafka: who asks here does not decide that the directory has failed.
    if (error instanceof DiskError) return { errorCode: Errors.UNKNOWN_SERVER_ERROR, logDir, topics: [] };
    throw error;
  }
}

/** -1 when the replica is not served here. */
function offsetLagOf({ replicas }: DescribeLogDirsDeps, log: Log, isFuture: boolean): number {
  const current = replicas.partition(log.topic, log.partition)?.log;
  if (current === undefined) return -1;
  return isFuture ? current.logEndOffset - log.logEndOffset : Math.max(0, current.highWatermark - log.logEndOffset);
}
