import { describe, expect, test } from "vitest";
import { zeroUuid } from "../../../src/base/uuid.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { type FetchResult } from "../../../src/replication/fetch-reader.ts";
import { FetchSession, FetchSessionCache } from "../../../src/replication/fetch-session.ts";

const position = { fetchOffset: 0, currentLeaderEpoch: -1, lastFetchedEpoch: -1, logStartOffset: -1, maxBytes: 1_000 };
const minuteMs = 60_000;

function sessionOf(...partitions: number[]): FetchSession {
  const session = new FetchSession(1, false, 0);
  for (const partition of partitions) session.update(zeroUuid, "t", partition, position);
  return session;
}

function result(session: FetchSession, partition: number, changes: Partial<FetchResult> = {}): FetchResult {
  const request = [...session.partitions.values()].find((each) => each.partition === partition)!;
  return {
    request,
    partition: undefined,
    errorCode: Errors.NONE,
    highWatermark: 10,
    lastStableOffset: 10,
    logStartOffset: 0,
    records: Buffer.alloc(0),
    abortedTransactions: null,
    divergingEpoch: -1,
    divergingEndOffset: -1,
    ...changes,
  };
}

/** The partitions that an incremental answer tells. */
function news(session: FetchSession, ...results: FetchResult[]): number[] {
  return session.takeNews(results).map(({ request }) => request.partition);
}

describe("what an incremental answer tells", () => {
  test("is nothing once it was told", () => {
    const session = sessionOf(0, 1);
    expect(news(session, result(session, 0), result(session, 1))).toEqual([0, 1]);
    expect(news(session, result(session, 0), result(session, 1))).toEqual([]);
  });

  test("is nothing of what the full answer told", () => {
    const session = sessionOf(0);
    session.takeAll([result(session, 0)]);
    expect(news(session, result(session, 0))).toEqual([]);
  });

  test.each([
    ["records", { records: Buffer.alloc(1) }],
    ["a high watermark", { highWatermark: 11 }],
    ["a log start", { logStartOffset: 1 }],
    ["an error", { errorCode: Errors.OFFSET_OUT_OF_RANGE }],
    ["a history that diverges", { divergingEpoch: 0, divergingEndOffset: 4 }],
  ] as const)("is %s", (_name, changes) => {
    const session = sessionOf(0, 1);
    session.takeAll([result(session, 0), result(session, 1)]);
    expect(news(session, result(session, 0), result(session, 1, changes))).toEqual([1]);
  });

  test("is not a last stable offset alone, as in Kafka", () => {
    const session = sessionOf(0);
    session.takeAll([result(session, 0)]);
    expect(news(session, result(session, 0, { lastStableOffset: 4 }))).toEqual([]);
  });

  test("is an error each time, and the first good answer behind it", () => {
    const session = sessionOf(0);
    const failed = { errorCode: Errors.NOT_LEADER_OR_FOLLOWER, highWatermark: -1, logStartOffset: -1 };
    session.takeAll([result(session, 0)]);
    expect(news(session, result(session, 0, failed))).toEqual([0]);
    expect(news(session, result(session, 0, failed))).toEqual([0]);
    expect(news(session, result(session, 0))).toEqual([0]);
    expect(news(session, result(session, 0))).toEqual([]);
  });

  test("is a partition that was forgotten and asked for again", () => {
    const session = sessionOf(0);
    session.takeAll([result(session, 0)]);
    session.forget(zeroUuid, "t", 0);
    expect(session.partitions.size).toBe(0);
    session.update(zeroUuid, "t", 0, position);
    expect(news(session, result(session, 0))).toEqual([0]);
  });
});

