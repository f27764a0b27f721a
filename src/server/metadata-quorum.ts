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
import { RaftDriver } from "../raft/driver.ts";
import { QuorumStateStore } from "../raft/quorum-state-store.ts";
import { SnapshotStore } from "../raft/snapshot-store.ts";
import { type Voter, type VoterEndpoint } from "../raft/voter-set.ts";
import { metadataLogDirectory, openMetadataLog } from "./metadata-log.ts";
import { ControllerRegistrationPublisher } from "./publishers/controller-registration.ts";
import { publisherFault } from "./publishers/publisher-fault.ts";
import { securityProtocolIds } from "./security-protocol-ids.ts";

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
  /** Lets the election begin: publishers are told of all committed metadata soon after. */
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
    start: () => raft.start(),
    async close() {
      controller.close();
      await snapshots.close();
      await raft.close();
    },
  };
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
