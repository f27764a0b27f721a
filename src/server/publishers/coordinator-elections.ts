import { type LeaderEpoch } from "../../base/brand.ts";
import { localReplicaChanges } from "../../metadata/delta/local-replica-changes.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { type TopicsDelta } from "../../metadata/delta/topics-delta.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";

/** What leads the partitions of a topic in which coordinators keep their state. */
export interface ElectedCoordinator {
  /** Resolves when the partition is loaded, or cannot be. */
  onElection(partition: number, leaderEpoch: LeaderEpoch): Promise<void>;
  /** No epoch: the partition was deleted. */
  onResignation(partition: number, leaderEpoch?: LeaderEpoch): void;
}

export interface CoordinatorElectionsParts {
  readonly nodeId: number;
  readonly coordinatorTopic: string;
  readonly coordinator: ElectedCoordinator;
  /** Whether the metadata tells of this process: before its registration it may name what an earlier one led. */
  readonly isRegistered: (image: MetadataImage) => boolean;
  /** Gets every load that begins. */
  readonly watch: (load: Promise<void>) => void;
}

/**
 * Tells a coordinator which partitions of its topic this broker leads from now on, and which it does not any more. Of what a
 * process that was killed led, nobody begins to load what the registration of this one takes away a moment later.
 */
export class CoordinatorElections {
  readonly #parts: CoordinatorElectionsParts;
  #hasBegun = false;

  constructor(parts: CoordinatorElectionsParts) {
    this.#parts = parts;
  }

  onPublished({ topics }: MetadataDelta, image: MetadataImage): void {
    if (this.#hasBegun) {
      if (topics !== undefined) this.#follow(topics);
    } else if (this.#parts.isRegistered(image)) {
      this.#hasBegun = true;
      this.#begin(image);
    }
  }

  #begin({ topics }: MetadataImage): void {
    const { coordinatorTopic, nodeId } = this.#parts;
    topics.byName.get(coordinatorTopic)?.partitions.forEach(({ leader, leaderEpoch }, partition) => {
      if (leader === nodeId) this.#elect(partition, leaderEpoch);
    });
  }

  #follow(topics: TopicsDelta): void {
    const { coordinator, coordinatorTopic, nodeId } = this.#parts;
    const changes = localReplicaChanges(topics, nodeId, (topic) => topic === coordinatorTopic);
    for (const { partition } of changes.deletes) coordinator.onResignation(partition);
    for (const { partition, registration } of changes.followers) {
      coordinator.onResignation(partition, registration.leaderEpoch);
    }
    for (const { partition, registration } of changes.leaders) this.#elect(partition, registration.leaderEpoch);
  }

  #elect(partition: number, leaderEpoch: LeaderEpoch): void {
    const { coordinator, watch } = this.#parts;
    watch(coordinator.onElection(partition, leaderEpoch));
  }
}
