import { TimelineMap, type Timeline } from "../../base/timeline-map.ts";
import { type Turn } from "../runtime/turn.ts";
import { type ClassicGroup, type ClassicGroupView } from "./classic-group.ts";
import { memberCountOf, type ForeignGroup } from "./foreign-group.ts";
import { type GroupCoordinatorConfig } from "./group-config.ts";
import { type GroupRecord } from "./group-records.ts";
import { OffsetStore } from "./offset-store.ts";

export type Group = ClassicGroupView | ForeignGroup;

/** Whether the group has no members. */
export function isEmpty(group: Group): boolean {
  return group.type === "classic" ? group.state === "Empty" : memberCountOf(group) === 0;
}

/** All groups whose ids belong to one partition of `__consumer_offsets`. */
export class GroupState {
  readonly config: GroupCoordinatorConfig;
  readonly groups: TimelineMap<string, Group>;
  readonly offsets: OffsetStore;

  constructor(timeline: Timeline, config: GroupCoordinatorConfig) {
    this.config = config;
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
}

export type GroupTurn = Turn<GroupState, GroupRecord>;
