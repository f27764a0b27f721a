import { type Uuid } from "../base/brand.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type Ports, type TimerHandle, type Timers } from "../io/ports.ts";
import { type LogManager } from "../log/directory/log-manager.ts";
import { logConfigFrom } from "../log/log-config.ts";
import { type ProducerSettings } from "../log/producers/producer-state.ts";
import { type MetadataImage } from "../metadata/image/metadata-image.ts";
import { type Publisher } from "../metadata/publisher.ts";
import { type ReplicaManager } from "../replication/replica-manager.ts";
import { type Coordinators } from "./coordinators.ts";
import { DynamicSettings } from "./dynamic-settings.ts";
import { type LoopWatch } from "./loop-watch.ts";
import { GroupCoordinatorPublisher } from "./publishers/group-coordinator-publisher.ts";
import { type LocalPublisher, PublisherChain } from "./publishers/publisher-chain.ts";
import { publisherFault } from "./publishers/publisher-fault.ts";
import { ReplicaPublisher } from "./publishers/replica-publisher.ts";
import { TransactionCoordinatorPublisher } from "./publishers/transaction-coordinator-publisher.ts";
import { watchedPublishers } from "./publishers/watched-publishers.ts";
import { settingsTable } from "./settings-table.ts";
import { type SocketServer } from "./socket-server.ts";
import { type TopicConfigs } from "./topic-configs.ts";

export interface FollowersParts {
  readonly config: BrokerConfig;
  /** Of this process, as it registers. */
  readonly incarnationId: Uuid;
  readonly ports: Pick<Ports, "timers" | "logger">;
  readonly topicConfigs: TopicConfigs;
  readonly logManager: LogManager;
  readonly replicas: ReplicaManager;
  readonly coordinators: Coordinators;
  readonly producerSettings: ProducerSettings;
  /** Undefined until the listeners are bound. */
  readonly sockets: () => Pick<SocketServer, "updateQuotas"> | undefined;
  readonly loopWatch: LoopWatch;
  /** The logs on disk and the metadata do not go together. */
  readonly onFatal: (error: unknown) => void;
}

/** How long who creates or deletes topics waits for the replicas, ms: Kafka answers before they are there. */
const followedMsMax = 1_000;

/** Those who act on the metadata here, and may take their time: replicas, coordinators, settings. */
export class Followers {
  readonly #timers: Timers;
  readonly #replicas: ReplicaPublisher;
  readonly #chain: PublisherChain;

  constructor(parts: FollowersParts) {
    const { config, ports, topicConfigs, logManager, replicas, loopWatch, onFatal } = parts;
    const { logger } = ports;
    const { nodeId } = config;
    const { groups, transactions } = parts.coordinators;
    this.#timers = ports.timers;
    const logConfigOf = (topic: string) => logConfigFrom(topicConfigs.of(topic));
    this.#replicas = new ReplicaPublisher({ nodeId, replicas, logManager, logConfigOf, onFatal });
    const isRegistered = ({ cluster }: MetadataImage): boolean =>
      cluster.brokers.get(nodeId)?.incarnationId === parts.incarnationId;
    const publishers: LocalPublisher[] = [
      this.#replicas,
      // The coordinators read partitions that the replicas have made.
      new GroupCoordinatorPublisher({ nodeId, groups, isRegistered, logger: logger.child("group") }),
      new TransactionCoordinatorPublisher({ nodeId, transactions, isRegistered, logger: logger.child("transaction") }),
      new DynamicSettings({
        statics: config,
        effective: () => topicConfigs.broker,
        settings: settingsTable({ ...parts, groups }),
        logger,
      }),
    ];
    this.#chain = new PublisherChain(
      watchedPublishers(loopWatch, publishers),
      publisherFault(logger.child("metadata")),
    );
  }

  /** What tells them. */
  get publisher(): Publisher {
    return this.#chain;
  }

  /** Resolves when they have done all that was published so far. */
  settled(): Promise<void> {
    return this.#chain.settled();
  }

  /** As `settled`, or when that takes too long for who waits. */
  async settledSoon(): Promise<void> {
    let patience: TimerHandle | undefined;
    const lost = new Promise<void>((resolve) => {
      patience = this.#timers.after(followedMsMax, resolve);
    });
    await Promise.race([this.settled(), lost]);
    patience?.cancel();
  }

  /** Nothing more is begun; resolves when what is under way has ended. */
  close(): Promise<void> {
    return this.#chain.close();
  }

  /** After `close`: does what the node must not leave to its next start. */
  conclude(image: MetadataImage): Promise<void> {
    return this.#replicas.conclude(image);
  }
}
