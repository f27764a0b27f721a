import { type ProducerId } from "../../base/brand.ts";
import { type GroupMetadataValue } from "../../protocol/group-records/group-metadata.ts";
import { type RecordOrigin } from "../runtime/shard.ts";
import { metadataOf, type ClassicMember, type MemberProtocol } from "./classic-member.ts";
import { replayConsumerRecord } from "./consumer/replay.ts";
import { type ForeignGroup } from "./foreign-group.ts";
import { type GroupRecord } from "./group-records.ts";
import { type GroupState } from "./group-state.ts";

/** Applies one record: the only code that does, for records just written as for those read back. */
export function replayGroupRecord(state: GroupState, record: GroupRecord, origin: RecordOrigin): void {
  switch (record.type) {
    case "offsetCommit":
      return replayOffsetCommit(state, record, origin);
    case "groupMetadata":
      return replayGroupMetadata(state, record.group, record.value);
    case "foreign":
      return replayForeign(state, record);
    default:
      return replayConsumerRecord(state, record);
  }
}

export function replayTransactionEnd(state: GroupState, producerId: ProducerId, isCommit: boolean): void {
  state.offsets.endTransaction(producerId, isCommit);
}

function replayOffsetCommit(
  state: GroupState,
  { group, topic, partition, value }: GroupRecord & { type: "offsetCommit" },
  { offset, producerId }: RecordOrigin,
): void {
  if (value === null) {
    state.offsets.delete(group, topic, partition);
    return;
  }
  state.makeSimpleGroup(group);
  const committed = {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
    recordOffset: offset,
  };
  if (producerId < 0) state.offsets.commit(group, topic, partition, committed);
  else state.offsets.commitInTransaction(producerId, group, topic, partition, committed);
}

/**
 * The record holds what a coordinator needs to go on after a restart; what is only of this generation (parked requests,
 * protocols beside the chosen one, ids handed out) is kept when the group is there already.
 */
function replayGroupMetadata(state: GroupState, groupId: string, value: GroupMetadataValue | null): void {
  const before = state.classicGroup(groupId);
  if (value === null) {
    if (before !== undefined) state.groups.delete(groupId);
    return;
  }
  const group = before?.copy() ?? state.newClassicGroup(groupId);
  group.leaderId = value.leader;
  group.replaceMembers(value.members.map((stored) => memberOf(stored, value, before?.members.get(stored.memberId))));
  group.protocolType = value.protocolType === "" ? null : value.protocolType;
  group.protocolName = value.protocol;
  group.generation = value.generation;
  group.previousState = group.state;
  group.state = group.members.size === 0 ? "Empty" : "Stable";
  group.stateSinceMs = value.currentStateTimestamp;
  group.refreshSubscribedTopics();
  state.groups.set(groupId, group);
}

function memberOf(
  stored: GroupMetadataValue["members"][number],
  value: GroupMetadataValue,
  live: ClassicMember | undefined,
): ClassicMember {
  return {
    memberId: stored.memberId,
    groupInstanceId: stored.groupInstanceId,
    clientId: stored.clientId,
    clientHost: stored.clientHost,
    rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
    sessionTimeoutMs: stored.sessionTimeout,
    protocolType: value.protocolType,
    protocols: protocolsOf(stored.subscription, value.protocol, live),
    // In a buffer of its own: the one it was read from holds whole batches.
    assignment: Buffer.from(stored.assignment),
    isNew: false,
    joining: undefined,
    syncing: undefined,
  };
}

function protocolsOf(
  subscription: Buffer,
  protocol: string | null,
  live: ClassicMember | undefined,
): readonly MemberProtocol[] {
  if (protocol === null) return [];
  const known = live === undefined ? undefined : metadataOf(live, protocol);
  if (live !== undefined && known?.equals(subscription) === true) return live.protocols;
  return [{ name: protocol, metadata: Buffer.from(subscription) }];
}

function replayForeign(state: GroupState, { group, kind, key, value }: GroupRecord & { type: "foreign" }): void {
  const before = state.groups.get(group);
  if (before?.type === "consumer") return;
  if (before?.type === "classic") {
    // A group of offsets alone becomes what its records say; a classic group with metadata stands above leftovers.
    if (value === null || !before.isSimple()) return;
  }
  const keys = new Map(before === undefined || before.type === "classic" ? [] : before.keys);
  const keyText = key.toString("base64");
  if (value === null) keys.delete(keyText);
  else keys.set(keyText, kind.isMember);
  if (keys.size === 0) {
    if (before === undefined) return;
    if (state.offsets.topicsOf(group) === undefined) state.groups.delete(group);
    else state.groups.set(group, state.newClassicGroup(group));
    return;
  }
  const foreign: ForeignGroup = { type: kind.groupType, groupId: group, keys };
  state.groups.set(group, foreign);
}
