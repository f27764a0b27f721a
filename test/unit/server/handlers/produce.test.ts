import { setImmediate } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type Compute } from "../../../../src/io/ports.ts";
import { Errors } from "../../../../src/protocol/errors.ts";
import { compressBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { produceHandler } from "../../../../src/server/handlers/produce.ts";
import { promised } from "../../../../src/server/later-result.ts";
import { PartitionLookup } from "../../../../src/server/partition-lookup.ts";
import { readAll } from "../../log/open-log.ts";
import { batch } from "../../log/batches.ts";
import { openReplicas, registration, topicId } from "../../replication/replicas.ts";
import { openVerification } from "../../replication/verification.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { testContext } from "../test-context.ts";
import { oneTopicCache } from "../../../support/one-topic-cache.ts";
import { unusedWorkers } from "../../../support/unused-workers.ts";

/** A handler whose decompression waits until the test lets it go on. */
function open(disk = new MemoryDisk()) {
  const opened = openReplicas(disk);
  const waiting: { go: () => void; fail: () => void; breakDown: () => void }[] = [];
  const compute: Compute = {
    ...nodeCompute,
    decompress: async (...args) => {
      const isBroken = await new Promise<boolean>((resolve, reject) => {
        const fail = (): void => reject(new Error("the worker has died"));
        waiting.push({ go: () => resolve(false), fail, breakDown: () => resolve(true) });
      });
      // No buffer: a bug, so that the check throws instead of refusing the records.
      if (isBroken) return undefined as unknown as Buffer;
      return nodeCompute.decompress(...args);
    },
  };
  const { cache, say } = oneTopicCache("topic", topicId);
  const handler = produceHandler({
    cache,
    lookup: new PartitionLookup(cache, opened.replicas),
    replicas: opened.replicas,
    clock: opened.time,
    compute,
    workers: unusedWorkers,
    verification: openVerification(opened.time).verification,
    minInSyncReplicasOf: () => 1,
  });
  const context = testContext({ apiVersion: 9 });
  const send = async (
    records: Buffer,
    options: { acks?: number; timeoutMs?: number; context?: typeof context } = {},
  ) => {
    const topicData = [{ name: "topic", topicId, partitionData: [{ index: 0, records }] }];
    const request = {
      transactionalId: null,
      acks: options.acks ?? 1,
      timeoutMs: options.timeoutMs ?? 1_000,
      topicData,
    };
    const answer = await promised(handler.handle(request, options.context ?? context));
    if (answer === null || typeof answer === "symbol") return answer;
    return answer.responses![0]!.partitionResponses![0]!;
  };
  const turn = async () => {
    opened.queue.flush();
    await opened.time.settle();
  };
  /** The answer, in as many turns as it takes: decompression is done in real time. */
  const answered = async <T>(answer: Promise<T>): Promise<T> => {
    const turns = setInterval(() => opened.queue.flush(), 1);
    try {
      return await answer;
    } finally {
      clearInterval(turns);
    }
  };
  return { ...opened, say, waiting, send, turn, answered };
}

const compressed = () => compressBatch(batch({ count: 9, value: "compressed" }), "gzip", nodeCompute);

test("a batch that nobody asks about is waited for while the disk is behind, and only then", async () => {
  const { host, replicas, queue, send } = open();
  host();
  const isDiskBehind = vi.spyOn(replicas, "isDiskBehind", "get").mockReturnValue(true);
  let isDone = false;
  const sent = send(batch(), { acks: 0 }).finally(() => (isDone = true));
  await setImmediate();
  expect(isDone).toBe(false);
  queue.flush();
  expect(await sent).toBeNull();
  isDiskBehind.mockReturnValue(false);
  expect(await send(batch(), { acks: 0 })).toBeNull();
});

test("a batch that nobody asks about is waited for however short a timeout came with it", async () => {
  const disk = new MemoryDisk();
  const { host, replicas, time, send } = open(disk);
  host();
  vi.spyOn(replicas, "isDiskBehind", "get").mockReturnValue(true);
  disk.fail("open", "EMFILE", { path: /\.log$/ });
  let isDone = false;
  const sent = send(batch(), { acks: 0, timeoutMs: 0 }).finally(() => (isDone = true));
  await time.advance(60_000);
  expect(isDone).toBe(false);
  disk.heal();
  await time.advance(100);
  expect(await sent).toBeNull();
});

describe("a batch behind one that is being opened", () => {
  test("waits for its append, in its own memory", async () => {
    const { host, send, turn, waiting, answered } = open();
    const partition = host();
    const first = send(await compressed());
    const received = batch({ value: "second" });
    const second = send(received);
    // The connection receives on where the second request stood.
    received.fill(0xee);
    await turn();
    expect(partition.log.logEndOffset).toBe(0);
    waiting[0]!.go();
    expect([await answered(first), await answered(second)]).toMatchObject([{ baseOffset: 0 }, { baseOffset: 9 }]);
    const stored = Array.from(batches(readAll(partition.log)));
    expect(stored.map((each) => each.isValidCrc())).toEqual([true, true]);
    expect(stored[1]!.bytes().includes("second")).toBe(true);
  });

  test("does not wait for its acknowledgement", async () => {
    const { host, send, waiting, answered } = open();
    const partition = host({ registration: { replicas: [1, 2], isr: [1, 2] } });
    const first = send(await compressed(), { acks: -1 });
    const second = send(batch());
    waiting[0]!.go();
    expect(await answered(second)).toMatchObject({ errorCode: 0, baseOffset: 9 });
    partition.update(registration({ replicas: [1, 2], isr: [1], partitionEpoch: 1 }));
    expect(await first).toMatchObject({ errorCode: 0, baseOffset: 0 });
  });

  test("is not failed by the failure of that one, nor are those that come later", async () => {
    const { host, send, turn, waiting, answered } = open();
    host();
    const first = send(await compressed());
    const second = send(batch());
    waiting[0]!.fail();
    expect(await answered(first)).toMatchObject({ errorCode: Errors.UNKNOWN_SERVER_ERROR, baseOffset: -1 });
    await turn();
    expect(await second).toMatchObject({ errorCode: 0, baseOffset: 0 });
    const third = send(batch());
    await turn();
    expect(await third).toMatchObject({ errorCode: 0, baseOffset: 1 });
  });

  test("does not overtake it when the check of one between them throws", async () => {
    const { host, send, turn, waiting, answered } = open();
    const partition = host();
    const first = send(await compressed());
    const failing = send(await compressed()).catch((error: unknown) => error);
    waiting[1]!.breakDown();
    await turn();
    const third = send(batch());
    await turn();
    expect(partition.log.logEndOffset).toBe(0);
    waiting[0]!.go();
    expect(await answered(first)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(await failing).toBeInstanceOf(TypeError);
    expect(await answered(third)).toMatchObject({ errorCode: 0, baseOffset: 9 });
  });

  test("of another connection does not wait", async () => {
    const { host, send, turn, waiting, answered } = open();
    host();
    const first = send(await compressed());
    const other = send(batch(), { context: testContext({ apiVersion: 9 }) });
    await turn();
    expect(await other).toMatchObject({ baseOffset: 0 });
    waiting[0]!.go();
    expect(await answered(first)).toMatchObject({ baseOffset: 1 });
  });
});

describe("what cannot be appended", () => {
  test("a topic that was deleted takes nothing before its replicas are gone, nor for one that has its name now", async () => {
    const { host, send, say } = open();
    const partition = host();
    const byId = { context: testContext({ apiVersion: 13 }) };
    say("BBBBBBBBBBBBBBBBBBBBBA");
    expect(await send(batch())).toMatchObject({ errorCode: Errors.NOT_LEADER_OR_FOLLOWER });
    expect(await send(batch(), byId)).toMatchObject({ errorCode: Errors.UNKNOWN_TOPIC_ID });
    say();
    expect(await send(batch())).toMatchObject({ errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION });
    expect(await send(batch(), byId)).toMatchObject({ errorCode: Errors.UNKNOWN_TOPIC_ID });
    expect(partition.log.logEndOffset).toBe(0);
  });

  test("too few in-sync replicas stop acks=all alone", async () => {
    const { host, send, turn } = open();
    host({ registration: { replicas: [1, 2], isr: [] } });
    const all = await send(batch(), { acks: -1 });
    expect(all).toMatchObject({ errorCode: Errors.NOT_ENOUGH_REPLICAS, baseOffset: -1, logStartOffset: 0 });
    const one = send(batch(), { acks: 1 });
    await turn();
    expect(await one).toMatchObject({ errorCode: 0, baseOffset: 0 });
  });

  test("acks=0 has no answer when all is well, and ends the connection when not", async () => {
    const { host, send } = open();
    host();
    expect(await send(batch(), { acks: 0 })).toBeNull();
    expect(await send(Buffer.from("nonsense"), { acks: 0 })).toBeTypeOf("symbol");
  });
});
