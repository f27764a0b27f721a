import { TimelineMap, type Timeline } from "../../base/timeline-map.ts";
import { type Scheduling, type Turn } from "../runtime/turn.ts";
import { ClassicGroup, type ClassicGroupView } from "./classic-group.ts";
import { ConsumerGroup } from "./consumer/consumer-group.ts";
import { type GroupMetadata } from "./consumer/group-metadata.ts";
import { memberCountOf, type ForeignGroup } from "./foreign-group.ts";
import { type GroupCoordinatorConfig } from "./group-config.ts";
import { type GroupRecord } from "./group-records.ts";
import { OffsetStore } from "./offset-store.ts";

export type Group = ClassicGroupView | ConsumerGroup | ForeignGroup;

/** Whether the group has no members. */
export function isEmpty(group: Group): boolean {
  if (group.type === "classic") return group.state === "Empty";
  return group.type === "consumer" ? group.members.size === 0 : memberCountOf(group) === 0;
}

/** All groups whose ids belong to one partition of `__consumer_offsets`. */
export class GroupState {
  readonly config: GroupCoordinatorConfig;
  readonly metadata: GroupMetadata;
  readonly groups: TimelineMap<string, Group>;
  readonly offsets: OffsetStore;
  readonly #timeline: Timeline;

  constructor(timeline: Timeline, config: GroupCoordinatorConfig, metadata: GroupMetadata) {
    this.#timeline = timeline;
    this.config = config;
    this.metadata = metadata;
    this.groups = new TimelineMap(timeline);
    this.offsets = new OffsetStore(timeline);
  }

  /** The group in a copy that may be changed until the turn ends, or until a record about it is appended. */
  edit(group: ClassicGroupView): ClassicGroup {
    const copy = group.copy();
    this.groups.set(group.groupId, copy);
    return copy;
  }

  classicGroup(groupId: string): ClassicGroupView | undefined {
    const group = this.groups.get(groupId);
    return group?.type === "classic" ? group : undefined;
  }

  /** Offsets alone make a group: that of a consumer that assigns itself its partitions. It needs no record of its own. */
  makeSimpleGroup(groupId: string): void {
    if (!this.groups.has(groupId)) this.groups.set(groupId, this.newClassicGroup(groupId));
  }

  consumerGroup(groupId: string): ConsumerGroup | undefined {
    const group = this.groups.get(groupId);
    return group?.type === "consumer" ? group : undefined;
  }

  /** A group that is not among the others yet. */
  newClassicGroup(groupId: string): ClassicGroup {
    return new ClassicGroup(this.#timeline, groupId);
  }

  /** For replay alone: a group in place of whatever is there. */
  newConsumerGroup(groupId: string): ConsumerGroup {
    const group = new ConsumerGroup(this.#timeline, groupId);
    this.groups.set(groupId, group);
    return group;
  }
}

export type GroupTurn = Turn<GroupState, GroupRecord>;
export type GroupScheduling = Scheduling<GroupState, GroupRecord>;
