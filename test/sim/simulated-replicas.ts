import { type Uuid } from "../../src/base/brand.ts";
import { inPlaceWorkers } from "../../src/io/in-place-workers.ts";
import { type Logger, type Workers } from "../../src/io/ports.ts";
import { type CleanerConfig } from "../../src/log/cleaner/cleaner-config.ts";
import { LogManager } from "../../src/log/directory/log-manager.ts";
import { type LogConfig } from "../../src/log/log-config.ts";
import { type WayOfWriting } from "../../src/log/write-choice.ts";
import { WriteQueue } from "../../src/log/write-queue.ts";
import { type MetadataDelta } from "../../src/metadata/delta/metadata-delta.ts";
import { type ApiRequest } from "../../src/protocol/apis.ts";
import { type ErrorCode, Errors } from "../../src/protocol/errors.ts";
import { type Partition } from "../../src/replication/partition.ts";
import { ReplicaManager } from "../../src/replication/replica-manager.ts";
import { type AssignDirectory } from "../../src/replication/replica-moves.ts";
import { TransactionVerification } from "../../src/replication/transaction-verification.ts";
import { produceHandler } from "../../src/server/handlers/produce.ts";
import { alterReplicaLogDirsHandler } from "../../src/server/handlers/alter-replica-log-dirs.ts";
import { deleteRecordsHandler } from "../../src/server/handlers/delete-records.ts";
import { writeTxnMarkersHandler } from "../../src/server/handlers/write-txn-markers.ts";
import { promised } from "../../src/server/later-result.ts";
import { LocalTransactionMarkers } from "../../src/server/local-transaction-markers.ts";
import { MetadataCache } from "../../src/server/metadata-cache.ts";
import { PartitionLookup } from "../../src/server/partition-lookup.ts";
import { PublisherChain } from "../../src/server/publishers/publisher-chain.ts";
import { ReplicaPublisher } from "../../src/server/publishers/replica-publisher.ts";
import { type ManualTime } from "../support/manual-time.ts";
import { type SeededRandom } from "../support/random-bytes.ts";
import { managerPorts, recurringAsUsual } from "../unit/log/directory/manager-options.ts";
import { brokerId } from "../unit/replication/replicas.ts";
import { testContext } from "../unit/server/test-context.ts";
import { type MemoryDisk } from "./memory-disk.ts";
import { promptCompute, turningCompute } from "./simulated-compute.ts";
import { manifest, type SimulatedCluster } from "./simulated-cluster.ts";
import { type OnAppended, watchAppends } from "./topic-appends.ts";
import { topicDirectoryIds, topicRoots } from "./topic-roots.ts";
import { Violation } from "./violation.ts";

export interface SimulatedReplicasOptions {
  readonly disk: MemoryDisk;
  readonly time: ManualTime;
  readonly random: SeededRandom;
  readonly logger: Logger;
  readonly defaultConfig: LogConfig;
  readonly logConfigOf: (topic: string) => LogConfig;
  readonly cleanerConfig: CleanerConfig;
  /** Of the moves between directories. */
  readonly moveBytesPerSecond: number;
  /** How much a background flush leaves to recovery to be read. */
  readonly bareTailBytesMax: number;
  readonly cluster: SimulatedCluster;
  /** Offline from the start. */
  readonly failedDirectories: readonly string[];
  readonly assignDirectory: AssignDirectory;
  readonly onDirectoryFailed: (directory: string, isLast: boolean) => void;
  /** A log has taken what a client or a coordinator has sent. */
  readonly onAppended: OnAppended;
  /** Something that acts on the metadata threw. */
  readonly onFault: (error: unknown) => void;
}

export interface Produced {
  readonly errorCode: number;
  readonly baseOffset: number;
}

/** What of a broker follows the metadata: logs in directories, the replicas on them, and who moves or produces to these. */
export class SimulatedReplicas {
  readonly logManager: LogManager;
  readonly queue: WriteQueue;
  readonly replicas: ReplicaManager;
  readonly lookup: PartitionLookup;
  readonly #options: SimulatedReplicasOptions;
  readonly #cache = new MetadataCache();
  readonly #replicaPublisher: ReplicaPublisher;
  readonly #followers: PublisherChain;
  readonly #produce: ReturnType<typeof produceHandler>;
  readonly #alterLogDirs: ReturnType<typeof alterReplicaLogDirsHandler>;
  readonly #deleteRecords: ReturnType<typeof deleteRecordsHandler>;
  readonly #writeMarkers: ReturnType<typeof writeTxnMarkersHandler>;
  readonly #workers: Workers;
  #fatal: unknown;

