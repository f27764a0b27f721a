import { assert } from "../../base/assert.ts";
import { type TimestampMs } from "../../base/brand.ts";
import { type ClassicGroupView } from "./classic-group.ts";
import { emptyAssignment, metadataOf } from "./classic-member.ts";
import { type GroupRecord } from "./group-records.ts";

/** The group as it stands, with what the leader assigned (by member id; else what the members have). */
export function groupMetadataRecord(group: ClassicGroupView, assignments?: ReadonlyMap<string, Buffer>): GroupRecord {
  const members = group.orderedMembers().map((member) => {
    const subscription = metadataOf(member, group.protocolName);
    assert(subscription !== undefined, `member ${member.memberId} does not know the protocol of ${group.groupId}`);
    return {
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription,
      assignment: assignments === undefined ? member.assignment : (assignments.get(member.memberId) ?? emptyAssignment),
    };
  });
  return {
    type: "groupMetadata",
    group: group.groupId,
    value: {
      protocolType: group.protocolType ?? "",
      generation: group.generation,
      protocol: group.protocolName,
      leader: group.leaderId,
      currentStateTimestamp: group.stateSinceMs,
      members,
    },
  };
}

/** A group that has just come to be: its first member is still on its way in. */
export function newGroupRecord(groupId: string, nowMs: TimestampMs): GroupRecord {
  return {
    type: "groupMetadata",
    group: groupId,
    value: {
      protocolType: "",
      generation: 0,
      protocol: null,
      leader: null,
      currentStateTimestamp: nowMs,
      members: [],
    },
  };
}
