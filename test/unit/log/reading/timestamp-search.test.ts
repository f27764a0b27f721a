import { expect, test } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { logDirectory, type LogUnderTest, openLog } from "../open-log.ts";

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

test("a time index of which an entry tells the time of the one before it is made anew", async () => {
  const disk = new MemoryDisk();
  const config = { indexIntervalBytes: 100 };
  const { log, queue } = openLog(disk, config);
  const count = 40;
  for (let offset = 0; offset < count; offset++) {
    log.appendAsLeader(batch({ timestamp: startMs + offset }), 4, "client", startMs);
  }
  queue.flush();
  log.close();
  const path = `${logDirectory}/00000000000000000000.timeindex`;
  const bytes = disk.readFile(path);
  const [entryBytes, timestampBytes, slot] = [12, 8, 5];
  bytes.copy(bytes, slot * entryBytes, (slot - 1) * entryBytes, (slot - 1) * entryBytes + timestampBytes);
  disk.open(path, "update").write([bytes], 0);
  const found = openLog(disk, config, { hadCleanShutdown: true });
  for (let offset = 0; offset < count; offset++) {
    const at = await found.time.during(found.log.offsetForTimestamp(startMs + offset, nodeCompute));
    expect(at).toEqual({ offset, timestamp: startMs + offset, leaderEpoch: 4 });
  }
});
