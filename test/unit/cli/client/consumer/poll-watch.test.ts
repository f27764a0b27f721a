import { expect, test } from "vitest";
import { PollWatch } from "../../../../../src/cli/client/consumer/poll-watch.ts";
import { ManualTime } from "../../../../support/manual-time.ts";

/** Tells when it is called, and does nothing about it until it may. */
function watched(): { time: ManualTime; watch: PollWatch; told: number[]; may: { act: boolean } } {
  const time = new ManualTime(0);
  const told: number[] = [];
  const may = { act: true };
  const onExpired = () => {
    told.push(time.monotonicMs());
    return may.act;
  };
  const watch = new PollWatch({ clock: time, timers: time }, { intervalMs: 1_000, recordsMax: 3 }, onExpired);
  return { time, watch, told, may };
}

function poll(watch: PollWatch): void {
  watch.enter();
  watch.leave();
}

test("it is told once of a consumer that does not poll, and again when it has polled and stopped", async () => {
  const { time, watch, told } = watched();
  poll(watch);
  await time.advance(5_000);
  expect(told).toEqual([1_000]);
  poll(watch);
  await time.advance(5_000);
  expect(told).toEqual([1_000, 6_000]);
});

test("whoever waits for records, or takes as many as a poll would bring, is not late", async () => {
  const { time, watch, told } = watched();
  watch.enter();
  await time.advance(5_000);
  watch.leave();
  await time.advance(600);
  for (let taken = 0; taken < 3; taken++) watch.took();
  await time.advance(600);
  expect(told).toEqual([]);
});

test("where nothing can be done it is told again, and not any more when the consumer has polled meanwhile", async () => {
  const { time, watch, told, may } = watched();
  may.act = false;
  poll(watch);
  await time.advance(1_250);
  expect(told).toEqual([1_000, 1_100, 1_200]);
  may.act = true;
  watch.enter();
  await time.advance(500);
  expect(told).toEqual([1_000, 1_100, 1_200]);
  watch.leave();
  await time.advance(1_500);
  expect(told).toHaveLength(4);
});
