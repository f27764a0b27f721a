import { expect, test } from "vitest";
import { type LongWork, StatusLine, type TellDone } from "../../../../src/cli/command/status-line.ts";
import { ManualTime } from "../../../support/manual-time.ts";

const erase = "\r\x1b[K";
const groups: LongWork = { what: "Deleting groups", total: 10, unit: "groups" };

/** A status line on a terminal in memory, and work that goes on until the test ends it. */
function watched({ columns = 80, work = groups } = {}) {
  const time = new ManualTime();
  const written: string[] = [];
  const screen = { columns, write: (text: string) => void written.push(text) };
  const status = new StatusLine(time, time, screen);
  let [end, fail] = [() => {}, () => {}];
  let teller: TellDone | undefined;
  const over = status.track(work, async (tell) => {
    teller = tell;
    await new Promise<void>((resolve, reject) => ([end, fail] = [resolve, () => reject(new Error("no"))]));
  });
  return {
    time,
    written,
    screen,
    status,
    over,
    end: () => end(),
    fail: () => fail(),
    tell: (done: number) => void teller?.(done),
  };
}

test("comes after half a second, whether or not a step was done", async () => {
  const { time, written, tell } = watched();
  tell(3);
  await time.advance(499);
  expect(written).toEqual([]);
  await time.advance(1);
  expect(written).toEqual([`${erase}Deleting groups: 3 of 10 groups (30 %)`]);
});

test("never comes for short work, and does not outlive it", async () => {
  const { time, written, end, over } = watched();
  await time.advance(499);
  end();
  await over;
  await time.advance(10_000);
  expect(written).toEqual([]);
});

test("is drawn ten times a second at most, with what was done by then", async () => {
  const { time, written, tell } = watched({ work: { ...groups, total: 1_000 } });
  for (let done = 1; done <= 1_000; done++) {
    tell(done);
    await time.advance(2);
  }
  expect(written).toHaveLength(16);
  expect(written.slice(0, 2)).toEqual([
    `${erase}Deleting groups: 250 of 1000 groups (25 %)`,
    `${erase}Deleting groups: 300 of 1000 groups (30 %)`,
  ]);
});

test("short works one after the other are long work", async () => {
  const { time, written, status, over, end } = watched();
  await time.advance(400);
  end();
  await over;
  void status.track({ what: "Reading b", total: 4_000_000, unit: "bytes" }, async (tell) => {
    await tell(1_250_000);
    await time.advance(0);
    return new Promise(() => {});
  });
  await time.advance(100);
  expect(written).toEqual([`${erase}Reading b: 1.3 of 4.0 MB (31 %)`]);
});

test("is gone before something is written, and comes back below", async () => {
  const { time, written, status, screen, tell } = watched();
  await time.advance(500);
  status.giveWay("text\n");
  screen.write("text\n");
  tell(4);
  await time.advance(99);
  expect(written.slice(1)).toEqual([erase, "text\n"]);
  await time.advance(1);
  expect(written.slice(3)).toEqual([`${erase}Deleting groups: 4 of 10 groups (40 %)`]);
});

test("does not spoil a line that is not complete", async () => {
  const { time, written, status, tell } = watched();
  status.giveWay("begun");
  await time.advance(1_000);
  tell(4);
  await time.advance(1_000);
  expect(written).toEqual([]);
  status.giveWay(Buffer.from(" ended\n"));
  await time.advance(0);
  expect(written).toHaveLength(1);
});

test.each(["end", "fail"] as const)("is gone when the work is over: %s", async (how) => {
  const work = watched();
  await work.time.advance(500);
  work[how]();
  await work.over.catch(() => {});
  await work.time.advance(1_000);
  work.tell(9);
  await work.time.advance(1_000);
  expect(work.written.slice(1)).toEqual([erase]);
});

test("is gone for good once it is closed", async () => {
  const { time, written, status, tell } = watched();
  await time.advance(500);
  status.close();
  tell(5);
  await time.advance(1_000);
  expect(written.slice(1)).toEqual([erase]);
});

test("leaves the last column free, and takes the width that the window has now", async () => {
  const { time, written, screen, tell } = watched({ columns: 20 });
  await time.advance(500);
  screen.columns = 10;
  tell(1);
  await time.advance(100);
  expect(written).toEqual([`${erase}Deleting groups: 0 `, `${erase}Deleting `]);
});

test("shows letters of another width, and control characters, as question marks", async () => {
  const { time, written } = watched({ work: { what: "Reading \x1b[2J日.log", total: 0, unit: "entries" } });
  await time.advance(500);
  expect(written).toEqual([`${erase}Reading ?[2J?.log: 0 of 0 entries`]);
});

test("lets the event loop have a turn after each drawing, so that signals arrive", async () => {
  const { time, status } = watched();
  let turns = 0;
  const work = status.track(groups, async (tell) => {
    await tell(1);
    turns++;
  });
  await work;
  expect(turns).toBe(1);
  await time.advance(500);
  const later = status.track(groups, async (tell) => {
    await tell(1);
    turns++;
  });
  await Promise.resolve();
  await Promise.resolve();
  expect(turns).toBe(1);
  await time.settle();
  await later;
  expect(turns).toBe(2);
});

test("without a screen nothing happens but the work", async () => {
  const time = new ManualTime();
  const status = new StatusLine(time, time, undefined);
  const work = status.track(groups, async (tell) => {
    await time.advance(1_000);
    await tell(1);
    status.giveWay("text\n");
    return "result";
  });
  expect(await work).toBe("result");
});
