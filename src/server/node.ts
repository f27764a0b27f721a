import { type Uuid } from "../base/brand.ts";
import { randomUuid, zeroUuid } from "../base/uuid.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { nextTurn } from "../io/next-turn.ts";
import { type LoopDelaySample, type Ports, type SocketAddress, type TimerHandle } from "../io/ports.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import { logConfigFrom } from "../log/log-config.ts";
import { type ProducerSettings } from "../log/producers/producer-state.ts";
import { WriteQueue } from "../log/write-queue.ts";
import { type Publisher } from "../metadata/publisher.ts";
import { openLogDirs } from "../metadata/storage/log-dirs.ts";
import { Errors } from "../protocol/errors.ts";
import { ReplicaManager } from "../replication/replica-manager.ts";
import { BrokerLifecycle } from "./broker-lifecycle.ts";
import { type Coordinators, createCoordinators } from "./coordinators.ts";
import { DirectoryAssignments } from "./directory-assignments.ts";
import { DynamicSettings } from "./dynamic-settings.ts";
import { HandlerTable } from "./handler-table.ts";
import { createHandlers } from "./handlers.ts";
import { LogDirSettings } from "./log-dir-settings.ts";
import { LoopWatch } from "./loop-watch.ts";
import { MetadataCache } from "./metadata-cache.ts";
import { type MetadataQuorum, openMetadataQuorum } from "./metadata-quorum.ts";
import { type ProducerIdBlock, ProducerIdManager } from "./producer-id-manager.ts";
import { loadLogs, openFilesMaxOf, openLogs } from "./open-logs.ts";
import { GroupCoordinatorPublisher } from "./publishers/group-coordinator-publisher.ts";
import { type LocalPublisher, PublisherChain } from "./publishers/publisher-chain.ts";
import { publisherFault } from "./publishers/publisher-fault.ts";
import { ReplicaPublisher } from "./publishers/replica-publisher.ts";
import { TransactionCoordinatorPublisher } from "./publishers/transaction-coordinator-publisher.ts";
import { advertisedEndpoints, socketServerOptionsFrom } from "./socket-server-options.ts";
import { refuseWhatIsMissing, warningsOfWhatIsMissing } from "./refuse-what-is-missing.ts";
import { settingsTable } from "./settings-table.ts";
import { SocketServer } from "./socket-server.ts";
import { StartupError } from "./startup-error.ts";
import { TopicConfigs } from "./topic-configs.ts";

/** A node that runs: broker and controller in one process. */
export interface RunningNode {
  readonly clusterId: string;
  /** The port that a listener is bound to. */
  boundPort(listenerName: string): number;
  /** Resolves with the reason when the node cannot go on by itself: its metadata log or last log directory failed. */
  readonly failed: Promise<unknown>;
  /** How late the event loop was since the start. */
  loopDelay(): LoopDelaySample;
  /** How many requests have come since the start. */
  requestCount(): number;
  /** Stops in good order; a second call waits for the first. */
  close(): Promise<void>;
}

/** How long who creates or deletes topics waits for the replicas, ms: Kafka answers before they are there. */
const followedMsMax = 1_000;
/** How long requests in flight may take to finish when the node stops, ms. */
const drainMsMax = 2_000;

/**
 * The composition root: puts a node together from its layers, starts it, and resolves when clients can use it.
 *
 *     directories ─▶ logs ─▶ metadata quorum ─▶ sockets bound ─▶ image published ─▶ registered, unfenced ─▶ sockets open
 *
 * @param hostName what is advertised where a listener names no host
 * @throws StartupError, or ConfigError, when the node cannot start; nothing is left open then
 */
export async function createNode(config: BrokerConfig, ports: Ports, hostName: string): Promise<RunningNode> {
  refuseWhatIsMissing(config);
  for (const warning of warningsOfWhatIsMissing(config)) ports.logger.warn({}, warning);
  const node = new Node(config, ports);
  try {
    await node.start(hostName);
    return node;
  } catch (error) {
    await node.close();
    throw error;
  }
}

interface WatchedPublisher<Result> {
  readonly name: string;
  publish(...news: Parameters<Publisher["publish"]>): Result;
}

class Node implements RunningNode {
  readonly clusterId: string;
  readonly failed: Promise<unknown>;
  #onFailed: (error: unknown) => void = () => {};

