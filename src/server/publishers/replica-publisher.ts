import { logConfigFrom } from "../../log/log-config.ts";
import { type LogManager } from "../../log/directory/log-manager.ts";
import { localReplicaChanges } from "../../metadata/delta/local-replica-changes.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { configResourceTypes } from "../../metadata/image/configs-image.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type Publisher } from "../../metadata/publisher.ts";
import { type ReplicaManager } from "../../replication/replica-manager.ts";
import { type TopicConfigs } from "../topic-configs.ts";

export interface ReplicaPublisherDeps {
  readonly nodeId: number;
  readonly replicas: ReplicaManager;
  readonly logManager: LogManager;
  readonly topicConfigs: TopicConfigs;
  /** The logs on disk and the metadata do not go together. */
  readonly onFatal: (error: unknown) => void;
}

/** Brings this broker's replicas, and the configurations of their logs, in line with the metadata. */
export class ReplicaPublisher implements Publisher {
  readonly name = "replicas";
  readonly #deps: ReplicaPublisherDeps;
  #isFirst = true;

  constructor(deps: ReplicaPublisherDeps) {
    this.#deps = deps;
  }

  publish(delta: MetadataDelta, image: MetadataImage): void {
    const { nodeId, replicas, logManager, topicConfigs } = this.#deps;
    const logConfigOf = (topic: string) => logConfigFrom(topicConfigs.of(topic));
    if (delta.configs !== undefined) topicConfigs.forget();
    if (this.#isFirst) this.#reconcile(image);
    if (delta.topics !== undefined) replicas.apply(localReplicaChanges(delta.topics, nodeId), logConfigOf);
    if (delta.configs === undefined) return;
    const changed = [...delta.configs.changedResources.values()];
    // A broker's configuration is the default of every topic's.
    const isForAll = changed.some(({ type }) => type === configResourceTypes.broker);
    const topics = isForAll
      ? new Set([...logManager.logs()].map(({ topic }) => topic))
      : changed.filter(({ type }) => type === configResourceTypes.topic).map(({ name }) => name);
    for (const topic of topics) if (image.topics.byName.has(topic)) replicas.updateConfig(topic, logConfigOf(topic));
  }

  /** Once all metadata from before the start is known: topics may have been deleted while this broker was down. */
  #reconcile({ topics }: MetadataImage): void {
    this.#isFirst = false;
    const { logManager, nodeId, onFatal } = this.#deps;
    try {
      logManager.reconcile({
        isAssigned: (topic, partition, topicId) => {
          const known = topics.byName.get(topic);
          if (known === undefined || (topicId !== undefined && topicId !== known.id)) return false;
          return known.partitions[partition]?.replicas.includes(nodeId) ?? false;
        },
        directoryOf: (topic, partition) => {
          const registration = topics.byName.get(topic)?.partitions[partition];
          return registration?.directories[registration.replicas.indexOf(nodeId)];
        },
      });
    } catch (error) {
      onFatal(error);
    }
  }
}
