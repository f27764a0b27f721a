import { existsSync, readdirSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { fetch, from } from "../../differential/requests.ts";
import { RawConnection } from "../network/raw-connection.ts";
import { brokerWith, createTopic, errorsOf, move, placesOf, send, setRate, until, valuesOf } from "./directories.ts";

const topic = "t";

/** The indexes of the partitions in each directory. */
function contentsOf(directories: readonly string[]): number[][] {
  return directories.map((directory) =>
    readdirSync(directory)
      .map((name) => /^t-(\d)$/.exec(name)?.[1])
      .filter((index) => index !== undefined)
      .map(Number),
  );
}

/** The files that a process has open, where the system tells. */
function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      return [];
    }
  });
}

/** The error of a fetch, and its aborted transactions. */
async function fetched(port: number, partition: number) {
  const connection = await RawConnection.open(port);
  const answer = await connection.ask("fetch", 12, fetch([{ topic, partitions: [from(0, { partition })] }]));
  connection.close();
  const { errorCode, abortedTransactions } = answer.responses[0]!.partitions[0]!;
  return [errorCode, abortedTransactions];
}

async function leadersOf(port: number): Promise<number[]> {
  const connection = await RawConnection.open(port);
  const answer = await connection.ask("metadata", 12, { topics: [{ name: topic }], allowAutoTopicCreation: false });
  connection.close();
  const { partitions } = answer.topics[0]!;
  return partitions.sort((one, other) => one.partitionIndex - other.partitionIndex).map(({ leaderId }) => leaderId);
}

test("a directory that fails takes its own partitions along, the last one the broker; both come back with their directory", async () => {
  const { broker, directories } = await brokerWith(["one", "two"]);
  const [one, two] = directories as [string, string];
  await createTopic(broker.port, topic, 4);
  const [inOne, inTwo] = contentsOf(directories) as [number[], number[]];
  expect([inOne.length, inTwo.length]).toEqual([2, 2]);
  for (const index of [0, 1, 2, 3]) expect(await send(broker, topic, [`first-${index}`], index)).toBe(Errors.NONE);

  renameSync(two, `${two}.away`);
  await until(async () => (await errorsOf(broker)).get(two) === Errors.KAFKA_STORAGE_ERROR);
  expect((await errorsOf(broker)).get(one)).toBe(Errors.NONE);
  for (const index of inTwo) expect(await send(broker, topic, ["lost"], index)).toBe(Errors.KAFKA_STORAGE_ERROR);
  for (const index of inOne) expect(await send(broker, topic, [`second-${index}`], index)).toBe(Errors.NONE);
  await until(async () => (await leadersOf(broker.port)).filter((leader) => leader === -1).length === 2);
  expect((await leadersOf(broker.port)).map((leader) => leader === -1)).toEqual(
    [0, 1, 2, 3].map((i) => inTwo.includes(i)),
  );
  expect(await move(broker, topic, two, inOne[0])).toBe(Errors.KAFKA_STORAGE_ERROR);
  expect(await move(broker, topic, one, inTwo[0])).toBe(Errors.KAFKA_STORAGE_ERROR);
  // Its volume can be taken away.
  const held = () => filesOf(broker.pid!).filter((path) => path.startsWith(`${two}.away/`) && !path.endsWith("/.lock"));
  await expect.poll(held, { timeout: 60_000 }).toEqual([]);
  // New topics go where there is room.
  await createTopic(broker.port, "later", 3);
  expect(readdirSync(one).filter((name) => name.startsWith("later-")).length).toBe(3);

  // The same when it starts without the directory: what was there is not made anew elsewhere.
  writeFileSync(two, "no directory");
  await broker.restart("clean");
  expect((await errorsOf(broker)).get(two)).toBe(Errors.KAFKA_STORAGE_ERROR);
  expect(contentsOf([one])).toEqual([inOne]);
  expect((await leadersOf(broker.port)).map((leader) => leader === -1)).toEqual(
    [0, 1, 2, 3].map((i) => inTwo.includes(i)),
  );
  // The registration changes what the metadata says of them.
  for (const index of inTwo)
    await until(async () => (await send(broker, topic, ["lost"], index)) === Errors.KAFKA_STORAGE_ERROR);
  expect(await move(broker, topic, one, inTwo[0])).toBe(Errors.KAFKA_STORAGE_ERROR);
  // When it starts once more nothing is said of them, and they are as if they were to come.
  await broker.restart("clean");
  for (const index of inTwo) {
    expect(await send(broker, topic, ["lost"], index)).toBe(Errors.NOT_LEADER_OR_FOLLOWER);
    expect(await fetched(broker.port, index)).toEqual([Errors.NOT_LEADER_OR_FOLLOWER, null]);
  }
  expect(await move(broker, topic, one, inTwo[0])).toBe(Errors.REPLICA_NOT_AVAILABLE);
  expect(contentsOf([one])).toEqual([inOne]);

  await broker.stop();
  rmSync(two);
  renameSync(`${two}.away`, two);
  await broker.start();
  expect(contentsOf(directories)).toEqual([inOne, inTwo]);
  for (const index of inTwo) expect(await valuesOf(broker, topic, index)).toEqual([`first-${index}`]);
  for (const index of inOne)
    expect(await valuesOf(broker, topic, index)).toEqual([`first-${index}`, `second-${index}`]);

  renameSync(two, `${two}.gone`);
  await until(async () => (await errorsOf(broker)).get(two) === Errors.KAFKA_STORAGE_ERROR);
  renameSync(one, `${one}.gone`);
  await until(() => broker.exitCode !== undefined);
  expect(broker.exitCode).toBe(1);
});