  readonly #config: BrokerConfig;
  readonly #ports: Ports;
  readonly #directoryIds: ReadonlyMap<string, Uuid>;
  readonly #incarnationId: Uuid;
  readonly #loopWatch: LoopWatch;
  readonly #writeQueue: WriteQueue;
  readonly #logManager: LogManager;
  readonly #replicas: ReplicaManager;
  readonly #cache = new MetadataCache();
  readonly #topicConfigs: TopicConfigs;
  readonly #logDirSettings: LogDirSettings;
  readonly #producerSettings: ProducerSettings;
  readonly #producerIds: ProducerIdManager;
  readonly #coordinators: Coordinators;
  /** Those who act on the metadata here, and may take their time. */
  readonly #followers: PublisherChain;
  #replicaPublisher: ReplicaPublisher | undefined;
  #quorum: MetadataQuorum | undefined;
  #sockets: SocketServer | undefined;
  #lifecycle: BrokerLifecycle | undefined;
  #assignments: DirectoryAssignments | undefined;
  #bound: ReadonlyMap<string, SocketAddress> = new Map();
  #closing: Promise<void> | undefined;

  /** Opens the directories; nothing runs yet. */
  constructor(config: BrokerConfig, ports: Ports) {
    this.#config = config;
    this.#ports = ports;
    this.failed = new Promise((resolve) => (this.#onFailed = resolve));
    const { clock, disk, random, timers, loopDelay, logger } = ports;
    const opened = openLogDirs(config, { disk, random, nowMs: clock.wallMs() });
    if (!opened.ok) throw new StartupError(opened.error);
    this.clusterId = opened.dirs.clusterId;
    this.#directoryIds = opened.dirs.directoryIds;
    this.#incarnationId = randomUuid(random);
    this.#loopWatch = new LoopWatch({ clock, timers, loopDelay, logger });
    const writeTimers = this.#loopWatch.watched("writing to the logs");
    this.#writeQueue = new WriteQueue({ timers: writeTimers, clock, openFilesMax: openFilesMaxOf(disk) });
    this.#topicConfigs = new TopicConfigs(this.#cache, config, logger);
    this.#producerSettings = { verifiesTransactions: config.get("transaction.partition.verification.enable") };
    this.#logDirSettings = new LogDirSettings(config, this.#cache, this.#topicConfigs);
    this.#logManager = openLogs({
      config,
      ports,
      directoryIds: this.#directoryIds,
      failedDirectories: opened.dirs.failed,
      isCordoned: (path) => this.#logDirSettings.cordoned.includes(path),
      timers: this.#loopWatch.watched("work on the logs that recurs"),
      writeQueue: this.#writeQueue,
      producerSettings: this.#producerSettings,
      onDirectoryFailed: (directory, isLast) => this.#onDirectoryFailed(directory, isLast),
    });
    try {
      this.#replicas = new ReplicaManager({
        brokerId: config.nodeId,
        logManager: this.#logManager,
        clock,
        timers,
        logger: logger.child("replication"),
        assignDirectory: (...assignment) => this.#assignments?.assign(...assignment),
        moveBytesPerSecond: () => this.#logDirSettings.moveBytesPerSecond,
        isCordoned: (path) => this.#logDirSettings.cordoned.includes(path),
      });
      this.#producerIds = new ProducerIdManager(() => this.#allocateProducerIds());
      this.#coordinators = createCoordinators({
        config,
        ports,
        cache: this.#cache,
        topicConfigs: this.#topicConfigs,
        replicas: this.#replicas,
        writeQueue: this.#writeQueue,
        producerSettings: this.#producerSettings,
        producerIds: this.#producerIds,
      });
      this.#followers = this.#createFollowers();
    } catch (error) {
      // Whoever called has no node to close, and the directories are locked.
      this.#logManager.close(-1);
      throw error;
    }
  }

  loopDelay(): LoopDelaySample {
    return this.#loopWatch.read();
  }

  requestCount(): number {
    return this.#sockets?.requestCount ?? 0;
  }

  boundPort(listenerName: string): number {
    return this.#bound.get(listenerName)?.port ?? 0;
  }

  async start(hostName: string): Promise<void> {
    const { clock, timers, net, logger } = this.#ports;
    const startedMs = clock.monotonicMs();
    await loadLogs(this.#logManager, this.#config, this.#ports.workers);
    // The handlers need the controller, the controller the ports that were bound: connections wait until `open`.
    const { bufferPool } = this.#writeQueue;
    const handlers = new HandlerTable([], this.#config.get("unstable.api.versions.enable"));
    this.#sockets = new SocketServer(socketServerOptionsFrom(this.#config), {
      net,
      clock,
      timers,
      logger,
      handlers,
      bufferPool,
    });
    this.#bound = await this.#sockets.bind();
    const quorum = this.#openQuorum(hostName);
    this.#quorum = quorum;
    this.#assignments = this.#createAssignments(quorum);
    handlers.add(createHandlers(this.#handlerDeps(quorum), () => handlers));
    quorum.start();
    await this.#untilActive(quorum);
    this.#sockets.open(...this.#config.controllerListenerNames);
    this.#lifecycle = this.#createLifecycle(quorum, hostName);
    await this.#lifecycle.start();
    await this.#followers.settled();
    this.#logManager.start();
    this.#loopWatch.start();
    this.#sockets.open();
    const advertised = this.#advertised(hostName).map(({ name, host, port }) => `${name}://${host}:${port}`);
    const startMs = Math.round(clock.monotonicMs() - startedMs);
    logger.info({ clusterId: this.clusterId, nodeId: this.#config.nodeId, advertised, startMs }, "Odradek is ready");
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const { logger } = this.#ports;
    const { meanMs, p99Ms, maxMs } = this.#loopWatch.read();
    this.#loopWatch.stop();
    await this.#lifecycle?.stop();
    this.#assignments?.close();
    // Whoever waits is answered now, so that the sockets have nothing to wait for.
    this.#coordinators.groups.close();
    this.#coordinators.transactions.close();
    this.#replicas.close();
    await this.#followers.close();
    await this.#sockets?.close(drainMsMax);
    this.#writeQueue.flush();
    await this.#quorum?.close();
    await this.#replicaPublisher?.conclude(this.#cache.image);
    await this.#logManager.prepareClose();
    this.#logManager.close(this.#lifecycle?.epoch ?? -1);
    const loopDelay = { mean: rounded(meanMs), p99: rounded(p99Ms), max: rounded(maxMs) };
    logger.info({ loopDelayMs: loopDelay }, "The node has stopped");
  }

  #onDirectoryFailed(directory: string, isLast: boolean): void {
    this.#replicas.onDirectoryFailed(directory);
    const isMetadata = directory === this.#config.metadataLogDir;
    if (isLast) this.#onFailed(new Error(`Shutdown broker because all log dirs have failed, ${directory} as the last`));
    else if (isMetadata)
      this.#onFailed(new Error(`Shutdown broker because the metadata log dir ${directory} has failed`));
    const id = this.#directoryIds.get(directory);
    if (id !== undefined) this.#lifecycle?.directoryFailed(id);
  }

  #allocateProducerIds(): Promise<ProducerIdBlock> {
    const unavailable = { errorCode: Errors.COORDINATOR_LOAD_IN_PROGRESS, firstProducerId: -1, count: 0 };
    const allocation = this.#quorum?.controller.allocateProducerIds(this.#config.nodeId, this.#lifecycle?.epoch ?? -1);
    return allocation ?? Promise.resolve(unavailable);
  }

  /** Publishers, in the order in which they are told: what answers questions first, what acts on it then. */
  #openQuorum(hostName: string): MetadataQuorum {
    const config = this.#config;
    const { metadataLogDir } = config;
    return openMetadataQuorum({
      config,
      ports: this.#ports,
      writeQueue: this.#writeQueue,
      clusterId: this.clusterId,
      directoryId: this.#directoryIds.get(metadataLogDir) ?? zeroUuid,
      controllerEndpoints: advertisedEndpoints(config.advertisedControllerListeners, this.#bound, hostName),
      localIncarnationId: this.#incarnationId,
      hadCleanShutdown: this.#logManager.hadCleanShutdown(metadataLogDir),
      publishers: [...this.#watched([this.#cache, this.#topicConfigs]), this.#followers],
      onFatal: (error) => this.#onFailed(error),
    });
  }

  /** The coordinators read partitions that the replicas have made. */
  #createFollowers(): PublisherChain {
    const { logger } = this.#ports;
    const { nodeId } = this.#config;
    const { groups, transactions } = this.#coordinators;
    this.#replicaPublisher = new ReplicaPublisher({
      nodeId,
      replicas: this.#replicas,
      logManager: this.#logManager,
      logConfigOf: (topic) => logConfigFrom(this.#topicConfigs.of(topic)),
      onFatal: (error) => this.#onFailed(error),
    });
    const publishers: LocalPublisher[] = [
      this.#replicaPublisher,
      new GroupCoordinatorPublisher({ nodeId, groups, logger: logger.child("group") }),
      new TransactionCoordinatorPublisher({ nodeId, transactions, logger: logger.child("transaction") }),
      this.#createDynamicSettings(),
    ];
    return new PublisherChain(this.#watched(publishers), publisherFault(logger.child("metadata")));
  }

  #createDynamicSettings(): DynamicSettings {
    return new DynamicSettings({
      statics: this.#config,
      effective: () => this.#topicConfigs.broker,
      settings: settingsTable({
        sockets: () => this.#sockets,
        logManager: this.#logManager,
        producerSettings: this.#producerSettings,
        groups: this.#coordinators.groups,
      }),
      logger: this.#ports.logger,
    });
  }

  #watched<Result>(publishers: readonly WatchedPublisher<Result>[]): WatchedPublisher<Result>[] {
    return publishers.map((publisher) => ({
      name: publisher.name,
      publish: (...news) => this.#loopWatch.run(`metadata: ${publisher.name}`, () => publisher.publish(...news)),
    }));
  }

  /** A quorum of one elects itself at once; what takes time is the fsync of its first record. */
  async #untilActive(quorum: MetadataQuorum): Promise<void> {
    const failure = this.failed.then((error) => {
      throw error;
    });
    const active = (async () => {
      while (!quorum.controller.isActive) await nextTurn(this.#ports.timers);
    })();
    await Promise.race([active, failure]);
  }

  #advertised(hostName: string) {
    return advertisedEndpoints(this.#config.advertisedListeners, this.#bound, hostName);
  }

  #createAssignments({ controller }: MetadataQuorum): DirectoryAssignments {
    const { timers, logger } = this.#ports;
    return new DirectoryAssignments({
      nodeId: this.#config.nodeId,
      controller,
      brokerEpoch: () => this.#lifecycle?.epoch ?? -1,
      image: () => this.#cache.image,
      timers,
      logger: logger.child("directories"),
    });
  }

  #createLifecycle({ controller }: MetadataQuorum, hostName: string): BrokerLifecycle {
    const config = this.#config;
    return new BrokerLifecycle({
      nodeId: config.nodeId,
      clusterId: this.clusterId,
      incarnationId: this.#incarnationId,
      rack: config.get("broker.rack"),
      endpoints: this.#advertised(hostName),
      logDirIds: this.#logManager.onlineDirectoryIds(),
      previousBrokerEpoch: this.#logManager.previousBrokerEpoch,
      heartbeatIntervalMs: config.get("broker.heartbeat.interval.ms"),
      registrationTimeoutMs: config.get("initial.broker.registration.timeout.ms"),
      controller,
      metadataOffset: () => this.#cache.image.provenance.lastContainedOffset,
      offlineDirIds: () => this.#idsOf(config.logDirs.filter((path) => !this.#logManager.isOnline(path))),
      cordonedDirIds: () => this.#idsOf(this.#logDirSettings.cordoned),
      directoryFailureTimeoutMs: config.get("log.dir.failure.timeout.ms"),
      onFatal: (error) => this.#onFailed(error),
      timers: this.#ports.timers,
      logger: this.#ports.logger.child("lifecycle"),
    });
  }

  #idsOf(directories: readonly string[]): Uuid[] {
    return directories.map((directory) => this.#directoryIds.get(directory)).filter((id) => id !== undefined);
  }

  #handlerDeps(quorum: MetadataQuorum) {
    return {
      config: this.#config,
      ports: this.#ports,
      clusterId: this.clusterId,
      cache: this.#cache,
      topicConfigs: this.#topicConfigs,
      logManager: this.#logManager,
      logDirSettings: this.#logDirSettings,
      replicas: this.#replicas,
      ...this.#coordinators,
      producerIds: this.#producerIds,
      controller: quorum.controller,
      raft: quorum.raft,
      brokerEpoch: () => this.#lifecycle?.epoch ?? -1,
      untilFollowed: () => this.#untilFollowed(),
    };
  }

  /** Resolves when the replicas follow the metadata, or will not soon. */
  async #untilFollowed(): Promise<void> {
    let patience: TimerHandle | undefined;
    const lost = new Promise<void>((resolve) => {
      patience = this.#ports.timers.after(followedMsMax, resolve);
    });
    await Promise.race([this.#followers.settled(), lost]);
    patience?.cancel();
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
