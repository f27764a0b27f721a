import { readdirSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { SteadyProducer } from "../crash/steady-producer.ts";
import { brokerWith, createTopic, hasMoved, move, placesOf, send, setRate, until, valuesOf } from "./directories.ts";

const topic = "moved";
const index = 0;

test("a replica moves there and back while producers write to it, and nothing is lost, doubled or out of order", async () => {
  const { broker, directories } = await brokerWith(["one", "two"]);
  await createTopic(broker.port, topic, 2);
  const { port } = broker;
  const producers = [true, false].map(
    (isIdempotent, partition) => new SteadyProducer({ port, topic, partition, acks: -1, isIdempotent }),
  );
  onTestFinished(async () => void (await Promise.allSettled(producers.map((producer) => producer.stop()))));
  await until(() => producers.every(({ acknowledged }) => acknowledged.length > 500));
  for (let round = 0; round < 4; round++) {
    for (const partition of [0, 1]) {
      const [place] = await placesOf(broker, topic, partition);
      const target = directories.find((directory) => directory !== place!.logDir)!;
      expect(await move(broker, topic, target, partition)).toBe(Errors.NONE);
      await hasMoved(broker, topic, target, partition);
    }
    const before = producers.map(({ acknowledged }) => acknowledged.length);
    await until(() => producers.every(({ acknowledged }, at) => acknowledged.length > before[at]! + 100));
  }
  for (const producer of producers) await producer.stop();
  const check = async () => {
    for (const { acknowledged, options } of producers) {
      const values = await valuesOf(broker, topic, options.partition);
      // What was under way when it stopped may be there too.
      expect(values.slice(0, acknowledged.length)).toEqual(acknowledged);
    }
  };
  await check();
  await broker.restart("kill -9");
  await check();
  await broker.restart("clean");
  await check();
});

test("a move that a kill interrupts goes on after the restart, and a copy that nobody wants any more goes", async () => {
  const { broker, directories } = await brokerWith(["one", "two"]);
  await createTopic(broker.port, topic, 1);
  await createTopic(broker.port, "deleted", 1);
  const sent: string[] = [];
  for (let count = 0; count < 8; count++) {
    const value = `${count}`.padEnd(400_000, "x");
    sent.push(value);
    expect(await send(broker, topic, [value])).toBe(Errors.NONE);
    await send(broker, "deleted", [value]);
  }
  await setRate(broker, "300000");
  for (const name of [topic, "deleted"]) {
    const [place] = await placesOf(broker, name);
    expect(
      await move(
        broker,
        name,
        directories.find((directory) => directory !== place!.logDir)!,
      ),
    ).toBe(Errors.NONE);
  }
  await until(async () => (await placesOf(broker, topic)).some(({ isFuture, offsetLag }) => isFuture && offsetLag < 8));
  const [from] = (await placesOf(broker, topic)).filter(({ isFuture }) => !isFuture);
  await broker.restart("kill -9");
  const copy = (await placesOf(broker, topic)).find(({ isFuture }) => isFuture);
  // It goes on where it was: at this rate all of it would take ten seconds.
  expect(copy?.offsetLag).toBeLessThan(8);
  expect(await send(broker, topic, ["after"])).toBe(Errors.NONE);
  await setRate(broker, null);
  await hasMoved(
    broker,
    topic,
    directories.find((directory) => directory !== from!.logDir)!,
  );
  expect(await valuesOf(broker, topic)).toEqual([...sent, "after"]);
  await until(async () => (await placesOf(broker, "deleted")).length === 1);
  await broker.stop();
  const names = directories.flatMap((directory) => readdirSync(directory)).filter((name) => name.startsWith(topic));
  expect(names.filter((name) => name.endsWith("-future"))).toEqual([]);
  expect(names).toContain(`${topic}-${index}`);
});
