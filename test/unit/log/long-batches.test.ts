import { expect, test } from "vitest";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { openLog } from "./open-log.ts";

test("a search by time through a batch of many records gives others their turns", async () => {
  const { log, queue, time } = openLog(new MemoryDisk(), {});
  const long = batch({ count: 50_000, value: "" });
  expect(log.appendAsLeader(long, 0, "client", startMs)).toMatchObject({ ok: true });
  queue.flush();
  let turns = 0;
  const endOfTurn = time.endOfTurn.bind(time);
  time.endOfTurn = (callback) => {
    turns++;
    endOfTurn(callback);
  };
  log.highWatermark = log.logEndOffset;
  log.maybeIncrementLogStartOffset(45_000);
  const search = log.offsetForTimestamp(startMs, nodeCompute);
  for (let round = 0; round < 5; round++) await time.settle();
  expect(await search).toMatchObject({ offset: 45_000 });
  expect(turns).toBe(2);
});
