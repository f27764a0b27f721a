import { type ConsumerHeartbeatResponse } from "../../../src/coordinator/group/consumer/heartbeat.ts";
import { type Command } from "../../support/scenarios/command.ts";
import { topicId } from "./command-words.ts";
import { type GroupWorld } from "./group-world.ts";

/**
 * `beat member=a epoch=0 topics=t,u owns=t:0,1;u:2 instance=i rebalance=10000 regex=t.* assignor=range`: what is left out is
 * not said, but that a member with epoch 0 says all.
 */
export function consumerBeat(
  world: GroupWorld,
  { groupId, memberId, groupInstanceId }: { groupId: string; memberId: string; groupInstanceId: string | null },
  { options }: Command,
): Promise<ConsumerHeartbeatResponse> {
  const memberEpoch = Number(options.get("epoch") ?? 0);
  const isJoining = memberEpoch === 0;
  const list = (name: string) =>
    options
      .get(name)
      ?.split(",")
      .filter((each) => each !== "") ?? (isJoining ? [] : null);
  const owns = options.get("owns") ?? (isJoining ? "" : undefined);
  const request = {
    groupId,
    memberId,
    memberEpoch,
    instanceId: groupInstanceId,
    rackId: options.get("rack") ?? null,
    rebalanceTimeoutMs: Number(options.get("rebalance") ?? (isJoining ? 30_000 : -1)),
    subscribedTopicNames: list("topics"),
    subscribedTopicRegex: options.get("regex") ?? null,
    serverAssignor: options.get("assignor") ?? null,
    topicPartitions:
      owns === undefined
        ? null
        : owns
            .split(";")
            .filter((each) => each !== "")
            .map(ownedOf),
  };
  return world.groups.consumerHeartbeat(request, 1, {
    clientId: "client",
    clientHost: "/127.0.0.1",
    newMemberId: "new",
  });
}

function ownedOf(text: string): { topicId: string; partitions: number[] } {
  const [topic = "", partitions = ""] = text.split(":");
  return { topicId: topicId(topic), partitions: partitions.split(",").map(Number) };
}
