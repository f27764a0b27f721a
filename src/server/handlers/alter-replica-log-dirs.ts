import { nextTurn } from "../../io/next-turn.ts";
import { type Timers } from "../../io/ports.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { type ReplicaManager } from "../../replication/replica-manager.ts";
import { type Handler } from "../handler.ts";
import { type MetadataCache } from "../metadata-cache.ts";

export interface AlterReplicaLogDirsDeps {
  readonly replicas: ReplicaManager;
  readonly cache: MetadataCache;
  readonly timers: Timers;
}

/** So many moves begin in a turn of the event loop: each makes the files of a copy. */
const movesOfTurn = 25;

/**
 * Moves replicas of this broker to other log directories of its own. The answer says that a move has begun; DescribeLogDirs
 * shows how far it is. A partition that is not here yet is made in the directory when it comes.
 *
 * - LOG_DIR_NOT_FOUND for a path that is not configured, KAFKA_STORAGE_ERROR when it, another directory or the replica is
 *   offline, INVALID_REPLICA_ASSIGNMENT when it is cordoned, REPLICA_NOT_AVAILABLE when the replica is on other brokers,
 *   UNKNOWN_TOPIC_OR_PARTITION when it is nowhere, INVALID_TOPIC_EXCEPTION when the topic's name is too long for the name of the copy.
 * - A partition that is named twice goes where it is named last.
 */
export function alterReplicaLogDirsHandler(deps: AlterReplicaLogDirsDeps): Handler<"alterReplicaLogDirs"> {
  return {
    api: "alterReplicaLogDirs",
    async handle({ dirs }) {
      const wanted = new Map<string, Map<number, string>>();
      for (const { path, topics } of dirs) {
        for (const { name, partitions } of topics) {
          if (partitions.length === 0) continue;
          const paths = wanted.get(name) ?? new Map<number, string>();
          wanted.set(name, paths);
          for (const index of partitions) paths.set(index, path);
        }
      }
      let count = 0;
      const results = [];
      for (const [topicName, paths] of wanted) {
        const partitions = [];
        for (const [partitionIndex, path] of paths) {
          if (++count % movesOfTurn === 0) await nextTurn(deps.timers);
          partitions.push({ partitionIndex, errorCode: alter(deps, topicName, partitionIndex, path) });
        }
        results.push({ topicName, partitions });
      }
      return { results };
    },
  };
}

function alter({ replicas, cache }: AlterReplicaLogDirsDeps, topic: string, index: number, path: string): ErrorCode {
  const errorCode = replicas.alterLogDir(topic, index, path);
  if (errorCode !== Errors.REPLICA_NOT_AVAILABLE) return errorCode;
  const known = cache.topic(topic);
  if (known?.partitions[index] === undefined) return Errors.UNKNOWN_TOPIC_OR_PARTITION;
  const hasFailed = replicas.absenceError(known.id, index) === Errors.KAFKA_STORAGE_ERROR;
  return hasFailed ? Errors.KAFKA_STORAGE_ERROR : errorCode;
}
