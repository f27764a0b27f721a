import { expect, test } from "vitest";
import { describeGroup } from "../../../src/coordinator/group/describe.ts";
import { GroupWorld } from "./group-world.ts";

/** A static member, which joins without asking for an id first. */
function join(world: GroupWorld, instance: string): void {
  const protocols = [{ name: "range", metadata: Buffer.alloc(0) }];
  void world.groups.joinGroup(
    {
      groupId: "g",
      memberId: "",
      groupInstanceId: instance,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: "x",
      protocols,
      reason: null,
    },
    { apiVersion: 9, clientId: "c", clientHost: "/127.0.0.1", newMemberIdSuffix: "1" },
  );
}

function describedInstances(world: GroupWorld): string[] {
  const described = world.runtime.read(0, (state) => describeGroup(state, "g", 6));
  if (!described.ok) throw new Error("not loaded");
  return (described.response.members ?? []).map(({ groupInstanceId }) => groupInstanceId!).sort();
}

test("members are told of when what was written before they joined is committed, and never when that is lost", async () => {
  const world = new GroupWorld();
  await world.elect();
  join(world, "one");
  await world.time.settle();
  expect(describedInstances(world)).toEqual(["one"]);
  world.log.isHeld = true;
  const other = { groupId: "other", memberId: "", generationIdOrMemberEpoch: -1, groupInstanceId: null };
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: "" }];
  const commit = (): void => {
    const topics = [{ name: "t", topicId: "AAAAAAAAAAAAAAAAAAAAAA", partitions }];
    void world.groups.commitOffsets({ ...other, retentionTimeMs: -1, topics }, 9);
  };
  commit();
  join(world, "two");
  await world.time.settle();
  expect(describedInstances(world)).toEqual(["one"]);
  world.log.release();
  await world.time.settle();
  expect(describedInstances(world)).toEqual(["one", "two"]);
  world.log.failNext = 56;
  commit();
  join(world, "three");
  await world.time.settle();
  expect(describedInstances(world)).toEqual(["one", "two"]);
});
