import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { type ProducerIdBlock } from "../../../src/controller/controller.ts";
import { ProducerIdManager } from "../../../src/server/producer-id-manager.ts";

/** A controller that gives blocks of 150 ids when the test lets it. */
class Blocks {
  asked = 0;
  isHeld = false;
  failures: number[] = [];
  #next = 0;
  #held: (() => void)[] = [];

  readonly allocate = async (): Promise<ProducerIdBlock> => {
    this.asked += 1;
    if (this.isHeld) await new Promise<void>((resolve) => this.#held.push(resolve));
    const errorCode = (this.failures.shift() ?? Errors.NONE) as ProducerIdBlock["errorCode"];
    if (errorCode !== Errors.NONE) return { errorCode, firstProducerId: -1, count: 0 };
    const firstProducerId = this.#next;
    this.#next += 150;
    return { errorCode, firstProducerId, count: 150 };
  };

  release(): void {
    this.isHeld = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }
}

async function take(manager: ProducerIdManager, count: number): Promise<number[]> {
  const taken = await Promise.all(Array.from({ length: count }, () => manager.take()));
  expect(taken.every(({ errorCode }) => errorCode === Errors.NONE)).toBe(true);
  return taken.map(({ producerId }) => producerId);
}

describe("producer ids", () => {
  test("are given once, over any number of blocks, to however many ask together", async () => {
    const blocks = new Blocks();
    const manager = new ProducerIdManager(blocks.allocate);
    const ids = [...(await take(manager, 400)), ...(await take(manager, 1)), ...(await take(manager, 333))];
    expect(new Set(ids).size).toBe(734);
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 734 }, (_, id) => id));
  });

  test("the next block is asked for once, before the present one is used up", async () => {
    const blocks = new Blocks();
    const manager = new ProducerIdManager(blocks.allocate);
    await take(manager, 50);
    expect(blocks.asked).toBe(1);
    blocks.isHeld = true;
    await take(manager, 60);
    expect(blocks.asked).toBe(2);
    blocks.release();
    expect(await take(manager, 100)).toHaveLength(100);
  });

  test("a controller that has none is an error, and is asked again", async () => {
    const blocks = new Blocks();
    blocks.failures = [Errors.NOT_CONTROLLER];
    const manager = new ProducerIdManager(blocks.allocate);
    expect(await manager.take()).toEqual({ errorCode: Errors.NOT_CONTROLLER, producerId: -1 });
    expect(await take(manager, 1)).toEqual([0]);
  });

  test("a failure while there are ids left harms nobody", async () => {
    const blocks = new Blocks();
    const manager = new ProducerIdManager(blocks.allocate);
    await take(manager, 40);
    blocks.failures = [Errors.NOT_CONTROLLER];
    const ids = [];
    for (let count = 0; count < 200; count++) ids.push(...(await take(manager, 1)));
    expect(new Set(ids).size).toBe(200);
  });
});
