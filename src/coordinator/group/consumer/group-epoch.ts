import { type GroupTurn } from "../group-state.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { forgetPartitionMetadata, writeEpoch } from "./write.ts";

/** Metadata is looked at again when it changes; this is for what may have been missed. */
export const metadataValidMs = 2_147_483_647;

/**
 * Bumps the epoch of a group when its subscriptions or their topics are not what they were: a new target is due.
 * @param hasChanged whether a member has changed its subscription
 */
export function refreshGroupEpoch(turn: GroupTurn, group: ConsumerGroup, hasChanged: boolean): void {
  if (!hasChanged && turn.nowMs < group.metadataValidUntilMs.get()) return;
  const metadataHash = turn.state.metadata.hashOf(group.topicCounts.keys());
  if (hasChanged || metadataHash !== group.epoch.get().metadataHash) bumpGroupEpoch(turn, group, metadataHash);
  group.metadataValidUntilMs.set(turn.nowMs + metadataValidMs);
  if (group.hasPartitionMetadata.get()) forgetPartitionMetadata(turn, group.groupId);
}

export function bumpGroupEpoch(
  turn: GroupTurn,
  group: ConsumerGroup,
  metadataHash = turn.state.metadata.hashOf(group.topicCounts.keys()),
): void {
  const { groupId } = group;
  const epoch = group.epoch.get().epoch + 1;
  writeEpoch(turn, groupId, { epoch, metadataHash });
  turn.note("info", "group epoch bumped", { groupId, epoch });
}
