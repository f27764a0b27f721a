import { BufferPool } from "../../../src/base/buffer-pool.ts";
import { type Disk } from "../../../src/io/ports.ts";
import { defaultLogConfig, type LogConfig } from "../../../src/log/log-config.ts";
import { LogManager } from "../../../src/log/directory/log-manager.ts";
import { type ProducerSettings } from "../../../src/log/producers/producer-state.ts";
import { WriteQueue, type WriteQueueOptions } from "../../../src/log/write-queue.ts";
import { type PartitionRegistration } from "../../../src/metadata/image/partition-registration.ts";
import { zeroUuid } from "../../../src/base/uuid.ts";
import { type Partition } from "../../../src/replication/partition.ts";
import { type AssignDirectory } from "../../../src/replication/replica-moves.ts";
import { ReplicaManager } from "../../../src/replication/replica-manager.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { startMs } from "../log/batches.ts";
import { managerPorts, neverRecurring } from "../log/directory/manager-options.ts";

export const brokerId = 1;

/** What the metadata says of a partition that this broker leads alone. */
export function registration(changes: Partial<PartitionRegistration> = {}): PartitionRegistration {
  return {
    replicas: [brokerId],
    directories: [zeroUuid],
    isr: [brokerId],
    removingReplicas: [],
    addingReplicas: [],
    elr: [],
    lastKnownElr: [],
    leader: brokerId,
    leaderRecoveryState: 0,
    leaderEpoch: 0,
    partitionEpoch: 0,
    ...changes,
  };
}

export interface HostedPartition {
  readonly topic?: string;
  readonly topicId?: string;
  readonly partition?: number;
  readonly registration?: Partial<PartitionRegistration>;
}

export const topicId = "AAAAAAAAAAAAAAAAAAAAAQ";

/** The replicas of a broker whose clock and disk belong to the test. */
export function openReplicas(
  disk: Disk = new MemoryDisk(),
  config: Partial<LogConfig> = {},
  options: {
    readonly directoryIds?: ReadonlyMap<string, string>;
    readonly assignDirectory?: AssignDirectory;
    readonly moveBytesPerSecond?: () => number;
    readonly isCordoned?: (directory: string) => boolean;
    /** How the logs are written; without it in the event loop. */
    readonly choice?: WriteQueueOptions["choice"];
    readonly bufferPool?: BufferPool;
    readonly producerSettings?: ProducerSettings;
  } = {},
) {
  const time = new ManualTime(startMs);
  const { choice } = options;
  const timing = choice === undefined ? {} : { clock: time, choice };
  const queue = new WriteQueue({ timers: time, bufferPool: options.bufferPool ?? new BufferPool(), ...timing });
  const logConfig = { ...defaultLogConfig, ...config };
  const logManager = new LogManager({
    ...managerPorts(time, disk),
    ...neverRecurring,
    directories: [...(options.directoryIds?.keys() ?? ["/data"])],
    ...options,
    defaultConfig: logConfig,
    writeQueue: queue,
    onDirectoryFailed: (directory) => replicas.onDirectoryFailed(directory),
  });
  logManager.load();
  const own = { clock: time, timers: time, logger: silentLogger };
  const replicas = new ReplicaManager({ brokerId, logManager, ...own, ...options });
  const host = (hosted: HostedPartition = {}): Partition => {
    const { topic = "topic", partition = 0 } = hosted;
    const state = {
      topic,
      topicId: hosted.topicId ?? topicId,
      partition,
      registration: registration(hosted.registration),
    };
    replicas.apply({ deletes: [], leaders: [state], followers: [] }, () => logConfig);
    return replicas.partition(topic, partition)!;
  };
  const remove = (topic = "topic", partition = 0, id = topicId) =>
    replicas.apply({ deletes: [{ topic, topicId: id, partition }], leaders: [], followers: [] }, () => logConfig);
  return { time, queue, disk, logManager, replicas, host, remove };
}
