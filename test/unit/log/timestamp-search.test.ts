import { expect, test } from "vitest";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { type LogUnderTest, openLog } from "./open-log.ts";

/** A segment for each of the timestamps. */
function openWith(timestamps: readonly number[]): LogUnderTest {
  const under = openLog(new MemoryDisk());
  for (const timestamp of timestamps) {
    under.log.appendAsLeader(batch({ timestamp, count: 2 }), 4, "client", startMs);
    under.queue.flush();
    under.log.roll();
  }
  return under;
}

const newest = async ({ log, time }: LogUnderTest) => time.during(log.offsetOfMaxTimestamp(nodeCompute));

test("the newest record of a log whose records have no timestamps is the first one, as in Kafka", async () => {
  expect(await newest(openWith([-1, -1]))).toEqual({ offset: 0, timestamp: -1, leaderEpoch: 4 });
  expect(await newest(openWith([-1, startMs, -1, startMs]))).toEqual({ offset: 2, timestamp: startMs, leaderEpoch: 4 });
  expect(await newest(openWith([]))).toBeUndefined();
});