describe("fetch session", () => {
  const order = (session: FetchSession) => session.due().map(({ partition }) => partition);

  test("a partition that gave records goes to the end, and one that moves keeps its place", () => {
    const session = sessionOf(0, 1, 2);
    session.takeNews([result(session, 0, { records: Buffer.alloc(5) }), result(session, 1)]);
    expect(order(session)).toEqual([1, 2, 0]);
    session.update(zeroUuid, "t", 2, { ...position, fetchOffset: 7 });
    expect(order(session)).toEqual([1, 2, 0]);
    expect(session.due()[1]!.position.fetchOffset).toBe(7);
  });

  test("tells topics apart by id where it uses ids", () => {
    const session = new FetchSession(1, true, 0);
    session.update("a".repeat(22), "t", 0, position);
    session.update("b".repeat(22), undefined, 0, position);
    expect(session.partitions.size).toBe(2);
    session.forget("a".repeat(22), "another name", 0);
    expect(session.partitions.size).toBe(1);
  });

  test("keeps the name of an id whose topic is gone, which tells it from one never seen", () => {
    const session = new FetchSession(1, true, 0);
    session.update("a".repeat(22), undefined, 0, position);
    session.update("a".repeat(22), "t", 0, position);
    session.update("a".repeat(22), undefined, 0, position);
    expect([...session.partitions.values()][0]!.topic).toBe("t");
  });

  test("the epoch behind the highest is 1", () => {
    const session = sessionOf(0);
    expect(session.epoch).toBe(1);
    session.nextEpoch();
    expect(session.epoch).toBe(2);
    session.epoch = 0x7fffffff;
    session.nextEpoch();
    expect(session.epoch).toBe(1);
  });
});

describe("fetch session cache", () => {
  let draws = 0;
  const draw = () => (draws++ % 1_000) / 1_000;

  function add(cache: FetchSessionCache, partitionCount: number, nowMs: number): number | undefined {
    const session = cache.create(false, partitionCount, nowMs, draw);
    for (let partition = 0; partition < partitionCount; partition++)
      session?.update(zeroUuid, "t", partition, position);
    return session?.id;
  }

  test("ids are positive and not given twice", () => {
    const cache = new FetchSessionCache(3);
    const drawn = [0, 0, 0, 0.5, 0.5, 0.999999999];
    const ids = [1, 2, 3].map(() => cache.create(false, 1, 0, () => drawn.shift()!)!.id);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id > 0 && id <= 0x7fffffff).toBe(true);
  });

  test("has no sessions where it has no slots", () => {
    expect(new FetchSessionCache(0).create(false, 5, 0, draw)).toBeUndefined();
  });

  test("a full cache takes no newcomer while its sessions are new", () => {
    const cache = new FetchSessionCache(2);
    add(cache, 1, 0);
    add(cache, 1, 0);
    expect(add(cache, 100, 2 * minuteMs)).toBeUndefined();
    expect(cache.size).toBe(2);
  });

  test("the session that is idle longest goes, whatever its size", () => {
    const cache = new FetchSessionCache(2);
    const large = add(cache, 50, 0)!;
    const small = add(cache, 1, 1)!;
    cache.use(large, minuteMs);
    cache.use(small, 1.5 * minuteMs);
    expect(add(cache, 1, 3 * minuteMs + 1)).toBeDefined();
    expect(cache.use(large, 3 * minuteMs + 1)).toBeUndefined();
    expect(cache.use(small, 3 * minuteMs + 1)?.id).toBe(small);
  });

  test("the smallest of the busy ones that are not new makes room for a larger one", () => {
    const cache = new FetchSessionCache(3);
    const five = add(cache, 5, 0)!;
    const three = add(cache, 3, 0)!;
    const nowMs = 3 * minuteMs;
    cache.remove(add(cache, 9, 0)!);
    const newer = add(cache, 1, nowMs)!;
    for (const id of [five, three, newer]) cache.use(id, nowMs);
    expect(add(cache, 3, nowMs)).toBeUndefined();
    expect(add(cache, 4, nowMs)).toBeDefined();
    expect(cache.use(three, nowMs)).toBeUndefined();
    expect(cache.use(five, nowMs)).toBeDefined();
    expect(cache.use(newer, nowMs)).toBeDefined();
  });
});
