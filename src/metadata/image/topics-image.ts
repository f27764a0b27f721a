import { type Uuid } from "../../base/brand.ts";
import { PersistentMap } from "../../base/persistent-map.ts";
import { type PartitionRegistration } from "./partition-registration.ts";

export interface TopicImage {
  readonly name: string;
  readonly id: Uuid;
  /** By partition id: Kafka numbers partitions from 0 without gaps. */
  readonly partitions: readonly PartitionRegistration[];
}

export interface TopicsImage {
  readonly byId: PersistentMap<Uuid, TopicImage>;
  readonly byName: PersistentMap<string, TopicImage>;
}

export const emptyTopics: TopicsImage = { byId: PersistentMap.empty(), byName: PersistentMap.empty() };
