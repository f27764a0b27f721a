import { type Disk, DiskError } from "../../io/ports.ts";
import { type Log } from "../../log/log.ts";
import { type LogManager } from "../../log/directory/log-manager.ts";
import { type ApiRequest } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type ReplicaManager } from "../../replication/replica-manager.ts";
import { type Handler } from "../handler.ts";

export interface DescribeLogDirsDeps {
  readonly replicas: ReplicaManager;
  readonly logManager: LogManager;
  readonly disk: Disk;
  readonly isCordoned: (directory: string) => boolean;
}

/**
 * The log directories of this broker with the logs in them: their size and how far they are behind. null asks for every
 * topic. A directory that failed is listed with KAFKA_STORAGE_ERROR. A replica that moves to another directory is in both,
 * its copy as a "future" one that lags behind the log's end. v4: size and free space of the volume; v5: whether the directory
 * takes no new replicas.
 */
export function describeLogDirsHandler(deps: DescribeLogDirsDeps): Handler<"describeLogDirs"> {
  return {
    api: "describeLogDirs",
    handle(request) {
      const { logManager } = deps;
      const byDirectory = new Map<string, Log[]>(logManager.directories.map((path) => [path, []]));
      for (const log of logManager.allLogs()) {
        if (isWanted(request, log)) byDirectory.get(logManager.directoryOf(log)?.path ?? "")?.push(log);
      }
      const results = [...byDirectory].map(([logDir, logs]) => describe(deps, logDir, logs));
      return { errorCode: Errors.NONE, results };
    },
  };
}

function isWanted({ topics }: ApiRequest<"describeLogDirs">, log: Log): boolean {
  if (topics === null) return true;
  return topics.some(({ topic, partitions }) => topic === log.topic && partitions.includes(log.partition));
}

function describe(deps: DescribeLogDirsDeps, logDir: string, logs: readonly Log[]) {
  const { logManager, disk } = deps;
  if (!logManager.isOnline(logDir)) return { errorCode: Errors.KAFKA_STORAGE_ERROR, logDir, topics: [] };
  const byTopic = new Map<string, Log[]>();
  for (const log of logs) {
    const others = byTopic.get(log.topic);
    if (others === undefined) byTopic.set(log.topic, [log]);
    else others.push(log);
  }
  const topics = [...byTopic].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map((log) => {
      const isFutureKey = logManager.future(log.topic, log.partition) === log;
      const { partition: partitionIndex, sizeBytes: partitionSize } = log;
      return { partitionIndex, partitionSize, offsetLag: offsetLagOf(deps, log, isFutureKey), isFutureKey };
    }),
  }));
  try {
    return { errorCode: Errors.NONE, logDir, topics, ...disk.space(logDir), isCordoned: deps.isCordoned(logDir) };
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
