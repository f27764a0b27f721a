import { expect, test } from "vitest";
import { ConcurrencyLimit } from "../../../src/base/concurrency-limit.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("no more than so many run at once, in the order in which they came", async () => {
  const limit = new ConcurrencyLimit(2);
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const works = [0, 1, 2, 3].map((index) =>
    limit.run(async () => {
      started.push(index);
      await new Promise<void>((resolve) => (finish[index] = resolve));
      return index * 10;
    }),
  );
  await turn();
  expect(started).toEqual([0, 1]);
  finish[1]!();
  await turn();
  expect(started).toEqual([0, 1, 2]);
  finish[0]!();
  await turn();
  expect(started).toEqual([0, 1, 2, 3]);
  finish[2]!();
  finish[3]!();
  expect(await Promise.all(works)).toEqual([0, 10, 20, 30]);
});

test("work that fails makes room too", async () => {
  const limit = new ConcurrencyLimit(1);
  const failed = limit.run(() => Promise.reject(new Error("no")));
  const next = limit.run(() => Promise.resolve("yes"));
  await expect(failed).rejects.toThrow("no");
  expect(await next).toBe("yes");
  expect(await limit.run(() => Promise.resolve("again"))).toBe("again");
});
