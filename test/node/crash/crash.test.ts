import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { expectEverything, loadedBroker } from "./loaded-broker.ts";

/** `npm run crash` sets more. */
const kills = Number(process.env.ODRADEK_KILLS ?? 3);
const timeoutMs = 180_000 + kills * 15_000;

test(
  `kill -9 under load, ${kills} times: what was acknowledged is there, and once`,
  async () => {
    const { broker, producers } = await loadedBroker();
    for (let kill = 0; kill < kills; kill++) {
      const before = producers.map(({ acknowledged }) => acknowledged.length);
      // What the broker has, and no producer knows of: they send it again to the one that starts then.
      for (const producer of producers) producer.isDeaf = true;
      await sleep(40 + ((kill * 37) % 60));
      await broker.restart("kill -9");
      for (const producer of producers) producer.isDeaf = false;
      // Of those that have not gone on: what keeps them from it.
      const waiting = (): object[] =>
        producers
          .map(({ options: { partition }, acknowledged, last }) => ({ partition, done: acknowledged.length, last }))
          .filter(({ partition, done }) => done <= before[partition]! + 20);
      await expect.poll(waiting, { timeout: 90_000 }).toEqual([]);
    }
    await Promise.all(producers.map((producer) => producer.stop()));
    await expectEverything(broker, producers);
    await broker.restart("kill -9");
    await expectEverything(broker, producers);
  },
  timeoutMs,
);

test("SIGTERM under load: exit code 0, a clean shutdown, and nothing acknowledged is missing", async () => {
  const { broker, producers } = await loadedBroker();
  // `stop` throws when the exit code is another than 0.
  await broker.stop();
  expect(existsSync(join(broker.dataDirectory, ".kafka_cleanshutdown"))).toBe(true);
  await Promise.all(producers.map((producer) => producer.stop()));
  await broker.start();
  expect(existsSync(join(broker.dataDirectory, ".kafka_cleanshutdown"))).toBe(false);
  await expectEverything(broker, producers);
});
