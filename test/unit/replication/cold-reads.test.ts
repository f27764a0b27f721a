import { describe, expect, test } from "vitest";
import { BufferPool } from "../../../src/base/buffer-pool.ts";
import { zeroUuid } from "../../../src/base/uuid.ts";
import { readPartitions } from "../../../src/replication/fetch-reader.ts";
import { FetchSession } from "../../../src/replication/fetch-session.ts";
import { batch, startMs } from "../log/batches.ts";
import { consumer, park, read, resolver } from "./fetching.ts";
import { openReplicas } from "./replicas.ts";

const megabyte = 1_048_576;
const greedy = { maxBytes: 50 * megabyte };

/** Partitions with so many batches of that size each, nothing of which is in memory. */
function lagging(partitionCount: number, batchCount: number, batchBytes: number, bufferPool = new BufferPool()) {
  const opened = openReplicas(undefined, {}, { bufferPool });
  for (let partition = 0; partition < partitionCount; partition++) {
    const hosted = opened.host({ partition });
    for (let each = 0; each < batchCount; each++) {
      const result = hosted.appendAsLeader(batch({ value: Buffer.alloc(batchBytes) }), "client", startMs);
      expect(result).toMatchObject({ ok: true });
    }
    opened.queue.flush();
    hosted.log.releaseTail();
  }
  const all = Array.from({ length: partitionCount }, (_, partition) => ({ partition }));
  return { ...opened, bufferPool, all };
}

function giveBack(pool: BufferPool, { results }: ReturnType<typeof read>): void {
  for (const { records } of results) pool.giveBack(records);
}

describe("one fetch of many partitions that lag", () => {
  test("reads a few megabytes in one turn, and need not wait for the rest", () => {
    const { replicas, all } = lagging(12, 5, 200_000);
    const { results, sizeBytes, mustAnswer } = read(replicas, { ...greedy, minBytes: 30 * megabyte }, ...all);
    expect(sizeBytes).toBeGreaterThan(3 * megabyte);
    expect(sizeBytes).toBeLessThanOrEqual(4 * megabyte);
    expect(results.at(-1)).toMatchObject({ errorCode: 0, records: { length: 0 } });
    expect(mustAnswer).toBe(true);
  });

  test("gets from memory what is there, whatever was read from files", () => {
    const { replicas, host, queue, all } = lagging(6, 5, 200_000);
    const hot = host({ partition: 6 });
    hot.appendAsLeader(batch({}), "client", startMs);
    queue.flush();
    // Its reader has been at its end before.
    hot.log.read(0, 1_000, 1, true);
    hot.appendAsLeader(batch({}), "client", startMs);
    queue.flush();
    const { results } = read(replicas, greedy, ...all, { partition: 6, fetchOffset: 1 });
    expect(results[5]?.records.length).toBe(0);
    expect(results[6]?.records.length).toBeGreaterThan(0);
  });

  test("has all partitions in turn, those first that got nothing", () => {
    const { replicas, bufferPool, all } = lagging(12, 5, 200_000);
    const session = new FetchSession(1, false, 0);
    for (const { partition } of all) {
      const rest = { currentLeaderEpoch: -1, lastFetchedEpoch: -1, logStartOffset: -1 };
      session.update(zeroUuid, "topic", partition, { fetchOffset: 0, maxBytes: megabyte, ...rest });
    }
    const served: number[][] = [];
    for (let round = 0; round < 3; round++) {
      const { results } = readPartitions(session.due(), { ...consumer, ...greedy }, resolver(replicas));
      const news = session.takeNews(results).filter(({ records }) => records.length > 0);
      served.push(news.map(({ request }) => request.partition));
      for (const { records } of news) bufferPool.giveBack(records);
    }
    expect(served.flat().slice(0, 12)).toEqual(all.map(({ partition }) => partition));
    expect(served[0]?.length).toBeLessThan(6);
  });
});

describe("memory of what is read from files", () => {
  test("is bounded for all fetches together, and each still gets its first batch", () => {
    const { replicas, bufferPool, all } = lagging(3, 5, 200_000, new BufferPool(2 * megabyte));
    const reads = Array.from({ length: 8 }, () => read(replicas, greedy, ...all));
    expect(reads[0]?.sizeBytes).toBeGreaterThan(1.5 * megabyte);
    // Batches are larger than what a first read asks for: each comes whole.
    for (const each of reads.slice(2))
      expect(each.results.map(({ records }) => records.length > 0)).toEqual([true, false, false]);
    expect(reads[7]?.sizeBytes).toBeLessThan(210_000);
    for (const each of reads) giveBack(bufferPool, each);
    expect(bufferPool.readBytesLeft).toBe(2 * megabyte);
    expect(read(replicas, greedy, ...all).sizeBytes).toBeGreaterThan(1.5 * megabyte);
  });

  test("goes back with a read that is not answered", () => {
    const { replicas, bufferPool, queue } = lagging(1, 1, 20_000);
    const before = bufferPool.readBytesLeft;
    const done = park(replicas, { minBytes: 60_000 }, { maxBytes: 30_000 });
    expect(bufferPool.readBytesLeft).toBe(before);
    // Enough by the count, so that it is read again, but not within the partition's limit.
    const more = batch({ value: Buffer.alloc(50_000) });
    replicas.partition("topic", 0)?.appendAsLeader(more, "client", startMs);
    queue.flush();
    expect([done, bufferPool.readBytesLeft]).toEqual([[], before]);
  });

  test.each([
    [500, 0],
    [5_000, 5_070],
  ])(
    "is no whole buffer for a result of %i bytes, with a batch behind it that does not fit",
    (batchBytes, heldBytes) => {
      const { replicas, queue, bufferPool, host } = lagging(0, 0, 0);
      const partition = host();
      for (const sizeBytes of [batchBytes, 100_000]) {
        partition.appendAsLeader(batch({ value: Buffer.alloc(sizeBytes) }), "client", startMs);
      }
      queue.flush();
      partition.log.releaseTail();
      const before = bufferPool.readBytesLeft;
      const { results } = read(replicas, {}, { maxBytes: 90_000 });
      expect(results[0]?.records.length).toBeGreaterThan(batchBytes);
      expect(before - bufferPool.readBytesLeft).toBe(heldBytes);
    },
  );

  test("of pieces that are put together goes back", () => {
    const { replicas, queue, bufferPool, host } = lagging(0, 0, 0);
    const partition = host();
    for (let each = 0; each < 6; each++) {
      partition.appendAsLeader(batch({ value: Buffer.alloc(20_000) }), "client", startMs);
      queue.flush();
      partition.log.roll();
    }
    partition.log.releaseTail();
    const before = bufferPool.readBytesLeft;
    const { results } = read(replicas, { minBytes: 120_000 }, {});
    expect(results[0]?.records.length).toBeGreaterThan(120_000);
    expect(before - bufferPool.readBytesLeft).toBe(131_072);
  });
});
