import { transactionStateTopic } from "../base/topic-name.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { CoordinatorRuntime } from "../coordinator/runtime/coordinator-runtime.ts";
import { transactionCoordinatorConfigFrom } from "../coordinator/transaction/transaction-config.ts";
import { TransactionCoordinator } from "../coordinator/transaction/transaction-coordinator.ts";
import { type TransactionMarkers } from "../coordinator/transaction/transaction-markers.ts";
import { type Ports } from "../io/ports.ts";
import { transactionVersionFeature } from "../metadata/features/feature-names.ts";
import { type CoordinatorLog } from "./coordinator-log.ts";
import { type MetadataCache } from "./metadata-cache.ts";
import { type ProducerIdManager } from "./producer-id-manager.ts";

export interface TransactionParts {
  readonly config: BrokerConfig;
  readonly ports: Ports;
  readonly cache: MetadataCache;
  readonly log: CoordinatorLog;
  readonly markers: TransactionMarkers;
  readonly producerIds: ProducerIdManager;
}

/** The transactions of a node, with what they need of its other parts. */
export function createTransactions(parts: TransactionParts): TransactionCoordinator {
  const { config, cache, log, markers, producerIds } = parts;
  const { clock, timers, compute } = parts.ports;
  const logger = parts.ports.logger.child("transaction");
  const createdWith = config.get("transaction.state.log.num.partitions");
  return new TransactionCoordinator({
    config: transactionCoordinatorConfigFrom(config),
    createRuntime: (shard) =>
      new CoordinatorRuntime(transactionStateTopic, {
        shard,
        writer: log,
        loader: log,
        clock,
        timers,
        compute,
        compression: "none",
        baseSequence: -1,
        writeTimeoutMs: config.get("request.timeout.ms"),
        logger,
      }),
    markers,
    takeProducerId: () => producerIds.take(),
    partitionExists: ({ topic, partition }) => cache.partition(topic, partition) !== undefined,
    partitionCount: () => cache.topic(transactionStateTopic)?.partitions.length ?? createdWith,
    transactionVersion: () => cache.image.features.finalizedLevels.get(transactionVersionFeature) ?? 0,
    clock,
    timers,
    logger,
  });
}
