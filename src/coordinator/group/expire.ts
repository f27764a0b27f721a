import { type TimestampMs, type Uuid } from "../../base/brand.ts";
import { zeroUuid } from "../../base/uuid.ts";
import { appendGroupTombstones, appendOffsetTombstone } from "./delete.ts";
import { memberCountOf } from "./foreign-group.ts";
import { isEmpty, type Group, type GroupScheduling, type GroupTurn } from "./group-state.ts";
import { type CommittedOffset } from "./offset-store.ts";
import { timerKeys } from "./timer-keys.ts";

/** Looks for what has expired, now and then. */
export function scheduleExpiration(turn: GroupScheduling): void {
  turn.schedule(timerKeys.expiration, turn.state.config.offsetsRetentionCheckIntervalMs, expireOffsets);
}

/** So many offsets are looked at before others have their turn. */
const offsetsPerTurn = 2_000;

/** Deletes offsets that have expired, and groups that are empty and have none. */
function expireOffsets(turn: GroupTurn): void {
  expireOffsetsIn(turn, turn.state.groups.values());
}

/** The same in the groups that are still to be looked at. */
function expireOffsetsIn(turn: GroupTurn, groups: Iterator<Group, undefined>): void {
  turn.isDivisible = true;
  let next = groups.next();
  for (let left = offsetsPerTurn; next.done !== true; next = groups.next()) {
    const group = next.value;
    left -= 1 + turn.state.offsets.countOf(group.groupId);
    if (group.type !== "share" && expireOffsetsOf(turn, group) && isEmpty(group)) appendGroupTombstones(turn, group);
    if (left <= 0) break;
  }
  if (turn.records.length > 0) turn.note("info", "expired offsets and groups", { tombstones: turn.records.length });
  if (next.done === true) scheduleExpiration(turn);
  else turn.schedule(timerKeys.expiration, 0, (later) => expireOffsetsIn(later, groups));
}

/** Topics were deleted: offsets in them mean nothing any more, unless they are of a younger topic of the same name. */
export function deleteOffsetsOfTopics(
  turn: GroupTurn,
  topics: readonly { readonly topicId: Uuid; readonly name: string }[],
): void {
  turn.isDivisible = true;
  for (const { name, topicId: deletedId } of topics) {
    for (const [group, partition, { topicId }] of turn.state.offsets.inTopic(name)) {
      if (topicId === zeroUuid || topicId === deletedId) appendOffsetTombstone(turn, group, name, partition);
    }
  }
}

/** Returns whether the group has no offsets left. */
function expireOffsetsOf(turn: GroupTurn, group: Group): boolean {
  const { groupId } = group;
  const { offsets, config } = turn.state;
  const retainedSince = retentionStart(group);
  let hasOffsets = offsets.hasPending(groupId);
  if (offsets.topicsOf(groupId) === undefined) return !hasOffsets;
  if (retainedSince === undefined) return false;
  for (const [topic, partition, committed] of offsets.entriesOf(groupId)) {
    const isExpired =
      !isSubscribedTo(group, topic) &&
      isPast(committed, retainedSince(committed), turn.nowMs, config.offsetsRetentionMs) &&
      !offsets.hasPendingAt(groupId, topic, partition);
    if (isExpired) appendOffsetTombstone(turn, groupId, topic, partition);
    else hasOffsets = true;
  }
  return !hasOffsets;
}

function isPast(committed: CommittedOffset, since: TimestampMs, nowMs: TimestampMs, retentionMs: number): boolean {
  return committed.expireTimestampMs === -1 ? nowMs - since >= retentionMs : nowMs >= committed.expireTimestampMs;
}

/**
 * Since when an offset of the group is kept (KIP-211): of a group that had members, since the last one left; of one without,
 * since the commit. undefined while members may need any of them.
 */
function retentionStart(group: Group): ((committed: CommittedOffset) => TimestampMs) | undefined {
  const sinceCommit = ({ commitTimestampMs }: CommittedOffset) => commitTimestampMs;
  if (group.type === "consumer") return sinceCommit;
  if (group.type !== "classic") return memberCountOf(group) === 0 ? sinceCommit : undefined;
  if (group.protocolType === null) return sinceCommit;
  if (group.state === "Empty") {
    const { stateSinceMs } = group;
    return stateSinceMs === -1 ? sinceCommit : () => stateSinceMs;
  }
  // Topics that consumers have stopped to be subscribed to.
  return group.isConsumerGroup() && group.subscribedTopics !== null && group.state === "Stable"
    ? sinceCommit
    : undefined;
}

function isSubscribedTo(group: Group, topic: string): boolean {
  return (group.type === "classic" || group.type === "consumer") && group.isSubscribedTo(topic);
}
