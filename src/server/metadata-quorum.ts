import { type Uuid } from "../base/brand.ts";
import { randomUuid, zeroUuid } from "../base/uuid.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { QuorumController } from "../controller/quorum-controller.ts";
import { type Ports } from "../io/ports.ts";
import { type WriteQueue } from "../log/write-queue.ts";
import { MetadataLoader } from "../metadata/loader.ts";
import { type Publisher } from "../metadata/publisher.ts";
import { SnapshotGenerator } from "../metadata/snapshot-generator.ts";
import { readBootstrap } from "../metadata/storage/bootstrap.ts";
import { formatCommandFor } from "../metadata/storage/log-dirs.ts";
import { RaftDriver } from "../raft/driver.ts";
import { QuorumStateStore } from "../raft/quorum-state-store.ts";
import { SnapshotStore } from "../raft/snapshot-store.ts";
import { type RaftState } from "../raft/state.ts";
import { isOnlyVoter, type Voter, type VoterEndpoint } from "../raft/voter-set.ts";
import { metadataLogDirectory, openMetadataLog } from "./metadata-log.ts";
import { ControllerRegistrationPublisher } from "./publishers/controller-registration.ts";
import { publisherFault } from "./publishers/publisher-fault.ts";
import { securityProtocolIds } from "./security-protocol-ids.ts";
import { StartupError } from "./startup-error.ts";

export interface MetadataQuorumOptions {
  readonly config: BrokerConfig;
  readonly ports: Pick<Ports, "clock" | "disk" | "random" | "timers" | "logger">;
  readonly writeQueue: WriteQueue;
  readonly clusterId: string;
  /** The id of the directory that holds the metadata log, from its meta.properties. */
  readonly directoryId: Uuid;
  /** Where the controller listens, with the ports that were bound. */
  readonly controllerEndpoints: readonly VoterEndpoint[];
  /** Of the broker in this process; undefined without the broker role. */
  readonly localIncarnationId: Uuid | undefined;
  readonly hadCleanShutdown: boolean;
  /** In the order in which they are to be told; snapshots and replies come after them. */
  readonly publishers: readonly Publisher[];
  /** The metadata log cannot be written or read: the node must stop. */
  readonly onFatal: (error: unknown) => void;
}

export interface MetadataQuorum {
  readonly raft: RaftDriver;
  readonly loader: MetadataLoader;
  readonly controller: QuorumController;
  /**
   * Lets the election begin: publishers are told of all committed metadata soon after.
   * @throws StartupError when this node is not the quorum's only voter
   */
  start(): void;
  close(): Promise<void>;
}

/** Puts the metadata side of a node together: log, raft, loader, snapshots, controller. Reads the log; nothing runs yet. */
export function openMetadataQuorum(options: MetadataQuorumOptions): MetadataQuorum {
  const { config, ports, onFatal } = options;
  const { clock, disk, timers, random } = ports;
  const logger = ports.logger.child("raft");
  const dir = metadataLogDirectory(config);
  const log = openMetadataLog({ ...options, onDiskError: onFatal });
  const raft = new RaftDriver({
    local: localVoter(options),
    staticVoters: config.quorumVoters.map((voter) => staticVoter(config, voter)),
    log,
    snapshots: new SnapshotStore(dir, disk),
    elections: new QuorumStateStore(dir, disk),
    retention: { bytesMax: config.get("metadata.max.retention.bytes"), msMax: config.get("metadata.max.retention.ms") },
    clock,
    timers,
    logger,
    onFatal,
  });
  const metadataLogger = ports.logger.child("metadata");
  const loader = new MetadataLoader(publisherFault(metadataLogger));
  const snapshots = new SnapshotGenerator({
    bytesBetweenMax: config.get("metadata.log.max.record.bytes.between.snapshots"),
    intervalMsMax: config.get("metadata.log.max.snapshot.interval.ms"),
    sink: raft,
    clock,
    timers,
    logger: metadataLogger,
  });
  const controller = new QuorumController({
    nodeId: config.nodeId,
    clusterId: options.clusterId,
    config,
    localIncarnationId: options.localIncarnationId,
    bootstrap: readBootstrap(config.metadataLogDir, disk),
    log: raft,
    metadata: loader,
    clock,
    timers,
    random,
    logger: ports.logger.child("controller"),
  });
  const registration = new ControllerRegistrationPublisher({
    nodeId: config.nodeId,
    incarnationId: randomUuid(random),
    endpoints: options.controllerEndpoints.map((endpoint) => ({
      ...endpoint,
      securityProtocol: securityProtocolIds[config.protocols.get(endpoint.name) ?? "PLAINTEXT"],
    })),
    controller,
  });
  for (const publisher of [...options.publishers, snapshots, controller, registration]) loader.addPublisher(publisher);
  raft.addListener(loader);
  return {
    raft,
    loader,
    controller,
    start() {
      refuseForeignQuorum(raft.state, config);
      raft.start();
    },
    async close() {
      controller.close();
      await snapshots.close();
      await raft.close();
    },
  };
}

/**
 * Kafka waits, for ever if need be, until a controller that leads adds this one or is found. Here there is no other one.
 * @throws StartupError
 */
function refuseForeignQuorum({ voters, local }: RaftState, config: BrokerConfig): void {
  if (isOnlyVoter(voters, local)) return;
  const remedy = `This version runs one node, which is its quorum's only voter: format an empty directory with ${formatCommandFor(config)}.`;
  if (voters.length === 0) {
    throw new StartupError(
      `The metadata quorum has no voters, so that no controller can ever be elected: the directory was formatted with --no-initial-controllers, or controller.quorum.voters is missing. ${remedy}`,
    );
  }
  const names = voters.map(({ id, directoryId }) =>
    directoryId === zeroUuid ? `${id}` : `${id} (directory id ${directoryId})`,
  );
  throw new StartupError(
    `The voters of the metadata quorum are ${names.join(", ")}, and this is node ${local.id} (directory id ${local.directoryId}). ${remedy}`,
  );
}

const kraftVersions = { minKRaftVersion: 0, maxKRaftVersion: 1 } as const;

function localVoter({ config, directoryId, controllerEndpoints }: MetadataQuorumOptions): Voter {
  return { id: config.nodeId, directoryId, endpoints: controllerEndpoints, ...kraftVersions };
}

/** A static voter is known by its id alone, and listens on the first controller listener. */
function staticVoter(config: BrokerConfig, voter: { id: number; host: string; port: number }): Voter {
  const name = config.controllerListenerNames[0] ?? "";
  const endpoints = [{ name, host: voter.host, port: voter.port }];
  return { id: voter.id, directoryId: zeroUuid, endpoints, ...kraftVersions };
}
