import { type Disk } from "../../io/ports.ts";
import { type LogManager } from "../../log/log-manager.ts";
import { type ApiRequest } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Partition } from "../../replication/partition.ts";
import { type ReplicaManager } from "../../replication/replica-manager.ts";
import { type Handler } from "../handler.ts";

export interface DescribeLogDirsDeps {
  readonly replicas: ReplicaManager;
  readonly logManager: LogManager;
  readonly disk: Disk;
}

/**
 * The log directories of this broker with the replicas in them: their size and how far they are behind. null asks for
 * every topic. A directory that failed is listed with KAFKA_STORAGE_ERROR. v4: size and free space of its volume.
 */
export function describeLogDirsHandler(deps: DescribeLogDirsDeps): Handler<"describeLogDirs"> {
  return {
    api: "describeLogDirs",
    handle(request) {
      const byDirectory = new Map<string, Partition[]>(deps.logManager.directories.map((path) => [path, []]));
      for (const partition of deps.replicas.partitions()) {
        if (isWanted(request, partition)) byDirectory.get(parentOf(partition.log.dir))?.push(partition);
      }
      const results = [...byDirectory].map(([logDir, partitions]) => describe(deps, logDir, partitions));
      return { errorCode: Errors.NONE, results };
    },
  };
}

function isWanted({ topics }: ApiRequest<"describeLogDirs">, { topic, index }: Partition): boolean {
  if (topics === null) return true;
  return topics.some((wanted) => wanted.topic === topic && wanted.partitions.includes(index));
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function describe({ logManager, disk }: DescribeLogDirsDeps, logDir: string, partitions: readonly Partition[]) {
  if (!logManager.isOnline(logDir)) return { errorCode: Errors.KAFKA_STORAGE_ERROR, logDir, topics: [] };
  const byTopic = new Map<string, Partition[]>();
  for (const partition of partitions) {
    const others = byTopic.get(partition.topic);
    if (others === undefined) byTopic.set(partition.topic, [partition]);
    else others.push(partition);
  }
  const topics = [...byTopic].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ index, log, isLeader }) => ({
      partitionIndex: index,
      partitionSize: log.sizeBytes,
      offsetLag: isLeader ? 0 : Math.max(0, log.highWatermark - log.logEndOffset),
      isFutureKey: false,
    })),
  }));
  return { errorCode: Errors.NONE, logDir, topics, ...disk.space(logDir) };
}
