import { expect, test } from "vitest";
import { zeroUuid } from "../../../src/base/uuid.ts";
import { type GroupTurn } from "../../../src/coordinator/group/group-state.ts";
import { type Ticket } from "../../../src/coordinator/runtime/ticket.ts";
import { GroupWorld } from "./group-world.ts";

const hourMs = 3_600_000;

/** Fills the shard in one turn. */
async function fill(world: GroupWorld, append: (turn: GroupTurn) => void): Promise<void> {
  const filled = world.runtime.write(0, (turn, ticket: Ticket<undefined>) => {
    turn.isDivisible = true;
    append(turn);
    turn.reply(ticket, undefined);
  });
  await world.time.settle();
  expect(await filled).toMatchObject({ ok: true });
}

function appendOffset(turn: GroupTurn, group: string, topic: string, partition: number): void {
  const value = {
    offset: 1,
    leaderEpoch: -1,
    metadata: "",
    commitTimestamp: turn.nowMs,
    expireTimestamp: -1,
    topicId: zeroUuid,
  };
  turn.append({ type: "offsetCommit", group, topic, partition, value });
}

function offsetCount(world: GroupWorld): number {
  const count = world.runtime.read(0, (state) => [...state.offsets.all()].length);
  return count.ok ? count.response : -1;
}

test("what has expired goes a part at a time, and requests have their turns in between", async () => {
  const world = new GroupWorld({ config: { offsetsRetentionMs: hourMs, offsetsRetentionCheckIntervalMs: 2 * hourMs } });
  await world.elect();
  await fill(world, (turn) => {
    for (let group = 0; group < 3; group++) {
      for (let partition = 0; partition < 1_500; partition++) appendOffset(turn, `g${group}`, "t", partition);
    }
  });
  const remaining: number[] = [];
  const endOfTurn = world.time.endOfTurn.bind(world.time);
  // Whatever is written is written at the end of a turn of the event loop.
  world.time.endOfTurn = (callback) => {
    remaining.push(offsetCount(world));
    endOfTurn(callback);
  };
  await world.time.advance(2 * hourMs);
  expect(remaining).toEqual([1_500, 0]);
  expect(world.groups.listGroups({ statesFilter: [], typesFilter: [] })).toEqual({ groups: [] });
  remaining.length = 0;
  await fill(world, (turn) => appendOffset(turn, "again", "t", 0));
  await world.time.advance(2 * hourMs);
  expect(offsetCount(world)).toBe(0);
});

test("the offsets of a deleted topic go, in all groups, and no others", async () => {
  const world = new GroupWorld();
  await world.elect();
  await fill(world, (turn) => {
    for (const group of ["g", "h"]) for (const topic of ["t", "u"]) appendOffset(turn, group, topic, 7);
  });
  const deleted = world.groups.onTopicsDeleted([{ topicId: zeroUuid, name: "t" }]);
  await world.time.settle();
  await deleted;
  const left = world.runtime.read(0, (state) => [...state.offsets.all()].map(([group, topic]) => [group, topic]));
  expect(left).toMatchObject({
    response: [
      ["g", "u"],
      ["h", "u"],
    ],
  });
});

test("more groups are listed than a function can have arguments", async () => {
  const world = new GroupWorld();
  await world.elect();
  const count = 200_000;
  const listed = Array.from({ length: count }, () => ({ groupId: "g" }));
  world.runtime.readAll = <T>() => [{ ok: true, response: listed as T }];
  expect(world.groups.listGroups({ statesFilter: [], typesFilter: [] }).groups?.length).toBe(count);
});