  constructor(options: SimulatedReplicasOptions) {
    this.#options = options;
    const { disk, time, random, logger, defaultConfig, logConfigOf, failedDirectories } = options;
    const own = { clock: time, timers: time, logger };
    this.#workers = inPlaceWorkers({ clock: time, timers: time, disk, compute: promptCompute });
    this.queue = new WriteQueue({
      timers: time,
      clock: time,
      choice: drawnChoice(random),
      tailCacheBytes: random.below(2) === 0 ? 65_536 : 4_096,
    });
    this.logManager = new LogManager({
      ...managerPorts(time, disk, random),
      ...recurringAsUsual,
      flushIntervalMs: 5_000,
      logger,
      directories: topicRoots,
      directoryIds: new Map([...topicDirectoryIds].filter(([root]) => !failedDirectories.includes(root))),
      failedDirectories,
      defaultConfig,
      writeQueue: this.queue,
      bareTailBytesMax: options.bareTailBytesMax,
      cleaner: { config: options.cleanerConfig, workers: this.#workers },
      onDirectoryFailed: (directory, isLast) => {
        this.replicas.onDirectoryFailed(directory);
        options.onDirectoryFailed(directory, isLast);
      },
    });
    const { logManager, assignDirectory } = { ...options, logManager: this.logManager };
    const moveBytesPerSecond = (): number => options.moveBytesPerSecond;
    this.replicas = new ReplicaManager({ ...own, brokerId, logManager, assignDirectory, moveBytesPerSecond });
    this.lookup = new WatchedLookup(this.#cache, this.replicas, options.onAppended);
    this.#replicaPublisher = new ReplicaPublisher({
      nodeId: brokerId,
      replicas: this.replicas,
      logManager,
      logConfigOf,
      onFatal: (error) => (this.#fatal ??= error),
    });
    this.#followers = new PublisherChain([this.#replicaPublisher], (_, error) => options.onFault(error));
    this.#produce = produceHandler({
      cache: this.#cache,
      lookup: this.lookup,
      replicas: this.replicas,
      clock: time,
      compute: turningCompute(time, random),
      workers: this.#workers,
      verification: new TransactionVerification({
        ...own,
        verifier: { addOrVerify: ({ partitions }) => Promise.resolve(partitions.map(() => Errors.NONE)) },
        isEnabled: () => false,
        retryBackoffMs: 20,
        retryMsMax: 100,
      }),
      minInSyncReplicasOf: () => 1,
    });
    this.#alterLogDirs = alterReplicaLogDirsHandler({ replicas: this.replicas, cache: this.#cache, timers: time });
    this.#deleteRecords = deleteRecordsHandler({ lookup: this.lookup, deadlines: this.replicas.deadlines });
    const markers = new LocalTransactionMarkers({
      replicas: this.replicas,
      clock: time,
      minInSyncReplicasOf: () => 1,
      timeoutMs: 5_000,
      completeOffsets: () => Promise.reject(new Violation("nobody commits offsets here")),
    });
    this.#writeMarkers = writeTxnMarkersHandler({ markers });
  }

  /** Loads the logs, and begins to lead all partitions; what recurs begins with `begin`. */
  async start(): Promise<void> {
    const { random, cluster } = this.#options;
    if (random.below(2) === 0) await this.logManager.recover(this.#workers, 1 + random.below(2), 0);
    this.logManager.load();
    this.publish(cluster.elect());
    await this.settled();
  }

  /** Compaction, retention, flushing, checkpoints. */
  begin(): void {
    this.logManager.start();
  }

  publish(delta: MetadataDelta): void {
    const { image } = this.#options.cluster;
    this.#cache.publish(delta, image);
    this.#followers.publish(delta, image, manifest);
  }

  /** The replicas are as all news have them. */
  async settled(): Promise<void> {
    await this.#followers.settled();
    if (this.#fatal !== undefined) throw this.#fatal;
  }

  /** By the topic's id, or by its name. */
  async produce(
    topic: { readonly name: string; readonly topicId: string },
    index: number,
    records: Buffer,
    { isById, isTransactional }: { readonly isById: boolean; readonly isTransactional: boolean },
  ): Promise<Produced> {
    const partitionData = [{ index, records }];
    const transactionalId = isTransactional ? "t" : null;
    const request = { transactionalId, acks: -1, timeoutMs: 5_000, topicData: [{ ...topic, partitionData }] };
    const context = testContext({ apiVersion: isById ? 13 : 12 });
    const answer = await promised(this.#produce.handle(request, context));
    const response =
      answer !== null && typeof answer === "object" && "responses" in answer
        ? answer.responses?.[0]?.partitionResponses?.[0]
        : undefined;
    if (response === undefined) throw new Violation("no answer to a produce request");
    return { errorCode: response.errorCode ?? Errors.NONE, baseOffset: response.baseOffset ?? -1 };
  }

  /** Asks for a partition to be moved to a log directory; returns the error. */
  async alterLogDir(name: string, index: number, path: string): Promise<number> {
    const request = { dirs: [{ path, topics: [{ name, partitions: [index] }] }] };
    const answer = await promised(this.#alterLogDirs.handle(request, testContext({ apiVersion: 2 })));
    const response =
      answer !== null && typeof answer === "object" && "results" in answer
        ? answer.results?.[0]?.partitions?.[0]
        : undefined;
    if (response === undefined) throw new Violation("no answer to a request to move a replica");
    return response.errorCode ?? Errors.NONE;
  }

  /** Deletes the records before an offset. */
  async deleteRecords(
    name: string,
    index: number,
    offset: number,
  ): Promise<{ errorCode: number; lowWatermark: number }> {
    const request = { topics: [{ name, partitions: [{ partitionIndex: index, offset }] }], timeoutMs: 5_000 };
    const answer = await promised(this.#deleteRecords.handle(request, testContext({ apiVersion: 2 })));
    const response =
      answer !== null && typeof answer === "object" && "topics" in answer
        ? answer.topics?.[0]?.partitions?.[0]
        : undefined;
    if (response === undefined) throw new Violation("no answer to a request to delete records");
    return { errorCode: response.errorCode ?? Errors.NONE, lowWatermark: response.lowWatermark ?? -1 };
  }

  /** A coordinator ends a transaction in one partition; returns the error. */
  async writeMarker(marker: ApiRequest<"writeTxnMarkers">["markers"][number]): Promise<ErrorCode> {
    const answer = await promised(this.#writeMarkers.handle({ markers: [marker] }, testContext({ apiVersion: 2 })));
    const response =
      answer !== null && typeof answer === "object" && "markers" in answer
        ? answer.markers?.[0]?.topics?.[0]?.partitions?.[0]
        : undefined;
    if (response === undefined) throw new Violation("no answer to a request to write a marker");
    return (response.errorCode ?? Errors.NONE) as ErrorCode;
  }

  /** Ends in the order in which a node does. */
  async close(): Promise<void> {
    this.replicas.close();
    await this.#followers.close();
    this.queue.flush();
    await this.#replicaPublisher.conclude(this.#options.cluster.image);
    await this.logManager.prepareClose();
    this.logManager.close(1);
  }
}

/** As it may come from any history of writes that were held back. */
export function drawnChoice(random: SeededRandom): { wayFor(isUnderWay: boolean): WayOfWriting; note(): void } {
  return {
    wayFor: (isUnderWay) => (random.below(3) > 0 ? "now" : isUnderWay ? "later" : "aside"),
    note: () => undefined,
  };
}

/** Finds partitions as requests do, and tells of what these append to them. */
class WatchedLookup extends PartitionLookup {
  readonly #onAppended: OnAppended;
  readonly #watched = new WeakSet<Partition>();

  constructor(cache: MetadataCache, replicas: ReplicaManager, onAppended: OnAppended) {
    super(cache, replicas);
    this.#onAppended = onAppended;
  }

  override byName(topic: string, index: number): Partition | ErrorCode {
    return this.#watch(super.byName(topic, index));
  }

  override byId(topicId: Uuid, index: number): Partition | ErrorCode {
    return this.#watch(super.byId(topicId, index));
  }

  #watch(found: Partition | ErrorCode): Partition | ErrorCode {
    if (typeof found === "number" || this.#watched.has(found)) return found;
    this.#watched.add(found);
    watchAppends(found, this.#onAppended);
    return found;
  }
}
