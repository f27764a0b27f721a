import { type LogConfig } from "../../log/log-config.ts";
import { type Log } from "../../log/log.ts";
import { type LogManager } from "../../log/directory/log-manager.ts";
import { type AssignedReplicas } from "../../log/directory/log-reconciliation.ts";
import { localReplicaChanges } from "../../metadata/delta/local-replica-changes.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { configResourceTypes } from "../../metadata/image/configs-image.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type TopicsImage } from "../../metadata/image/topics-image.ts";
import { type LocalPublisher } from "./publisher-chain.ts";
import { type ReplicaManager } from "../../replication/replica-manager.ts";

export interface ReplicaPublisherDeps {
  readonly nodeId: number;
  readonly replicas: ReplicaManager;
  readonly logManager: LogManager;
  readonly logConfigOf: (topic: string) => LogConfig;
  /** The logs on disk and the metadata do not go together. */
  readonly onFatal: (error: unknown) => void;
}

/** Brings this broker's replicas, and the configurations of their logs, in line with the metadata. */
export class ReplicaPublisher implements LocalPublisher {
  readonly name = "replicas";
  readonly #deps: ReplicaPublisherDeps;
  /** Of the last publication. */
  #topics: TopicsImage | undefined;

  constructor(deps: ReplicaPublisherDeps) {
    this.#deps = deps;
  }

  publish(delta: MetadataDelta, image: MetadataImage): Promise<void> | void {
    const { nodeId, replicas } = this.#deps;
    const logConfigOf = this.#logConfigs();
    if (this.#topics === undefined) this.#reconcile(image);
    this.#topics = image.topics;
    const updateConfigs = () => this.#updateConfigs(delta, image, logConfigOf);
    let applied: Promise<void> | undefined;
    try {
      if (delta.topics !== undefined) {
        applied = replicas.applyAside(localReplicaChanges(delta.topics, nodeId), logConfigOf);
      }
    } catch (error) {
      // The configurations follow all the same, and the next publication waits for them.
      applied = Promise.reject(error);
    }
    return applied === undefined ? updateConfigs() : applied.finally(updateConfigs);
  }

  /**
   * The node stops, and `publish` was not called any more with what the metadata says now: of replicas that it has no more the
   * logs go, as in Kafka, where they have gone by then. The next start would take them for strays, which nobody removes.
   */
  async conclude({ topics }: MetadataImage): Promise<void> {
    if (topics === this.#topics) return;
    const { logManager, nodeId } = this.#deps;
    const before = this.#topics === undefined ? undefined : assignedReplicas(this.#topics, nodeId);
    const now = assignedReplicas(topics, nodeId);
    const isGone = ({ topic, partition, topicId }: Log): boolean =>
      before?.isAssigned(topic, partition, topicId) === true && !now.isAssigned(topic, partition, topicId);
    await logManager.deleteAside([...logManager.allLogs()].filter(isGone));
  }

  /** Those of the topics of one publication: the partitions of a topic share one. */
  #logConfigs(): (topic: string) => LogConfig {
    const known = new Map<string, LogConfig>();
    return (topic) => {
      let config = known.get(topic);
      if (config === undefined) known.set(topic, (config = this.#deps.logConfigOf(topic)));
      return config;
    };
  }

  #updateConfigs(
    delta: MetadataDelta,
    image: MetadataImage,
    logConfigOf: (topic: string) => LogConfig,
  ): Promise<void> | undefined | void {
    const { replicas, logManager } = this.#deps;
    if (delta.configs === undefined) return undefined;
    const changed = [...delta.configs.changedResources.values()];
    // A broker's configuration is the default of every topic's.
    const isForAll = changed.some(({ type }) => type === configResourceTypes.broker);
    const topics = isForAll
      ? [...new Set([...logManager.logs()].map(({ topic }) => topic))]
      : changed.filter(({ type }) => type === configResourceTypes.topic).map(({ name }) => name);
    return replicas.updateConfigs(
      topics.filter((topic) => image.topics.byName.has(topic)),
      logConfigOf,
    );
  }

  /** Once all metadata from before the start is known: topics may have been deleted while this broker was down. */
  #reconcile({ topics }: MetadataImage): void {
    const { logManager, nodeId, onFatal } = this.#deps;
    try {
      logManager.reconcile(assignedReplicas(topics, nodeId));
    } catch (error) {
      onFatal(error);
    }
  }
}

function assignedReplicas({ byName }: TopicsImage, nodeId: number): AssignedReplicas {
  return {
    isAssigned(topic, partition, topicId) {
      const known = byName.get(topic);
      if (known === undefined || (topicId !== undefined && topicId !== known.id)) return false;
      return known.partitions[partition]?.replicas.includes(nodeId) ?? false;
    },
    directoryOf(topic, partition) {
      const registration = byName.get(topic)?.partitions[partition];
      return registration?.directories[registration.replicas.indexOf(nodeId)];
    },
  };
}
