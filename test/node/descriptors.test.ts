import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createTopic } from "../../bench/harness/admin.ts";
import { nodeDisk } from "../../src/io/node/node-disk.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { cuts, isRefused, logToCut, stateOf } from "../unit/log/log-to-cut.ts";
import { until, valuesOf } from "./log-dirs/directories.ts";
import { RawConnection } from "./network/raw-connection.ts";

/** Linux lets the limit of a process that runs be changed. */
const canLimit = existsSync("/proc/self/limits") && spawnSync("prlimit", ["--version"]).status === 0;

/** Has the process find no descriptor whose number is `limit` or more; the others stay open. Returns what it was. */
function limitDescriptors(pid: number, limit: string): string {
  const former = /^Max open files\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1] ?? "";
  expect(spawnSync("prlimit", ["--pid", String(pid), `--nofile=${limit}:`]).status).toBe(0);
  return former;
}

/** What `act` gives while this process has so many descriptors left; the limit is low enough to get there. */
function withLeft<T>(count: number, act: () => T): T {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch (error) {
    expect(error).toMatchObject({ code: "EMFILE" });
  }
  for (const descriptor of taken.splice(0, count)) closeSync(descriptor);
  try {
    return act();
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
}

test.skipIf(!canLimit)("a file is removed without a descriptor", () => {
  const path = `${temporaryDirectory()}/file`;
  const used = readdirSync("/proc/self/fd").map(Number);
  const former = limitDescriptors(process.pid, String(Math.max(...used) + 64));
  onTestFinished(() => void limitDescriptors(process.pid, former));
  nodeDisk.open(path, "create").close();
  withLeft(0, () => nodeDisk.remove(path));
  expect(existsSync(path)).toBe(false);
});

test.skipIf(!canLimit)("on a real disk a cut is done or not begun, however many descriptors are left", async () => {
  const folder = temporaryDirectory();
  const used = readdirSync("/proc/self/fd").map(Number);
  const former = limitDescriptors(process.pid, String(Math.max(...used) + 64));
  onTestFinished(() => void limitDescriptors(process.pid, former));
  for (const name of ["over several segments", "of everything"]) {
    const cut = cuts[name]!;
    const before = stateOf(logToCut(nodeDisk, `${folder}/${name}/before-0`));
    const cutAtOnce = logToCut(nodeDisk, `${folder}/${name}/after-0`);
    cut(cutAtOnce.log);
    const after = stateOf(cutAtOnce);
    for (let left = 0; ; left++) {
      const under = logToCut(nodeDisk, `${folder}/${name}/${left}-0`);
      const wasRefused = withLeft(left, () => isRefused(() => cut(under.log)));
      expect([name, left, under.diskErrors]).toEqual([name, left, []]);
      expect([name, left, stateOf(under)]).toEqual([name, left, wasRefused ? before : after]);
      if (!wasRefused) break;
      cut(under.log);
      expect([name, left, stateOf(under)]).toEqual([name, left, after]);
      under.log.close();
    }
  }
  // What was cut off is removed by threads.
  await sleep(20);
});

test.skipIf(!canLimit)(
  "a broker without a descriptor goes on with what it has open, and with all when there are some",
  async () => {
    const broker = await TestBroker.start({ properties: { "log.segment.bytes": "1048576" } });
    onTestFinished(() => broker.remove());
    await createTopic(broker.port, "t", 1);
    const connection = await RawConnection.open(broker.port);
    const sent: string[] = [];
    const send = async (topic: string, sizeBytes: number): Promise<number> => {
      const value = `${sent.length}`.padEnd(sizeBytes, "x");
      const records = buildBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: Date.now() }] });
      const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
      const answer = await connection.ask("produce", 9, { acks: -1, timeoutMs: 5_000, topicData });
      const { errorCode } = answer.responses[0]!.partitionResponses[0]!;
      if (errorCode === Errors.NONE && topic === "t") sent.push(value);
      return errorCode;
    };
    expect(await send("t", 600_000)).toBe(Errors.NONE);

    const former = limitDescriptors(broker.pid!, "3");
    expect(await send("t", 100_000)).toBe(Errors.NONE);
    // For a new segment it takes a descriptor, and for a new log.
    expect(await send("t", 600_000)).toBe(Errors.KAFKA_STORAGE_ERROR);
    const created = await connection.ask("createTopics", 7, {
      topics: [{ name: "later", numPartitions: 1, replicationFactor: 1 }],
      timeoutMs: 5_000,
    });
    expect(created.topics[0]!.errorCode).toBe(Errors.NONE);
    expect(await send("later", 10)).not.toBe(Errors.NONE);
    expect(await send("t", 100_000)).toBe(Errors.NONE);

    limitDescriptors(broker.pid!, former);
    expect(await send("t", 600_000)).toBe(Errors.NONE);
    await until(async () => (await send("later", 10)) === Errors.NONE);
    connection.close();
    await broker.restart("clean");
    expect(await valuesOf(broker, "t")).toEqual(sent);
    expect(await valuesOf(broker, "later")).toHaveLength(1);
  },
);

test.skipIf(!canLimit)(
  "a broker without a descriptor waits for some before it stops, and stops in good order",
  async () => {
    const broker = await TestBroker.start();
    onTestFinished(() => broker.remove());
    await createTopic(broker.port, "t", 5);
    const former = limitDescriptors(broker.pid!, "3");
    const { pid } = broker;
    const stopped = broker.stop();
    await until(async () => /shutting down/.test(broker.log));
    // The sockets are closed by then, and nothing but what it waits for keeps it from ending.
    await sleep(1_000);
    expect(broker.isRunning).toBe(true);
    limitDescriptors(pid!, former);
    await stopped;
    expect(existsSync(`${broker.dataDirectory}/.kafka_cleanshutdown`)).toBe(true);
  },
);
