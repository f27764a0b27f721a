import { expect, test } from "vitest";
import { mapInParts, overTurns } from "../../../src/io/next-turn.ts";
import { ManualTime } from "../../support/manual-time.ts";

test("what has one part is done at once", () => {
  expect(
    overTurns(
      mapInParts([1, 2, 3], 3, (item) => item * 2),
      new ManualTime(),
    ),
  ).toEqual([2, 4, 6]);
  expect(
    overTurns(
      mapInParts([], 3, (item) => item),
      new ManualTime(),
    ),
  ).toEqual([]);
});

test("each further part has a turn of its own", async () => {
  const time = new ManualTime();
  const seen: number[] = [];
  const mapped = overTurns(
    mapInParts([1, 2, 3, 4, 5], 2, (item) => seen.push(item)),
    time,
  );
  expect(seen).toEqual([1, 2]);
  await time.turn();
  expect(seen).toEqual([1, 2, 3, 4]);
  await time.turn();
  expect(await mapped).toEqual([1, 2, 3, 4, 5]);
  expect(await time.turn()).toBe(false);
});

test("a part that throws rejects it", async () => {
  const time = new ManualTime();
  const mapped = overTurns(
    mapInParts([1, 2], 1, (item) => {
      if (item === 2) throw new Error("two");
    }),
    time,
  );
  const outcome = Promise.resolve(mapped).catch(String);
  await time.turn();
  expect(await outcome).toBe("Error: two");
});
