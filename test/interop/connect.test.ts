import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { expect, onTestFinished, test } from "vitest";
import { call, logEnds } from "../../bench/harness/admin.ts";
import { apis } from "../../src/protocol/apis.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { waitUntil } from "../support/broker/wait-until.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { CommittedRecords } from "./support/committed-records.ts";
import { ConnectWorker } from "./support/connect-worker.ts";
import { prepareFrameworks } from "./support/frameworks.ts";
import { withTool } from "./support/tool-or-skip.ts";

const settleTimeoutMs = 180_000;

function source(file: string, topic: string): Record<string, string> {
  return {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
    "tasks.max": "1",
    file,
    topic,
  };
}

function sink(file: string, topic: string): Record<string, string> {
  return {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
    "tasks.max": "1",
    file,
    topics: topic,
  };
}

/** Lines of different lengths; ASCII, because the file source counts characters where it seeks bytes when it goes on. */
function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `${from + index} spule ${"-".repeat(index % 40)}\n`).join("");
}

function untilIdentical(copy: string, original: string): Promise<void> {
  const read = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
  return waitUntil(
    "the copy",
    async () =>
      read(copy) === read(original) ? undefined : `${read(copy).length} of ${read(original).length} characters`,
    settleTimeoutMs,
  );
}

/** All that the sink has read is committed: what it wrote behind its last commit it would write again. */
function untilCommitted(port: number, connector: string, topic: string): Promise<void> {
  const groupId = `connect-${connector}`;
  return waitUntil("the sink's commit", async () => {
    const { groups } = await call(port, apis.offsetFetch, 8, { groups: [{ groupId, topics: null }] });
    const committed = groups[0]?.topics.find(({ name }) => name === topic)?.partitions[0]?.committedOffset ?? -1;
    const [end = 0] = await logEnds(port, topic, 1);
    // The last offset is that of a transaction's marker.
    return committed >= end - 1 ? undefined : `${committed} of ${end}`;
  });
}

async function startBroker(): Promise<TestBroker> {
  const broker = await TestBroker.start();
  onTestFinished(() => broker.remove());
  return broker;
}

await withTool("Kafka Connect", prepareFrameworks, (frameworks) => {
  test("a standalone worker copies a file through a topic", async () => {
    const { bootstrap } = await startBroker();
    const folder = temporaryDirectory();
    const [original, copy] = [join(folder, "original"), join(folder, "copy")];
    writeFileSync(original, lines(0, 500));
    await ConnectWorker.standalone(frameworks, bootstrap, [
      { name: "reader", ...source(original, "lines") },
      { name: "writer", ...sink(copy, "lines") },
    ]);
    appendFileSync(original, lines(500, 500));
    await untilIdentical(copy, original);
  });

  test("two workers share connectors, which are made, paused, resumed and deleted; one worker is killed", async () => {
    const { bootstrap, port } = await startBroker();
    const folder = temporaryDirectory();
    const [original, copy] = [join(folder, "original"), join(folder, "copy")];
    writeFileSync(original, lines(0, 300));
    const workers = await Promise.all(
      ["one", "two"].map(() => ConnectWorker.distributed(frameworks, bootstrap, "workers")),
    );
    const [first] = workers as [ConnectWorker, ConnectWorker];
    await first.request("PUT", "/connectors/reader/config", {
      ...source(original, "lines"),
      "exactly.once.support": "required",
    });
    await first.request("PUT", "/connectors/writer/config", sink(copy, "lines"));
    await untilIdentical(copy, original);

    await first.request("PUT", "/connectors/writer/pause");
    await first.untilStatus("writer", "is paused", ({ tasks }) => tasks[0]?.state === "PAUSED");
    const before = readFileSync(copy, "utf8");
    appendFileSync(original, lines(300, 100));
    await sleep(1_500);
    expect(readFileSync(copy, "utf8")).toBe(before);
    await first.request("PUT", "/connectors/writer/resume");
    await untilIdentical(copy, original);

    await untilCommitted(port, "writer", "lines");
    const { tasks } = await first.untilRunning("writer");
    const dead = workers.find(({ id }) => id === tasks[0]?.worker_id) as ConnectWorker;
    const alive = workers.find((worker) => worker !== dead) as ConnectWorker;
    await dead.process.kill();
    appendFileSync(original, lines(400, 300));
    await alive.untilStatus("writer", "has moved", (status) => status.tasks[0]?.worker_id === alive.id);
    await untilIdentical(copy, original);

    await alive.request("DELETE", "/connectors/writer");
    await alive.untilConnectors("reader");
  });

  test("a source connector with exactly-once support writes each line once although its worker is killed", async () => {
    const { bootstrap } = await startBroker();
    const original = join(temporaryDirectory(), "original");
    writeFileSync(original, lines(0, 1));
    const start = () => ConnectWorker.distributed(frameworks, bootstrap, "once");
    const worker = await start();
    await worker.request("PUT", "/connectors/reader/config", {
      ...source(original, "lines"),
      "exactly.once.support": "required",
      "transaction.boundary": "interval",
      "transaction.boundary.interval.ms": "200",
      "batch.size": "20",
    });
    await worker.untilRunning("reader");
    for (let round = 0; round < 20; round++) {
      appendFileSync(original, lines(1 + round * 50, 50));
      await sleep(100);
    }
    await worker.process.kill();
    appendFileSync(original, lines(1_001, 200));
    await start();

    const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
    const records = await CommittedRecords.open(kafka, "lines");
    onTestFinished(() => records.close());
    const wanted = readFileSync(original, "utf8").trimEnd().split("\n");
    await records.until(
      `${wanted.length} lines`,
      (found) => (found.length >= wanted.length ? undefined : String(found.length)),
      settleTimeoutMs,
    );
    expect(records.records.map(({ value }) => String(value))).toEqual(wanted);
  });
});
