import { consumerOffsetsTopic } from "../base/topic-name.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { GroupMetadata } from "../coordinator/group/consumer/group-metadata.ts";
import { groupCoordinatorConfigFrom } from "../coordinator/group/group-config.ts";
import { GroupCoordinator } from "../coordinator/group/group-coordinator.ts";
import { groupShard } from "../coordinator/group/group-shard.ts";
import { CoordinatorRuntime } from "../coordinator/runtime/coordinator-runtime.ts";
import { type CompressionName, type Ports } from "../io/ports.ts";
import { type CoordinatorLog } from "./coordinator-log.ts";
import { type MetadataCache } from "./metadata-cache.ts";
import { StartupError } from "./startup-error.ts";

export interface GroupParts {
  readonly config: BrokerConfig;
  readonly ports: Ports;
  readonly cache: MetadataCache;
  readonly log: CoordinatorLog;
}

/**
 * The groups of a node, with what they need of its other parts.
 * @throws StartupError
 */
export function createGroups({ config: brokerConfig, ports, cache, log }: GroupParts): GroupCoordinator {
  const { clock, timers, compute, logger } = ports;
  const config = groupCoordinatorConfigFrom(brokerConfig);
  const metadata = new GroupMetadata();
  const runtime = new CoordinatorRuntime(consumerOffsetsTopic, {
    shard: groupShard(config, metadata),
    writer: log,
    loader: log,
    clock,
    timers,
    compute,
    compression: offsetsCompression(brokerConfig.get("offsets.topic.compression.codec")),
    lingerMs: brokerConfig.get("group.coordinator.append.linger.ms"),
    writeTimeoutMs: brokerConfig.get("offsets.commit.timeout.ms"),
    logger: logger.child("group"),
    staysLoaded: true,
  });
  const createdWith = brokerConfig.get("offsets.topic.num.partitions");
  const partitionCount = () => cache.topic(consumerOffsetsTopic)?.partitions.length ?? createdWith;
  return new GroupCoordinator({ runtime, config, partitionCount, metadata });
}

/**
 * Kafka's ids of codecs in `offsets.topic.compression.codec`.
 * @throws StartupError when no codec has the id
 */
function offsetsCompression(id: number): CompressionName | "none" {
  const codec = (["none", "gzip", "snappy", "lz4", "zstd"] as const)[id];
  if (codec === undefined) throw new StartupError(`offsets.topic.compression.codec is ${id}: it must be 0 to 4`);
  return codec;
}
