import { type ApiRequest, type ApiResponse } from "../../../protocol/apis.ts";
import { type Cluster } from "../cluster.ts";
import { type Assignor } from "./assignors/assignor.ts";
import { decodeSubscription, encodeAssignment } from "./subscription-data.ts";

/**
 * What the member that leads a classic group gives each of them, by the assignor that they agreed on.
 * @param assignors those that this member offered; not empty
 */
export async function assignAsLeader(
  cluster: Cluster,
  assignors: readonly Assignor[],
  { members, protocolName }: ApiResponse<"joinGroup">,
): Promise<ApiRequest<"syncGroup">["assignments"]> {
  const subscriptions = members.map(({ memberId, groupInstanceId, metadata }) =>
    decodeSubscription(memberId, groupInstanceId, metadata),
  );
  const names = [...new Set(subscriptions.flatMap(({ topics }) => topics))].sort();
  const topics = names.length === 0 ? [] : await cluster.refreshTopics(names, false);
  const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  const racks = new Map(
    topics.map(({ name, partitions }) => [name, partitions.map(({ replicas }) => cluster.racksOf(replicas))]),
  );
  const assignor = assignors.find(({ name }) => name === protocolName) ?? assignors[0];
  return [...(assignor?.assign(subscriptions, counts, racks) ?? [])].map(([memberId, partitions]) => ({
    memberId,
    assignment: encodeAssignment(partitions),
  }));
}
