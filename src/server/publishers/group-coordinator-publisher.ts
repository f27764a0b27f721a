import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { consumerOffsetsTopic } from "../../base/topic-name.ts";
import { type Logger } from "../../io/ports.ts";
import { localReplicaChanges } from "../../metadata/delta/local-replica-changes.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type Publisher } from "../../metadata/publisher.ts";

export interface GroupCoordinatorPublisherDeps {
  readonly nodeId: number;
  readonly groups: GroupCoordinator;
  readonly logger: Logger;
}

/** Tells the groups which partitions of `__consumer_offsets` this broker leads, and which topics are gone. */
export class GroupCoordinatorPublisher implements Publisher {
  readonly name = "group coordinator";
  readonly #deps: GroupCoordinatorPublisherDeps;

  constructor(deps: GroupCoordinatorPublisherDeps) {
    this.#deps = deps;
  }

  publish(delta: MetadataDelta, image: MetadataImage): void {
    const { nodeId, groups } = this.#deps;
    this.#watch(groups.onMetadataChanged(delta, image));
    if (delta.topics === undefined) return;
    const { leaders, followers, deletes } = localReplicaChanges(delta.topics, nodeId);
    for (const { topic, partition } of deletes) if (topic === consumerOffsetsTopic) groups.onResignation(partition);
    for (const { topic, partition, registration } of followers) {
      if (topic === consumerOffsetsTopic) groups.onResignation(partition, registration.leaderEpoch);
    }
    for (const { topic, partition, registration } of leaders) {
      if (topic === consumerOffsetsTopic) this.#watch(groups.onElection(partition, registration.leaderEpoch));
    }
    const deleted = [...delta.topics.deletedTopics.values()].map(({ id, name }) => ({ topicId: id, name }));
    if (deleted.length > 0) this.#watch(groups.onTopicsDeleted(deleted));
  }

  #watch(work: Promise<void>): void {
    work.catch((error: unknown) => this.#deps.logger.error({ error }, "The group coordinator failed"));
  }
}
