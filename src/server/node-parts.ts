import { type Uuid } from "../base/brand.ts";
import { randomUuid } from "../base/uuid.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type ProducerIdBlock } from "../controller/controller.ts";
import { type Ports } from "../io/ports.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import { type ProducerSettings } from "../log/producers/producer-state.ts";
import { WriteQueue } from "../log/write-queue.ts";
import { openLogDirs } from "../metadata/storage/log-dirs.ts";
import { ReplicaManager } from "../replication/replica-manager.ts";
import { type AssignDirectory } from "../replication/replica-moves.ts";
import { type Coordinators, createCoordinators } from "./coordinators.ts";
import { Followers } from "./followers.ts";
import { LogDirSettings } from "./log-dir-settings.ts";
import { LoopWatch } from "./loop-watch.ts";
import { MetadataCache } from "./metadata-cache.ts";
import { openFilesMaxOf, openLogs } from "./open-logs.ts";
import { ProducerIdManager } from "./producer-id-manager.ts";
import { type SocketServer } from "./socket-server.ts";
import { StartupError } from "./startup-error.ts";
import { TopicConfigs } from "./topic-configs.ts";

/** What a node is made of before it runs: all that needs neither the metadata quorum nor the network. */
export interface NodeParts {
  readonly config: BrokerConfig;
  readonly ports: Ports;
  readonly clusterId: string;
  readonly directoryIds: ReadonlyMap<string, Uuid>;
  readonly incarnationId: Uuid;
  readonly loopWatch: LoopWatch;
  readonly writeQueue: WriteQueue;
  readonly cache: MetadataCache;
  readonly topicConfigs: TopicConfigs;
  readonly logDirSettings: LogDirSettings;
  readonly producerSettings: ProducerSettings;
  readonly logManager: LogManager;
  readonly replicas: ReplicaManager;
  readonly producerIds: ProducerIdManager;
  readonly coordinators: Coordinators;
  readonly followers: Followers;
}

/** What they ask of the node as it runs. */
export interface NodeHooks {
  /** A log directory failed, and its logs are offline; `isLast` when no directory is left. */
  readonly onDirectoryFailed: (directory: string, isLast: boolean) => void;
  /** The logs on disk and the metadata do not go together. */
  readonly onFatal: (error: unknown) => void;
  readonly assignDirectory: AssignDirectory;
  readonly allocateProducerIds: () => Promise<ProducerIdBlock>;
  /** Undefined until the listeners are bound. */
  readonly sockets: () => SocketServer | undefined;
}

/**
 * Opens the directories, and puts together what works on them; nothing runs yet.
 * @throws StartupError, and nothing is left open
 */
export function openNodeParts(config: BrokerConfig, ports: Ports, hooks: NodeHooks): NodeParts {
  const { clock, disk, random, timers, loopDelay, logger } = ports;
  const opened = openLogDirs(config, { disk, random, nowMs: clock.wallMs() });
  if (!opened.ok) throw new StartupError(opened.error);
  const { clusterId, directoryIds, failed } = opened.dirs;
  for (const [directory, error] of failed) {
    logger.error({ error, directory }, "The log directory cannot be read: it is offline");
  }
  const loopWatch = new LoopWatch({ clock, timers, loopDelay, logger });
  const writeTimers = loopWatch.watched("writing to the logs");
  const writeQueue = new WriteQueue({ timers: writeTimers, clock, openFilesMax: openFilesMaxOf(disk) });
  const cache = new MetadataCache();
  const topicConfigs = new TopicConfigs(cache, config, logger);
  const logDirSettings = new LogDirSettings(config, cache, topicConfigs);
  const isCordoned = (path: string): boolean => logDirSettings.cordoned.includes(path);
  const producerSettings = { verifiesTransactions: config.get("transaction.partition.verification.enable") };
  const logManager = openLogs({
    config,
    ports,
    directoryIds,
    failedDirectories: [...failed.keys()],
    isCordoned,
    timers: loopWatch.watched("work on the logs that recurs"),
    writeQueue,
    producerSettings,
    onDirectoryFailed: hooks.onDirectoryFailed,
  });
  try {
    const replicas = new ReplicaManager({
      brokerId: config.nodeId,
      logManager,
      clock,
      timers,
      logger: logger.child("replication"),
      assignDirectory: hooks.assignDirectory,
      moveBytesPerSecond: () => logDirSettings.moveBytesPerSecond,
      isCordoned,
    });
    const producerIds = new ProducerIdManager(hooks.allocateProducerIds);
    const common = {
      config,
      ports,
      cache,
      topicConfigs,
      logManager,
      replicas,
      writeQueue,
      producerSettings,
      producerIds,
    };
    const coordinators = createCoordinators(common);
    const incarnationId = randomUuid(random);
    const followers = new Followers({ ...common, ...hooks, incarnationId, coordinators, loopWatch });
    return { ...common, clusterId, directoryIds, incarnationId, loopWatch, logDirSettings, coordinators, followers };
  } catch (error) {
    // Whoever called has no node to close, and the directories are locked.
    logManager.close(-1);
    throw error;
  }
}
