import { expect, test } from "vitest";
import { type Runtime } from "../../../../src/io/ports.ts";
import { IdleCollection } from "../../../../src/cli/server/idle-collection.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { silentLogger } from "../../../support/silent-logger.ts";

const megabyte = 1024 * 1024;

class FakeRuntime implements Runtime {
  collections = 0;
  compactions = 0;
  readonly #usedBytes: number;
  requestCount = 0;
  #heapBytes = 40 * megabyte;

  constructor(usedBytes = 10 * megabyte) {
    this.#usedBytes = usedBytes;
  }

  heapUsedBytes(): number {
    return this.#usedBytes;
  }

  heapBytes(): number {
    return this.#heapBytes;
  }

  async collect(): Promise<void> {
    this.collections += 1;
    this.#heapBytes = 20 * megabyte;
  }

  async compact(): Promise<void> {
    this.compactions += 1;
    this.#heapBytes = 15 * megabyte;
  }

  work(requests: number, grownBytes: number): void {
    this.requestCount += requests;
    this.#heapBytes += grownBytes;
  }
}

function collectionUnderTest(runtime = new FakeRuntime()) {
  const time = new ManualTime();
  const collection = new IdleCollection({
    runtime,
    timers: time,
    logger: silentLogger,
    requestCount: () => runtime.requestCount,
  });
  collection.start();
  const seconds = async (count: number, requests: number): Promise<void> => {
    for (let second = 0; second < count; second++) {
      runtime.work(requests, 0);
      await time.advance(1_000);
    }
  };
  return { runtime, collection, seconds };
}

test("an idle node collects once, and again only when it has grown", async () => {
  const { runtime, seconds } = collectionUnderTest();
  await seconds(19, 5);
  expect(runtime.collections).toBe(0);
  await seconds(1, 5);
  expect(runtime.collections).toBe(1);
  await seconds(100, 5);
  expect(runtime.collections).toBe(1);
  runtime.work(500, 10 * megabyte);
  await seconds(40, 5);
  expect(runtime.collections).toBe(2);
});

test("a little growth is not worth a collection", async () => {
  const { runtime, seconds } = collectionUnderTest();
  await seconds(20, 5);
  runtime.work(500, 3 * megabyte);
  await seconds(60, 5);
  expect(runtime.collections).toBe(1);
});

test("a node with something to do now and then does not collect", async () => {
  const { runtime, seconds } = collectionUnderTest();
  for (let round = 0; round < 10; round++) {
    await seconds(19, 5);
    await seconds(1, 30);
  }
  expect(runtime.collections).toBe(0);
});

test("what is left is moved together when it is not much, and what that has freed is no growth", async () => {
  const { runtime, seconds } = collectionUnderTest();
  await seconds(60, 5);
  expect([runtime.collections, runtime.compactions]).toEqual([1, 1]);
  runtime.work(500, 5 * megabyte);
  await seconds(60, 5);
  expect([runtime.collections, runtime.compactions]).toEqual([2, 2]);
  const larger = collectionUnderTest(new FakeRuntime(50 * megabyte));
  await larger.seconds(60, 5);
  expect([larger.runtime.collections, larger.runtime.compactions]).toEqual([1, 0]);
});

test("a large heap is left alone: its collection would take long", async () => {
  const { runtime, seconds } = collectionUnderTest(new FakeRuntime(200 * megabyte));
  await seconds(60, 5);
  expect(runtime.collections).toBe(0);
});

test("nothing is collected after the end", async () => {
  const { runtime, collection, seconds } = collectionUnderTest();
  await seconds(10, 5);
  collection.stop();
  await seconds(60, 5);
  expect(runtime.collections).toBe(0);
});

test("a runtime that does not let itself be told is not asked in vain for long, and ends nothing", async () => {
  class Refusing extends FakeRuntime {
    override collect(): Promise<void> {
      this.collections += 1;
      return Promise.reject(new Error("no"));
    }
  }
  const { runtime, seconds } = collectionUnderTest(new Refusing());
  await seconds(60, 0);
  expect(runtime.collections).toBe(1);
});
