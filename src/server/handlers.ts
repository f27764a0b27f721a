import { consumerOffsetsTopic, transactionStateTopic } from "../base/topic-name.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type QuorumController } from "../controller/quorum-controller.ts";
import { type GroupCoordinator } from "../coordinator/group/group-coordinator.ts";
import { type TransactionCoordinator } from "../coordinator/transaction/transaction-coordinator.ts";
import { type Ports } from "../io/ports.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import {
  groupVersionFeature,
  kraftVersionFeature,
  metadataVersionFeature,
} from "../metadata/features/feature-names.ts";
import { supportedFeatures } from "../metadata/features/feature-table.ts";
import { type RaftDriver } from "../raft/driver.ts";
import { FetchSessionCache } from "../replication/fetch-session.ts";
import { type ReplicaManager } from "../replication/replica-manager.ts";
import { type TransactionVerification } from "../replication/transaction-verification.ts";
import { AutoTopicCreation } from "./auto-topic-creation.ts";
import { type BrokerLoggers, rootLogger } from "./broker-loggers.ts";
import { type AnyHandler } from "./handler.ts";
import { type HandlerTable } from "./handler-table.ts";
import { addOffsetsToTxnHandler } from "./handlers/add-offsets-to-txn.ts";
import { addPartitionsToTxnHandler } from "./handlers/add-partitions-to-txn.ts";
import { assignReplicasToDirsHandler } from "./handlers/assign-replicas-to-dirs.ts";
import { alterConfigsHandler } from "./handlers/alter-configs.ts";
import { apiVersionsHandler } from "./handlers/api-versions.ts";
import { consumerGroupDescribeHandler } from "./handlers/consumer-group-describe.ts";
import { consumerGroupHeartbeatHandler } from "./handlers/consumer-group-heartbeat.ts";
import { createPartitionsHandler } from "./handlers/create-partitions.ts";
import { createTopicsHandler } from "./handlers/create-topics.ts";
import { deleteGroupsHandler } from "./handlers/delete-groups.ts";
import { deleteRecordsHandler } from "./handlers/delete-records.ts";
import { deleteTopicsHandler } from "./handlers/delete-topics.ts";
import { describeClusterHandler } from "./handlers/describe-cluster.ts";
import { describeConfigsHandler } from "./handlers/describe-configs.ts";
import { describeGroupsHandler } from "./handlers/describe-groups.ts";
import { alterReplicaLogDirsHandler } from "./handlers/alter-replica-log-dirs.ts";
import { describeLogDirsHandler } from "./handlers/describe-log-dirs.ts";
import { describeProducersHandler } from "./handlers/describe-producers.ts";
import { describeQuorumHandler } from "./handlers/describe-quorum.ts";
import { describeTopicPartitionsHandler } from "./handlers/describe-topic-partitions.ts";
import { describeTransactionsHandler } from "./handlers/describe-transactions.ts";
import { endTxnHandler } from "./handlers/end-txn.ts";
import { fetchHandler } from "./handlers/fetch.ts";
import { findCoordinatorHandler, type LocalCoordinator } from "./handlers/find-coordinator.ts";
import { heartbeatHandler } from "./handlers/heartbeat.ts";
import { incrementalAlterConfigsHandler } from "./handlers/incremental-alter-configs.ts";
import { initProducerIdHandler } from "./handlers/init-producer-id.ts";
import { joinGroupHandler } from "./handlers/join-group.ts";
import { leaveGroupHandler } from "./handlers/leave-group.ts";
import { listConfigResourcesHandler } from "./handlers/list-config-resources.ts";
import { listGroupsHandler } from "./handlers/list-groups.ts";
import { listOffsetsHandler } from "./handlers/list-offsets.ts";
import { listTransactionsHandler } from "./handlers/list-transactions.ts";
import { metadataHandler } from "./handlers/metadata.ts";
import { offsetCommitHandler } from "./handlers/offset-commit.ts";
import { offsetDeleteHandler } from "./handlers/offset-delete.ts";
import { offsetFetchHandler } from "./handlers/offset-fetch.ts";
import { offsetForLeaderEpochHandler } from "./handlers/offset-for-leader-epoch.ts";
import {
  alterPartitionReassignmentsHandler,
  listPartitionReassignmentsHandler,
} from "./handlers/partition-reassignments.ts";
import { produceHandler } from "./handlers/produce.ts";
import { syncGroupHandler } from "./handlers/sync-group.ts";
import { txnOffsetCommitHandler } from "./handlers/txn-offset-commit.ts";
import { updateFeaturesHandler } from "./handlers/update-features.ts";
import { type LocalTransactionMarkers } from "./local-transaction-markers.ts";
import { writeTxnMarkersHandler } from "./handlers/write-txn-markers.ts";
import { compilePattern } from "./id-pattern.ts";
import { type MetadataCache } from "./metadata-cache.ts";
import { PartitionLookup } from "./partition-lookup.ts";
import { type ProducerIdManager } from "./producer-id-manager.ts";
import { type LogDirSettings } from "./log-dir-settings.ts";
import { type TopicConfigs } from "./topic-configs.ts";

/** The parts of a node that its handlers are made of. */
export interface HandlerDeps {
  readonly config: BrokerConfig;
  readonly ports: Ports;
  readonly clusterId: string;
  readonly cache: MetadataCache;
  readonly topicConfigs: TopicConfigs;
  readonly logManager: LogManager;
  readonly logDirSettings: LogDirSettings;
  readonly replicas: ReplicaManager;
  readonly groups: GroupCoordinator;
  readonly verification: TransactionVerification;
  readonly markers: LocalTransactionMarkers;
  readonly transactions: TransactionCoordinator;
  readonly producerIds: ProducerIdManager;
  readonly controller: QuorumController;
  readonly raft: RaftDriver;
  readonly brokerEpoch: () => number;
  /** Resolves when the replicas here are what the metadata says, or will not be soon. */
  readonly untilFollowed: () => Promise<void>;
}

