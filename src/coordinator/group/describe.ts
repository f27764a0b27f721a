import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type ClassicGroupView } from "./classic-group.ts";
import { metadataOf } from "./classic-member.ts";
import { memberCountOf } from "./foreign-group.ts";
import { type Group, type GroupState } from "./group-state.ts";

export type DescribedGroup = Draft<ApiResponse<"describeGroups">["groups"][number]>;
export type ListedGroup = Draft<ApiResponse<"listGroups">["groups"][number]>;

/** DescribeGroups knows classic groups alone. Before version 6 a group that is not there is "Dead", without an error. */
export function describeGroup(state: GroupState, groupId: string, apiVersion: number): DescribedGroup {
  const group = state.groups.get(groupId, "committed");
  if (group?.type === "classic") return describeClassic(group);
  const dead: DescribedGroup = { groupId, groupState: "Dead" };
  if (apiVersion < 6) return dead;
  const errorMessage = group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a classic group.`;
  return { ...dead, errorCode: Errors.GROUP_ID_NOT_FOUND, errorMessage };
}

function describeClassic(group: ClassicGroupView): DescribedGroup {
  const isStable = group.state === "Stable";
  return {
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? "",
    protocolData: isStable ? (group.protocolName ?? "") : "",
    members: group.orderedMembers("committed").map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: (isStable ? metadataOf(member, group.protocolName) : undefined) ?? Buffer.alloc(0),
      memberAssignment: member.assignment,
    })),
  };
}

/** The groups that match the filters; an empty filter lets all through, and an unknown type none. */
export function listGroups(state: GroupState, { statesFilter, typesFilter }: ApiRequest<"listGroups">): ListedGroup[] {
  const states = new Set(statesFilter.map((name) => name.toLowerCase().trim()));
  const types = new Set(typesFilter.map((name) => name.toLowerCase()));
  const listed: ListedGroup[] = [];
  for (const [, group] of state.groups.entries("committed")) {
    const groupState = stateOf(group);
    if (states.size > 0 && !states.has(groupState.toLowerCase())) continue;
    if (types.size > 0 && !types.has(group.type)) continue;
    listed.push({ groupId: group.groupId, protocolType: protocolTypeOf(group), groupState, groupType: group.type });
  }
  return listed;
}

function stateOf(group: Group): string {
  if (group.type === "classic") return group.state;
  if (group.type === "consumer") return group.state("committed");
  return memberCountOf(group) === 0 ? "Empty" : "Stable";
}

function protocolTypeOf(group: Group): string {
  return group.type === "classic" ? (group.protocolType ?? "") : group.type;
}
