import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { consumerOffsetsTopic } from "../../base/topic-name.ts";
import { type Logger } from "../../io/ports.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type Publisher } from "../../metadata/publisher.ts";
import { tellElections } from "./coordinator-elections.ts";

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
    tellElections(groups, consumerOffsetsTopic, delta.topics, nodeId, (load) => this.#watch(load));
    const deleted = [...delta.topics.deletedTopics.values()].map(({ id, name }) => ({ topicId: id, name }));
    if (deleted.length > 0) this.#watch(groups.onTopicsDeleted(deleted));
  }

  #watch(work: Promise<void>): void {
    work.catch((error: unknown) => this.#deps.logger.error({ error }, "The group coordinator failed"));
  }
}
