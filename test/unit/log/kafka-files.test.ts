import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { call, createTopic } from "../../../bench/harness/admin.ts";
import { nodeDisk } from "../../../src/io/node/node-disk.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { recording } from "../../support/recording.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { startMs } from "./batches.ts";
import { describeFiles, fileScenarios } from "./kafka-files.ts";
import { logDirectory, openLog } from "./open-log.ts";

/**
 * The files that Apache Kafka 4.3.0 has after a clean shutdown when it was given the same batches one by one: where it
 * rolls, what stands in the indexes, snapshots and checkpoint. To record them again, start a broker, run with
 * `ODRADEK_RECORD_PORT` set to its port, stop it, and run with `ODRADEK_RECORD_DIRECTORY` set to its log directory.
 */
const golden = new URL("../../data/log-files.json", import.meta.url);
const goldenTransactions = new URL("../../data/log-files-transactions.json", import.meta.url);
const recordPort = process.env["ODRADEK_RECORD_PORT"];
const recordDirectory = process.env["ODRADEK_RECORD_DIRECTORY"];
const topicOf = (index: number) => `files-${index}`;

recording(recordPort !== undefined, () => {
  it("sends the batches", { timeout: 120_000 }, async () => {
    for (const [index, { configs, batches }] of fileScenarios.entries()) {
      await createTopic(Number(recordPort), topicOf(index), 1, { ...configs, "retention.ms": "-1" });
      for (const records of batches()) {
        const topicData = [{ name: topicOf(index), partitionData: [{ index: 0, records }] }];
        const request = { acks: -1, timeoutMs: 5_000, topicData };
        const { responses } = await call(Number(recordPort), apis.produce, 11, request);
        expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
      }
    }
  });
});

recording(recordDirectory !== undefined, () => {
  it("looks at the files", () => {
    const files = fileScenarios.map(({ name }, index) => [
      name,
      describeFiles(nodeDisk, `${recordDirectory}/${topicOf(index)}-0`),
    ]);
    writeFileSync(golden, `${JSON.stringify(Object.fromEntries(files), null, 1)}\n`);
  });
});

/** A topic of that name, which Java's transactional producers wrote to (three at a time, half of it aborted). */
const transactionsDirectory = `${recordDirectory}/files-transactions-0`;

recording(recordDirectory !== undefined && existsSync(transactionsDirectory), () => {
  it("looks at a log with transactions", () => {
    const names = nodeDisk.list(transactionsDirectory).filter((name) => name.endsWith(".log"));
    const segments = names.map((name) => nodeDisk.readFile(`${transactionsDirectory}/${name}`).toString("base64"));
    const recorded = { segments, files: describeFiles(nodeDisk, transactionsDirectory) };
    writeFileSync(goldenTransactions, `${JSON.stringify(recorded, null, 1)}\n`);
  });
});

describe.runIf(recordPort === undefined && recordDirectory === undefined)("the files are Kafka's", () => {
  test.each(fileScenarios)("$name", ({ name, config, batches }) => {
    const recorded = JSON.parse(readFileSync(golden, "utf8")) as Record<string, Record<string, unknown>>;
    const disk = new MemoryDisk();
    const nowMs = startMs + 100_000_000_000;
    const { log, queue } = openLog(disk, config, { time: new ManualTime(nowMs) });
    for (const records of batches()) {
      expect(log.appendAsLeader(records, 0, "client", nowMs)).toMatchObject({ ok: true });
      queue.flush();
    }
    log.close();
    expect(describeFiles(disk, logDirectory)).toEqual(recorded[name]);
    expect(Object.keys(recorded[name]!).filter((file) => file.endsWith(".log")).length).toBeGreaterThan(2);
  });

  const transactions = () =>
    JSON.parse(readFileSync(goldenTransactions, "utf8")) as {
      readonly segments: readonly string[];
      readonly files: Record<string, unknown>;
    };
  const config = { segmentBytes: 2_500, indexIntervalBytes: 300 };

  test("transactions, appended as a follower does", () => {
    const { segments, files } = transactions();
    const disk = new MemoryDisk();
    const { log, queue } = openLog(disk, config, { time: new ManualTime(Date.now()) });
    for (const segment of segments) {
      expect(log.appendAsFollower(Buffer.from(segment, "base64"))).toBeNull();
      queue.flush();
    }
    log.close();
    expect(describeFiles(disk, logDirectory)).toEqual(files);
    expect(Object.keys(files).filter((name) => name.endsWith(".txnindex")).length).toBeGreaterThan(3);
  });

  test("transactions, recovered from the log files alone", () => {
    const { segments, files } = transactions();
    const disk = new MemoryDisk();
    disk.mkdir(logDirectory);
    const names = Object.keys(files).filter((name) => name.endsWith(".log"));
    for (const [index, name] of names.entries()) {
      const file = disk.open(`${logDirectory}/${name}`, "create");
      file.write([Buffer.from(segments[index]!, "base64")], 0);
      file.close();
    }
    const { log } = openLog(disk, config, { time: new ManualTime(Date.now()) });
    log.close();
    expect(describeFiles(disk, logDirectory)).toEqual(files);
  });
});
