import { type BrokerConfig } from "../config/broker-config.ts";
import { type GroupCoordinator } from "../coordinator/group/group-coordinator.ts";
import { type TransactionCoordinator } from "../coordinator/transaction/transaction-coordinator.ts";
import { type Ports, type Timers } from "../io/ports.ts";
import { BatchOpener } from "../log/validation/batch-opener.ts";
import { type WriteQueue } from "../log/write-queue.ts";
import { type ProducerSettings } from "../log/producers/producer-state.ts";
import { type ReplicaManager } from "../replication/replica-manager.ts";
import { TransactionVerification } from "../replication/transaction-verification.ts";
import { CoordinatorLog } from "./coordinator-log.ts";
import { createGroups } from "./create-groups.ts";
import { createTransactions } from "./create-transactions.ts";
import { LocalTransactionMarkers } from "./local-transaction-markers.ts";
import { type MetadataCache } from "./metadata-cache.ts";
import { type ProducerIdManager } from "./producer-id-manager.ts";
import { type TopicConfigs } from "./topic-configs.ts";

export interface CoordinatorParts {
  readonly config: BrokerConfig;
  readonly ports: Ports;
  readonly cache: MetadataCache;
  readonly topicConfigs: TopicConfigs;
  readonly replicas: ReplicaManager;
  readonly writeQueue: Pick<WriteQueue, "beforeWriting">;
  readonly producerSettings: ProducerSettings;
  readonly producerIds: ProducerIdManager;
}

export interface Coordinators {
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly verification: TransactionVerification;
  readonly markers: LocalTransactionMarkers;
}

/**
 * The coordinators of a node, and what binds them to its replicas and to each other: appends ask the transactions, the
 * transactions write markers, and those of `__consumer_offsets` go to the groups.
 * @throws StartupError
 */
export function createCoordinators(parts: CoordinatorParts): Coordinators {
  const { config, cache, topicConfigs, replicas, producerSettings, producerIds, writeQueue } = parts;
  const { clock } = parts.ports;
  const timers: Timers = {
    after: (delayMs, callback) => parts.ports.timers.after(delayMs, callback),
    // What their turns have gathered is in the log when that is written: answers wait for one turn, not for two.
    endOfTurn: (callback) => writeQueue.beforeWriting(callback),
  };
  const ports: Ports = { ...parts.ports, timers };
  const minInSyncReplicasOf = (topic: string): number => topicConfigs.of(topic).get("min.insync.replicas");
  const verification = new TransactionVerification({
    // It is there before anyone asks.
    verifier: { addOrVerify: (request) => transactions.addOrVerify(request) },
    clock,
    timers,
    isEnabled: () => producerSettings.verifiesTransactions,
    retryBackoffMs: config.get("add.partitions.to.txn.retry.backoff.ms"),
    retryMsMax: Math.min(config.get("add.partitions.to.txn.retry.backoff.max.ms"), config.get("request.timeout.ms")),
  });
  const opener = new BatchOpener(ports.compute, ports.workers);
  const logs = { replicas, clock, timers, verification, opener };
  const offsetsLog = new CoordinatorLog({ ...logs, loadBufferSizeBytes: config.get("offsets.load.buffer.size") });
  const groups = createGroups({ config, ports, cache, log: offsetsLog });
  const markers = new LocalTransactionMarkers({
    replicas,
    clock,
    minInSyncReplicasOf,
    timeoutMs: config.get("request.timeout.ms"),
    completeOffsets: (completed) => groups.completeTransaction(completed),
  });
  const stateLog = new CoordinatorLog({
    ...logs,
    loadBufferSizeBytes: config.get("transaction.state.log.load.buffer.size"),
    minInSyncReplicasOf,
  });
  const transactions = createTransactions({ config, ports, cache, log: stateLog, markers, producerIds });
  return { groups, transactions, verification, markers };
}
