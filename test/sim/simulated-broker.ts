import { GroupMetadata } from "../../src/coordinator/group/consumer/group-metadata.ts";
import { GroupCoordinator } from "../../src/coordinator/group/group-coordinator.ts";
import { groupShard } from "../../src/coordinator/group/group-shard.ts";
import { CoordinatorRuntime } from "../../src/coordinator/runtime/coordinator-runtime.ts";
import { TransactionCoordinator } from "../../src/coordinator/transaction/transaction-coordinator.ts";
import { inPlaceWorkers } from "../../src/io/in-place-workers.ts";
import { nodeCompute } from "../../src/io/node/node-compute.ts";
import { type Logger } from "../../src/io/ports.ts";
import { type CleanerConfig } from "../../src/log/cleaner/cleaner-config.ts";
import { LogManager } from "../../src/log/directory/log-manager.ts";
import { type LogConfig } from "../../src/log/log-config.ts";
import { BatchOpener } from "../../src/log/validation/batch-opener.ts";
import { WriteQueue } from "../../src/log/write-queue.ts";
import { type MetadataDelta } from "../../src/metadata/delta/metadata-delta.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { ReplicaManager } from "../../src/replication/replica-manager.ts";
import { TransactionVerification } from "../../src/replication/transaction-verification.ts";
import { CoordinatorLog } from "../../src/server/coordinator-log.ts";
import { produceHandler } from "../../src/server/handlers/produce.ts";
import { LocalTransactionMarkers } from "../../src/server/local-transaction-markers.ts";
import { MetadataCache } from "../../src/server/metadata-cache.ts";
import { PartitionLookup } from "../../src/server/partition-lookup.ts";
import { GroupCoordinatorPublisher } from "../../src/server/publishers/group-coordinator-publisher.ts";
import { PublisherChain } from "../../src/server/publishers/publisher-chain.ts";
import { ReplicaPublisher } from "../../src/server/publishers/replica-publisher.ts";
import { TransactionCoordinatorPublisher } from "../../src/server/publishers/transaction-coordinator-publisher.ts";
import { type ManualTime } from "../support/manual-time.ts";
import { type SeededRandom } from "../support/random-bytes.ts";
import { testConfig } from "../unit/coordinator/group-world.ts";
import { testTransactionConfig } from "../unit/coordinator/transaction-world.ts";
import { managerPorts, recurringAsUsual } from "../unit/log/directory/manager-options.ts";
import { brokerId } from "../unit/replication/replicas.ts";
import { type MemoryDisk } from "./memory-disk.ts";
import { manifest, type SimulatedCluster } from "./simulated-cluster.ts";
import { drawnChoice } from "./simulated-replicas.ts";
import { slowCompute } from "./simulated-compute.ts";

/** Members that stand still lose their partitions before their transactions time out. */
const groupConfig = {
  ...testConfig,
  consumerSessionTimeoutMs: 8_000,
  consumerSessionTimeoutMsMin: 8_000,
  consumerHeartbeatIntervalMs: 2_000,
  consumerHeartbeatIntervalMsMin: 2_000,
};

const cleanerConfig: CleanerConfig = {
  isEnabled: true,
  threads: 1,
  backoffMs: 2_000,
  dedupeBufferBytes: 24_000,
  dedupeBufferLoadFactor: 0.9,
  ioBufferBytes: 1_024,
  ioBytesPerSecondMax: Number.MAX_VALUE,
};

/** Of what is written to nothing is compacted: small segments, which still hold what a large group is in a record. */
const compaction = {
  isCompacted: true,
  isDeleted: false,
  segmentBytes: 5_000,
  minCleanableDirtyRatio: 0.2,
  deleteRetentionMs: 10_000,
};

export interface SimulatedBrokerOptions {
  readonly disk: MemoryDisk;
  readonly time: ManualTime;
  readonly random: SeededRandom;
  readonly logger: Logger;
  readonly logConfig: LogConfig;
  readonly cluster: SimulatedCluster;
  /** Whether the topics of the coordinators are compacted meanwhile. */
  readonly isCompacting: boolean;
  /** Whether what coordinators write is compressed, which takes time. */
  readonly isCompressing: boolean;
  readonly transactionVersion: number;
  readonly takeProducerId: () => number;
  /** Something that acts on the metadata threw. */
  readonly onFault: (error: unknown) => void;
}

/** All of a broker that groups and transactions pass through, from the handlers down to a disk, without a network. */
export class SimulatedBroker {
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly replicas: ReplicaManager;
  readonly produce: ReturnType<typeof produceHandler>;
  /** Resolves when the process ends. */
  readonly ended: Promise<undefined>;
  readonly #options: SimulatedBrokerOptions;
  readonly #logManager: LogManager;
  readonly #cache = new MetadataCache();
  readonly #replicaPublisher: ReplicaPublisher;
  readonly #followers: PublisherChain;
  #fatal: unknown;
  #end: (value: undefined) => void = () => {};