/** Every API that this node serves. What is not here is not advertised. */
export function createHandlers(deps: HandlerDeps, table: () => HandlerTable): AnyHandler[] {
  const { config, ports, clusterId, cache, topicConfigs, logManager, replicas, groups, controller, raft } = deps;
  const { logDirSettings, transactions, producerIds, untilFollowed } = deps;
  const { clock, compute, disk, random, timers, logger } = ports;
  const draw = () => random.float();
  const lookup = new PartitionLookup(cache, replicas);
  const autoTopicCreation = new AutoTopicCreation(controller, config, logger.child("topics"));
  const autoCreateTopics = config.get("auto.create.topics.enable");
  const alterable = { cache, config, controller, loggers: fixedLoggers };
  return [
    apiVersionsHandler({
      table,
      supportedFeatures: supportedFeatures.map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
        name,
        minVersion: minSupportedVersion,
        maxVersion: maxSupportedVersion,
      })),
      finalizedFeatures: () => finalizedFeaturesOf(cache, raft),
    }),
    metadataHandler({ cache, clusterId, autoCreateTopics, autoTopicCreation, timers, draw }),
    describeTopicPartitionsHandler({ cache, partitionsMax: config.get("max.request.partition.size.limit") }),
    describeClusterHandler({ cache, clusterId, activeController: () => controller.leader.leaderId, draw }),
    describeQuorumHandler({ raft, wallMs: () => clock.wallMs() }),

    produceHandler({
      cache,
      lookup,
      replicas,
      clock,
      compute,
      workers: ports.workers,
      verification: deps.verification,
      minInSyncReplicasOf: (topic) => topicConfigs.of(topic).get("min.insync.replicas"),
    }),
    fetchHandler({
      cache,
      lookup,
      replicas,
      sessions: new FetchSessionCache(config.get("max.incremental.fetch.session.cache.slots")),
      clock,
      draw,
      maxBytes: config.get("fetch.max.bytes"),
    }),
    listOffsetsHandler({ lookup, compute, timers }),
    offsetForLeaderEpochHandler({ lookup }),
    writeTxnMarkersHandler({ markers: deps.markers }),
    describeProducersHandler({ cache, lookup }),
    deleteRecordsHandler({ lookup, deadlines: replicas.deadlines }),

    createTopicsHandler({ controller, untilFollowed }),
    deleteTopicsHandler({ controller, untilFollowed, isEnabled: config.get("delete.topic.enable") }),
    createPartitionsHandler({ controller, untilFollowed }),
    alterPartitionReassignmentsHandler(controller),
    listPartitionReassignmentsHandler(controller),
    describeConfigsHandler({ cache, config, loggers: fixedLoggers, timers }),
    alterConfigsHandler(alterable),
    incrementalAlterConfigsHandler(alterable),
    listConfigResourcesHandler(cache),
    updateFeaturesHandler(controller),
    assignReplicasToDirsHandler(controller),
    describeLogDirsHandler({
      replicas,
      logManager,
      disk,
      timers,
      isCordoned: (path) => logDirSettings.cordoned.includes(path),
    }),
    alterReplicaLogDirsHandler({ replicas, cache, timers }),

    findCoordinatorHandler({
      cache,
      topicCreation: autoTopicCreation,
      nodeId: config.nodeId,
      coordinators: new Map<string, LocalCoordinator>([
        [consumerOffsetsTopic, groups],
        [transactionStateTopic, transactions],
      ]),
    }),
    consumerGroupHeartbeatHandler({ groups, random, isEnabled: () => isGroupProtocolEnabled(cache, config) }),
    consumerGroupDescribeHandler({ groups, isEnabled: () => isGroupProtocolEnabled(cache, config) }),
    joinGroupHandler({ groups, random }),
    syncGroupHandler({ groups }),
    heartbeatHandler({ groups }),
    leaveGroupHandler({ groups }),
    offsetCommitHandler({ groups, cache }),
    offsetFetchHandler({ groups, cache }),
    txnOffsetCommitHandler({ groups, cache }),
    listGroupsHandler({ groups }),
    describeGroupsHandler({ groups }),
    deleteGroupsHandler({ groups }),
    offsetDeleteHandler({ groups, cache }),

    initProducerIdHandler({ producerIds, transactions }),
    addPartitionsToTxnHandler({ transactions, cache }),
    addOffsetsToTxnHandler({ transactions, groups }),
    endTxnHandler({ transactions }),
    describeTransactionsHandler({ transactions }),
    listTransactionsHandler({ transactions, compilePattern }),
  ];
}

/** Log levels are set at start (`ODRADEK_LOG`), not while the node runs. */
const fixedLoggers: BrokerLoggers = { levels: () => new Map([[rootLogger, "INFO"]]) };

function isGroupProtocolEnabled({ image }: MetadataCache, config: BrokerConfig): boolean {
  if (!config.get("group.coordinator.rebalance.protocols").includes("consumer")) return false;
  return (image.features.finalizedLevels.get(groupVersionFeature) ?? 0) >= 1;
}

function finalizedFeaturesOf({ image }: MetadataCache, raft: RaftDriver) {
  const levels = new Map(image.features.finalizedLevels);
  if (image.features.metadataVersion !== undefined) levels.set(metadataVersionFeature, image.features.metadataVersion);
  // Kept by the quorum itself, not in the metadata.
  const { kraftVersion } = raft.state;
  if (kraftVersion > 0) levels.set(kraftVersionFeature, kraftVersion);
  return { epoch: image.provenance.lastContainedOffset, levels };
}
