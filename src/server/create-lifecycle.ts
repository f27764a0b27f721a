import { type Uuid } from "../base/brand.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type Endpoint } from "../config/endpoint.ts";
import { type Controller } from "../controller/controller.ts";
import { type Ports } from "../io/ports.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import { BrokerLifecycle } from "./broker-lifecycle.ts";
import { type LogDirSettings } from "./log-dir-settings.ts";
import { type MetadataCache } from "./metadata-cache.ts";

export interface LifecycleParts {
  readonly config: BrokerConfig;
  readonly ports: Pick<Ports, "timers" | "logger">;
  readonly clusterId: string;
  readonly incarnationId: Uuid;
  /** What is advertised, with the ports that were bound. */
  readonly endpoints: readonly Endpoint[];
  readonly directoryIds: ReadonlyMap<string, Uuid>;
  readonly logManager: LogManager;
  readonly logDirSettings: LogDirSettings;
  readonly cache: MetadataCache;
  readonly controller: Controller;
  readonly onFatal: (error: unknown) => void;
}

/** The membership of a broker in its cluster, as it is configured and as its log directories are. */
export function createLifecycle(parts: LifecycleParts): BrokerLifecycle {
  const { config, ports, clusterId, incarnationId, endpoints, controller, onFatal } = parts;
  const { directoryIds, logManager, logDirSettings, cache } = parts;
  const idsOf = (directories: readonly string[]): Uuid[] =>
    directories.map((directory) => directoryIds.get(directory)).filter((id) => id !== undefined);
  return new BrokerLifecycle({
    nodeId: config.nodeId,
    clusterId,
    incarnationId,
    rack: config.get("broker.rack"),
    endpoints,
    logDirIds: logManager.onlineDirectoryIds(),
    previousBrokerEpoch: logManager.previousBrokerEpoch,
    heartbeatIntervalMs: config.get("broker.heartbeat.interval.ms"),
    registrationTimeoutMs: config.get("initial.broker.registration.timeout.ms"),
    controller,
    metadataOffset: () => cache.image.provenance.lastContainedOffset,
    offlineDirIds: () => idsOf(config.logDirs.filter((path) => !logManager.isOnline(path))),
    cordonedDirIds: () => idsOf(logDirSettings.cordoned),
    directoryFailureTimeoutMs: config.get("log.dir.failure.timeout.ms"),
    onFatal,
    timers: ports.timers,
    logger: ports.logger.child("lifecycle"),
  });
}