  constructor(options: SimulatedBrokerOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    const { disk, time, random, logger, logConfig } = options;
    const own = { clock: time, timers: time, logger };
    const compute = options.isCompressing ? slowCompute(time, random) : nodeCompute;
    const workers = inPlaceWorkers({ clock: time, timers: time, disk, compute });
    this.#logManager = new LogManager({
      ...managerPorts(time, disk, random),
      ...recurringAsUsual,
      logger,
      defaultConfig: logConfig,
      // However small the logs are, what spares recovery the reading is made.
      bareTailBytesMax: 0,
      writeQueue: new WriteQueue({ timers: time, clock: time, choice: drawnChoice(random), tailCacheBytes: 65_536 }),
      ...(options.isCompacting ? { cleaner: { config: cleanerConfig, workers } } : {}),
      producerSettings: { verifiesTransactions: true },
      onDirectoryFailed: (directory) => this.replicas.onDirectoryFailed(directory),
    });
    this.replicas = new ReplicaManager({ ...own, brokerId, logManager: this.#logManager });
    const verification = new TransactionVerification({
      verifier: { addOrVerify: (request) => this.transactions.addOrVerify(request) },
      clock: time,
      timers: time,
      isEnabled: () => true,
      retryBackoffMs: 20,
      retryMsMax: 100,
    });
    const log = new CoordinatorLog({
      replicas: this.replicas,
      clock: time,
      timers: time,
      verification,
      opener: new BatchOpener(compute, workers),
      loadBufferSizeBytes: 5_242_880,
    });
    const metadata = new GroupMetadata();
    const onLog = {
      ...own,
      writer: log,
      loader: log,
      compute,
      compression: "none",
      writeTimeoutMs: 5_000,
    } as const;
    this.groups = new GroupCoordinator({
      runtime: new CoordinatorRuntime("__consumer_offsets", {
        ...onLog,
        shard: groupShard(groupConfig, metadata),
        staysLoaded: true,
      }),
      config: groupConfig,
      partitionCount: () => 1,
      metadata,
    });
    this.transactions = new TransactionCoordinator({
      ...own,
      config: testTransactionConfig,
      createRuntime: (shard) => new CoordinatorRuntime("__transaction_state", { ...onLog, shard, baseSequence: -1 }),
      markers: new LocalTransactionMarkers({
        replicas: this.replicas,
        clock: time,
        minInSyncReplicasOf: () => 1,
        timeoutMs: 30_000,
        completeOffsets: (completed) => this.groups.completeTransaction(completed),
      }),
      takeProducerId: () => Promise.resolve({ errorCode: Errors.NONE, producerId: options.takeProducerId() }),
      partitionExists: ({ topic, partition }) => this.#cache.partition(topic, partition) !== undefined,
      partitionCount: () => 1,
      transactionVersion: () => options.transactionVersion,
    });
    this.produce = produceHandler({
      cache: this.#cache,
      lookup: new PartitionLookup(this.#cache, this.replicas),
      replicas: this.replicas,
      clock: time,
      compute: nodeCompute,
      workers,
      verification,
      minInSyncReplicasOf: () => 1,
    });
    const internal: LogConfig = {
      ...logConfig,
      ...compaction,
      ...(options.isCompressing ? { compressionType: "gzip" } : {}),
    };
    this.#replicaPublisher = new ReplicaPublisher({
      nodeId: brokerId,
      replicas: this.replicas,
      logManager: this.#logManager,
      logConfigOf: (topic) => (topic.startsWith("__") ? internal : logConfig),
      onFatal: (error) => (this.#fatal ??= error),
    });
    this.#followers = this.#createFollowers();
  }

  #createFollowers(): PublisherChain {
    const { logger } = this.#options;
    const { groups, transactions } = this;
    const publishers = [
      this.#replicaPublisher,
      new GroupCoordinatorPublisher({ nodeId: brokerId, groups, isRegistered: () => true, logger }),
      new TransactionCoordinatorPublisher({ nodeId: brokerId, transactions, isRegistered: () => true, logger }),
    ];
    return new PublisherChain(publishers, (_, error) => this.#options.onFault(error));
  }

  /** Loads the logs, and begins to lead all partitions; the coordinators load theirs while the first requests come. */
  async start(): Promise<void> {
    this.#logManager.load();
    this.publish(this.#options.cluster.elect());
    await this.#followers.settled();
    if (this.#fatal !== undefined) throw this.#fatal;
    this.#logManager.start();
  }

  /** News of the metadata, to those whom a node tells them, in its order. */
  publish(delta: MetadataDelta): void {
    const { image } = this.#options.cluster;
    this.#cache.publish(delta, image);
    this.#followers.publish(delta, image, manifest);
  }

  /** The process is gone: nobody hears of it any more. */
  end(): void {
    this.#end(undefined);
  }

  async close(): Promise<void> {
    this.groups.close();
    this.transactions.close();
    this.replicas.close();
    await this.#followers.close();
    await this.#replicaPublisher.conclude(this.#options.cluster.image);
    await this.#logManager.prepareClose();
    this.#logManager.close(1);
    this.end();
  }
}