test("a directory that fails ends the move to it, and the replica stays where it is", async () => {
  const { broker, directories } = await brokerWith(["one", "two"]);
  const [one, two] = directories as [string, string];
  await createTopic(broker.port, topic, 1);
  expect(contentsOf([one])).toEqual([[0]]);
  for (let count = 0; count < 4; count++) await send(broker, topic, ["x".repeat(300_000)]);
  await setRate(broker, "1000");
  expect(await move(broker, topic, two)).toBe(Errors.NONE);
  await until(async () => (await placesOf(broker, topic)).some(({ isFuture }) => isFuture));
  renameSync(two, `${two}.gone`);
  await until(async () => (await errorsOf(broker)).get(two) === Errors.KAFKA_STORAGE_ERROR);
  expect(await placesOf(broker, topic)).toEqual([{ logDir: one, isFuture: false, offsetLag: 0 }]);
  expect(await send(broker, topic, ["goes on"])).toBe(Errors.NONE);
});

test("partitions that were put into another directory while the broker was down are served from there", async () => {
  const { broker, directories } = await brokerWith(["one", "two", "three"]);
  const [one, two, three] = directories as [string, string, string];
  await createTopic(broker.port, topic, 3);
  for (const index of [0, 1, 2]) await send(broker, topic, [`v${index}`], index);
  await broker.stop();
  const [[inOne], [inTwo]] = contentsOf([one, two]) as [number[], number[]];
  renameSync(join(one, `t-${inOne}`), join(three, `t-${inOne}`));
  await broker.start();
  for (const index of [0, 1, 2]) expect(await valuesOf(broker, topic, index)).toEqual([`v${index}`]);
  expect(await placesOf(broker, topic, inOne)).toMatchObject([{ logDir: three }]);
  // The metadata has learnt it: a failure of the former directory is none of the partition's.
  renameSync(two, `${two}.gone`);
  await until(async () => (await errorsOf(broker)).get(two) === Errors.KAFKA_STORAGE_ERROR);
  expect(await send(broker, topic, ["w"], inOne)).toBe(Errors.NONE);
  expect(await send(broker, topic, ["w"], inTwo)).toBe(Errors.KAFKA_STORAGE_ERROR);
  expect(existsSync(join(one, `t-${inOne}`))).toBe(false);
});
