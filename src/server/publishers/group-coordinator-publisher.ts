import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { consumerOffsetsTopic } from "../../base/topic-name.ts";
import { type Logger } from "../../io/ports.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type Publisher } from "../../metadata/publisher.ts";
import { CoordinatorElections } from "./coordinator-elections.ts";

export interface GroupCoordinatorPublisherDeps {
  readonly nodeId: number;
  readonly groups: GroupCoordinator;
  /** As in `CoordinatorElections`. */
  readonly isRegistered: (image: MetadataImage) => boolean;
  readonly logger: Logger;
}

/** Tells the groups which partitions of `__consumer_offsets` this broker leads, and which topics are gone. */
export class GroupCoordinatorPublisher implements Publisher {
  readonly name = "group coordinator";
  readonly #deps: GroupCoordinatorPublisherDeps;
  readonly #elections: CoordinatorElections;

  constructor(deps: GroupCoordinatorPublisherDeps) {
    this.#deps = deps;
    const { nodeId, groups, isRegistered } = deps;
    this.#elections = new CoordinatorElections({
      nodeId,
      coordinatorTopic: consumerOffsetsTopic,
      coordinator: groups,
      isRegistered,
      watch: (load) => this.#watch(load),
    });
  }

  publish(delta: MetadataDelta, image: MetadataImage): void {
    const { groups } = this.#deps;
    this.#watch(groups.onMetadataChanged(delta, image));
    this.#elections.onPublished(delta, image);
    if (delta.topics === undefined) return;
    const deleted = [...delta.topics.deletedTopics.values()].map(({ id, name }) => ({ topicId: id, name }));
    if (deleted.length > 0) this.#watch(groups.onTopicsDeleted(deleted));
  }

  #watch(work: Promise<void>): void {
    work.catch((error: unknown) => this.#deps.logger.error({ error }, "The group coordinator failed"));
  }
}
