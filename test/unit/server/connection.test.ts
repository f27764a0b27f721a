import { describe, expect, test } from "vitest";
import { type BufferPool } from "../../../src/base/buffer-pool.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { joined } from "../../../src/server/answer.ts";
import { closeConnection, type HandlerResult } from "../../../src/server/handler.ts";
import { apiVersionsV0, frame, heartbeat, heartbeatHandler, int32, testServer, until } from "./test-server.ts";

type Result = HandlerResult<"heartbeat">;

/** Heartbeats that are answered when the test says so, by group id. */
function deferred() {
  const settle = new Map<string, (result: Result) => void>();
  const handler = heartbeatHandler(({ groupId }) => new Promise((resolve) => settle.set(groupId, resolve)));
  return { settle, handler };
}

/** An answer of some size: Heartbeat has none, DescribeGroups carries a text. */
function bigAnswerHandler(sizeBytes: number, started: () => void) {
  return {
    api: "describeGroups",
    handle() {
      started();
      return { groups: [{ groupId: "g", members: [{ memberMetadata: Buffer.alloc(sizeBytes) }] }] };
    },
  } as const;
}

describe("framing", () => {
  test("a request that comes byte by byte is answered, and so is one cut anywhere", async () => {
    const { client } = await testServer([heartbeatHandler(() => ({}))]);
    const slow = await client();
    for (const byte of Buffer.concat([heartbeat(1), heartbeat(2)])) {
      slow.send(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await slow.receiveIds(2)).toEqual([1, 2]);
    const whole = Buffer.concat([heartbeat(3), heartbeat(4), heartbeat(5)]);
    for (let cut = 1; cut < whole.length; cut += 3) {
      slow.send(whole.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      slow.send(whole.subarray(cut));
      expect(await slow.receiveIds(3)).toEqual([3, 4, 5]);
    }
  });

  test.each([
    ["negative", int32(-1), "Invalid receive (size = -1)"],
    ["huge", int32(0x7fffffff), "Invalid receive (size = 2147483647 larger than 1000)"],
    ["one too long", int32(1001), "Invalid receive (size = 1001 larger than 1000)"],
  ])("a length that is %s closes the connection with one line, and no other", async (_, bytes, reason) => {
    const { client, log } = await testServer([], { requestBytesMax: 1_000 });
    const [bad, good] = [await client(), await client()];
    const peer = `127.0.0.1:${bad.socket.localPort}`;
    bad.send(bytes);
    expect(await bad.closed).toEqual([]);
    good.send(apiVersionsV0);
    expect(await good.receiveIds(1)).toEqual([77]);
    expect(log).toEqual([
      expect.objectContaining({ level: "warn", msg: "Closing connection: bad request", peer, reason }),
    ]);
  });

  test("the largest request is served", async () => {
    const { client } = await testServer([heartbeatHandler(({ groupId }) => ({ throttleTimeMs: groupId.length }))], {
      requestBytesMax: 1_000,
    });
    const request = frame("heartbeat", 1, 5, { groupId: "g".repeat(1_000 - heartbeat(5).length + 4) });
    expect(request.length).toBe(1_004);
    const one = await client();
    one.send(request);
    expect((await one.receive()).readInt32BE(4)).toBe(1_000 - heartbeat(5).length + 4);
  });
});

describe("order", () => {
  test("answers leave in the order of the requests, whichever handler is done first", async () => {
    const { settle, handler } = deferred();
    const { client } = await testServer([handler]);
    const one = await client();
    one.send(heartbeat(1, "a"), heartbeat(2, "b"), apiVersionsV0, heartbeat(3, "c"));
    // All have started although none is answered.
    await until(() => settle.size === 3);
    settle.get("c")?.({ errorCode: 3 });
    settle.get("b")?.({ errorCode: 2 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(one.frames).toEqual([]);
    settle.get("a")?.({ errorCode: 1 });
    expect(await one.receiveIds(4)).toEqual([1, 2, 77, 3]);
  });

  test("a handler that holds the connection is answered before the next request starts", async () => {
    const { settle, handler } = deferred();
    const { client } = await testServer([{ ...handler, holdsConnection: true }]);
    const one = await client();
    one.send(heartbeat(1, "a"), heartbeat(2, "b"));
    await until(() => settle.size > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([...settle.keys()]).toEqual(["a"]);
    settle.get("a")?.({});
    await until(() => settle.size === 2);
    settle.get("b")?.({});
    expect(await one.receiveIds(2)).toEqual([1, 2]);
  });

  test("while the disk is behind, the next request starts when the last one is answered, and others are served", async () => {
    const { settle, handler } = deferred();
    let isBehind = true;
    const { client } = await testServer([handler], {}, true, () => isBehind);
    const [one, other] = [await client(), await client()];
    one.send(heartbeat(1, "a"), heartbeat(2, "b"), heartbeat(3, "c"), heartbeat(4, "d"));
    await until(() => settle.size > 0);
    other.send(apiVersionsV0);
    expect(await other.receiveIds(1)).toEqual([77]);
    expect([...settle.keys()]).toEqual(["a"]);
    settle.get("a")?.({});
    await until(() => settle.size > 1);
    expect([...settle.keys()]).toEqual(["a", "b"]);
    isBehind = false;
    settle.get("b")?.({});
    await until(() => settle.size === 4);
    settle.get("c")?.({});
    settle.get("d")?.({});
    expect(await one.receiveIds(4)).toEqual([1, 2, 3, 4]);
  });

  test("a request that wants no answer gets none, and the connection goes on", async () => {
    const { client } = await testServer([heartbeatHandler(({ groupId }) => (groupId === "none" ? null : {}))]);
    const one = await client();
    one.send(heartbeat(1, "none"), heartbeat(2), heartbeat(3, "none"), heartbeat(4));
    expect(await one.receiveIds(2)).toEqual([2, 4]);
  });

  test("a handler may close the connection: what came before is answered, what comes after is not", async () => {
    const { settle, handler } = deferred();
    const { client } = await testServer([handler]);
    const one = await client();
    one.send(heartbeat(1, "a"), heartbeat(2, "b"), heartbeat(3, "c"));
    await until(() => settle.size === 3);
    settle.get("c")?.({});
    settle.get("b")?.(closeConnection);
    settle.get("a")?.({});
    expect((await one.closed).map((each) => each.readInt32BE(0))).toEqual([1]);
  });

  test("what was asked before a bad frame is answered, then the connection closes", async () => {
    const { settle, handler } = deferred();
    const { client, log } = await testServer([handler]);
    const one = await client();
    one.send(heartbeat(1, "a"), int32(-5), heartbeat(2, "b"));
    await until(() => log.length > 0);
    settle.get("a")?.({});
    expect((await one.closed).map((each) => each.readInt32BE(0))).toEqual([1]);
    expect([...settle.keys()]).toEqual(["a"]);
  });
});

describe("bounds", () => {
  test("no more than so many requests are in flight", async () => {
    const { settle, handler } = deferred();
    const { client } = await testServer([handler], { inFlightRequestsMax: 3 });
    const one = await client();
    one.send(...["a", "b", "c", "d", "e"].map((group, index) => heartbeat(index, group)));
    await until(() => settle.size === 3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(settle.size).toBe(3);
    settle.get("a")?.({});
    await until(() => settle.size === 4);
    for (const each of ["b", "c", "d"]) settle.get(each)?.({});
    await until(() => settle.size === 5);
    settle.get("e")?.({});
    expect(await one.receiveIds(5)).toEqual([0, 1, 2, 3, 4]);
  });

  test("nor more than so many bytes, but one request of any size", async () => {
    const { settle, handler } = deferred();
    const { client } = await testServer([handler], { inFlightBytesMax: 300 });
    const one = await client();
    const groups = ["a", "b", "c", "d"].map((letter) => letter.repeat(200));
    one.send(...groups.map((group, index) => heartbeat(index, group)), heartbeat(4, "e".repeat(900)));
    for (const [index, group] of groups.entries()) {
      await until(() => settle.has(group));
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(settle.size).toBeLessThanOrEqual(index + 2);
      settle.get(group)?.({});
    }
    await until(() => settle.size === 5);
    settle.get("e".repeat(900))?.({});
    expect(await one.receiveIds(5)).toEqual([0, 1, 2, 3, 4]);
  });

  test("what cannot be started is not read", async () => {
    const { settle, handler } = deferred();
    const { client } = await testServer([handler], { inFlightRequestsMax: 1 });
    const one = await client();
    const requests = Buffer.concat(Array.from({ length: 1_000 }, (_, index) => heartbeat(index, "g".repeat(1_000))));
    for (let count = 0; count < 32; count++) one.send(requests);
    await until(() => settle.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    // Of 32 MB, what the system's buffers do not hold is still with the client.
    expect(one.socket.writableLength).toBeGreaterThan(8 * 1024 * 1024);
  });

  test("a client that does not read stops its own requests, and holds no more than the bound", async () => {
    let started = 0;
    const { client } = await testServer([bigAnswerHandler(100_000, () => (started += 1))], {
      queuedResponseBytesMax: 300_000,
    });
    const [lazy, keen] = [await client(), await client()];
    lazy.socket.pause();
    const requests = Array.from({ length: 2_000 }, (_, id) => frame("describeGroups", 0, id, { groups: ["g"] }));
    lazy.send(...requests);
    await until(() => started > 3);
    let before = -1;
    while (started > before) {
      before = started;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // The rest lies in the buffers of the system, whose size is not ours.
    expect(started).toBeLessThan(200);
    keen.send(apiVersionsV0);
    expect(await keen.receiveIds(1)).toEqual([77]);
    lazy.socket.resume();
    expect(await lazy.receiveIds(2_000)).toEqual(requests.map((_, id) => id));
  });

  test("answers that wait for an earlier one count as queued, too", async () => {
    const { settle, handler } = deferred();
    let started = 0;
    const { client } = await testServer([handler, bigAnswerHandler(100_000, () => (started += 1))], {
      queuedResponseBytesMax: 300_000,
    });
    const one = await client();
    const requests = Array.from({ length: 20 }, (_, id) => frame("describeGroups", 0, id, { groups: ["g"] }));
    one.send(heartbeat(99, "first"), ...requests);
    await until(() => started >= 3);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(started).toBe(3);
    settle.get("first")?.({});
    expect(await one.receiveIds(21)).toEqual([99, ...requests.map((_, id) => id)]);
  });

  test("requests beyond the memory for all connections wait until others are answered", async () => {
    const { settle, handler } = deferred();
    const { client } = await testServer([handler], { queuedRequestBytesMax: 100 });
    const clients = [await client(), await client(), await client()];
    for (const [index, each] of clients.entries()) {
      each.send(heartbeat(index, "g".repeat(100) + index));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(settle.size).toBe(1);
    // A connection that is lost gives back what it held.
    clients[0]?.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(settle.size).toBe(1);
    settle.get(`${"g".repeat(100)}0`)?.({});
    await until(() => settle.size === 2);
    settle.get(`${"g".repeat(100)}1`)?.({});
    await until(() => settle.size === 3);
    settle.get(`${"g".repeat(100)}2`)?.({});
    expect(await clients[1]?.receiveIds(1)).toEqual([1]);
    expect(await clients[2]?.receiveIds(1)).toEqual([2]);
  });

  test("memory of a request that never came whole is given back with its connection", async () => {
    const { client } = await testServer([], { queuedRequestBytesMax: 100 });
    const [half, other] = [await client(), await client()];
    half.send(int32(5_000), Buffer.alloc(10));
    await new Promise((resolve) => setTimeout(resolve, 20));
    other.send(apiVersionsV0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(other.frames).toEqual([]);
    half.socket.destroy();
    expect(await other.receiveIds(1)).toEqual([77]);
  });

  test("a request that comes in pieces has its memory reserved once", async () => {
    const { client } = await testServer([], { queuedRequestBytesMax: 100 });
    const [slow, other] = [await client(), await client()];
    for (const piece of [int32(60), Buffer.alloc(20), Buffer.alloc(20)]) {
      slow.send(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    other.send(apiVersionsV0);
    expect(await other.receiveIds(1)).toEqual([77]);
  });
});

describe("memory that files were read into", () => {
  const answer = (pool: BufferPool): HandlerResult<"describeGroups"> => ({
    groups: [{ groupId: "g", members: [{ memberMetadata: pool.takeToRead(40_000_000) }] }],
  });

  test("goes back with a connection that is lost, answered or not", async () => {
    let settle: (() => void) | undefined;
    const { client, bufferPool } = await testServer([
      { api: "describeGroups", handle: () => answer(bufferPool) },
      heartbeatHandler(() => new Promise((resolve) => (settle = () => resolve({})))),
    ]);
    const budget = bufferPool.readBytesLeft;
    // One leaves, but its client does not read; another waits in line behind an answer that is not there.
    const [lazy, behind] = [await client(), await client()];
    lazy.socket.pause();
    lazy.send(frame("describeGroups", 0, 1, { groups: ["g"] }), frame("describeGroups", 0, 2, { groups: ["g"] }));
    await until(() => bufferPool.readBytesLeft < budget);
    behind.send(heartbeat(1), frame("describeGroups", 0, 2, { groups: ["g"] }));
    await until(() => settle !== undefined);
    const held = bufferPool.readBytesLeft;
    behind.socket.destroy();
    await until(() => bufferPool.readBytesLeft > held);
    lazy.socket.destroy();
    await until(() => bufferPool.readBytesLeft === budget);
  });

  test("goes back when its answer comes after the connection was lost", async () => {
    const settled: ((result: HandlerResult<"describeGroups">) => void)[] = [];
    const { client, bufferPool } = await testServer([
      { api: "describeGroups", handle: () => new Promise((resolve) => settled.push(resolve)) },
    ]);
    const budget = bufferPool.readBytesLeft;
    const gone = await client();
    gone.send(frame("describeGroups", 0, 1, { groups: ["g"] }));
    await until(() => settled.length === 1);
    gone.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    settled[0]?.(answer(bufferPool));
    expect(bufferPool.readBytesLeft).toBeLessThan(budget);
    await until(() => bufferPool.readBytesLeft === budget);
  });
});

describe("a handler that fails", () => {
  const broken = heartbeatHandler(({ groupId }) => {
    if (groupId === "throws") throw new Error("a bug");
    if (groupId === "rejects") return Promise.reject(new Error("another bug"));
    if (groupId === "nonsense") return { errorCode: 70_000 };
    return {};
  });

  test("closes the connection when the request wants no answer, as Kafka does", async () => {
    const { client } = await testServer([
      {
        api: "produce",
        handle() {
          throw new Error("a bug");
        },
      },
    ]);
    const one = await client();
    one.send(apiVersionsV0, frame("produce", 9, 1, { acks: 0 }), apiVersionsV0);
    expect((await one.closed).map((each) => each.readInt32BE(0))).toEqual([77]);
  });

  test("costs its request UNKNOWN_SERVER_ERROR and one line, and the connection goes on", async () => {
    const { client, log } = await testServer([broken]);
    const one = await client();
    one.send(...["throws", "rejects", "nonsense", "fine"].map((group, index) => heartbeat(index, group)));
    const answers = [await one.receive(), await one.receive(), await one.receive(), await one.receive()];
    expect(answers.map((each) => [each.readInt32BE(0), each.readInt16BE(4)])).toEqual([
      [0, Errors.UNKNOWN_SERVER_ERROR],
      [1, Errors.UNKNOWN_SERVER_ERROR],
      [2, Errors.UNKNOWN_SERVER_ERROR],
      [3, Errors.NONE],
    ]);
    expect(log.map(({ level, msg, api }) => [level, msg, api])).toEqual(
      Array.from({ length: 3 }, () => ["error", "Unexpected error handling request", "Heartbeat"]),
    );
  });
});

test("slices that lie one behind the other leave as one", () => {
  const memory = Buffer.from("one two three");
  const other = Buffer.from("four");
  const slices = [memory.subarray(0, 4), memory.subarray(4, 8), other, memory.subarray(8), memory.subarray(0, 3)];
  const pieces = joined(slices);
  expect(pieces.map(String)).toEqual(["one two ", "four", "three", "one"]);
  expect(pieces.map(({ buffer }) => buffer)).toEqual([memory, other, memory, memory].map(({ buffer }) => buffer));
});
