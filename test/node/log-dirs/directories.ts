import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { type TargetName } from "../../support/broker/target.ts";
import { TestBroker } from "../../support/broker/test-broker.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { RawConnection } from "../network/raw-connection.ts";

export interface Running {
  readonly broker: TestBroker;
  readonly directories: readonly string[];
}

/** A broker in a process of its own, with directories of its own; failures of a directory show within half a second. */
export async function brokerWith(names: readonly string[], target: TargetName = "odradek"): Promise<Running> {
  const folder = temporaryDirectory();
  const directories = names.map((name) => join(folder, name));
  for (const directory of directories) mkdirSync(directory);
  return brokerOn(directories, target);
}

/** The same on directories of a broker that has stopped. */
export async function brokerOn(
  directories: readonly string[],
  target: TargetName,
  portsOf?: TestBroker,
): Promise<Running> {
  const broker = await TestBroker.start({
    target,
    ...(portsOf === undefined ? {} : { portsOf }),
    properties: {
      "log.dirs": directories.join(","),
      "metadata.log.dir": directories[0]!,
      "replica.high.watermark.checkpoint.interval.ms": "200",
      "log.segment.bytes": "1048576",
    },
  });
  onTestFinished(() => broker.remove());
  return { broker, directories };
}

export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error("what was waited for did not come");
    await sleep(20);
  }
}

export interface Place {
  readonly logDir: string;
  readonly isFuture: boolean;
  readonly offsetLag: number;
}

/** In which directories the replica is, and its copy while it moves. */
export async function placesOf({ port }: TestBroker, topic: string, index = 0): Promise<Place[]> {
  const connection = await RawConnection.open(port);
  const { results } = await connection.ask("describeLogDirs", 4, { topics: [{ topic, partitions: [index] }] });
  connection.close();
  return results.flatMap(({ logDir, topics }) =>
    topics.flatMap(({ partitions }) =>
      partitions.map(({ isFutureKey, offsetLag }) => ({ logDir, isFuture: isFutureKey, offsetLag })),
    ),
  );
}

export async function errorsOf({ port }: TestBroker): Promise<Map<string, number>> {
  const connection = await RawConnection.open(port);
  const { results } = await connection.ask("describeLogDirs", 4, { topics: [] });
  connection.close();
  return new Map(results.map(({ logDir, errorCode }) => [logDir, errorCode]));
}

export async function move({ port }: TestBroker, topic: string, path: string, index = 0): Promise<number> {
  const connection = await RawConnection.open(port);
  const dirs = [{ path, topics: [{ name: topic, partitions: [index] }] }];
  const answer = await connection.ask("alterReplicaLogDirs", 2, { dirs });
  connection.close();
  return answer.results[0]!.partitions[0]!.errorCode;
}

export async function hasMoved(broker: TestBroker, topic: string, path: string, index = 0): Promise<void> {
  await until(async () => {
    const places = await placesOf(broker, topic, index);
    return places.length === 1 && places[0]!.logDir === path;
  });
}

/** How fast replicas may move, bytes a second; null lifts the limit. */
export async function setRate({ port }: TestBroker, value: string | null): Promise<void> {
  const connection = await RawConnection.open(port);
  const name = "replica.alter.log.dirs.io.max.bytes.per.second";
  const configs = [{ name, configOperation: value === null ? 1 : 0, value }];
  await connection.ask("incrementalAlterConfigs", 1, {
    resources: [{ resourceType: 4, resourceName: "1", configs }],
  });
  connection.close();
}

export { createTopic } from "../../../bench/harness/admin.ts";

/** Appends one batch of values and returns the error code. */
export async function send(
  { port }: TestBroker,
  topic: string,
  values: readonly (string | Buffer)[],
  index = 0,
): Promise<number> {
  const connection = await RawConnection.open(port);
  const records = buildBatch({
    records: values.map((value) => ({ key: null, value: Buffer.from(value), timestamp: Date.now() })),
  });
  const topicData = [{ name: topic, partitionData: [{ index, records }] }];
  const answer = await connection.ask("produce", 9, { acks: -1, timeoutMs: 30_000, topicData });
  connection.close();
  return answer.responses[0]!.partitionResponses[0]!.errorCode;
}

/** Every value of a partition, from the start. */
export async function valuesOf({ port }: TestBroker, topic: string, index = 0): Promise<string[]> {
  const connection = await RawConnection.open(port);
  const values: string[] = [];
  for (let fetchOffset = 0; ;) {
    const partitions = [{ partition: index, fetchOffset, partitionMaxBytes: 4_000_000 }];
    const fetched = await connection.ask("fetch", 12, { maxWaitMs: 0, topics: [{ topic, partitions }] });
    const { errorCode, records } = fetched.responses[0]!.partitions[0]!;
    if (errorCode !== 0) throw new Error(`fetch at ${fetchOffset}: error ${errorCode}`);
    if (records === null || records.length === 0) break;
    for (const batch of batches(records)) {
      for (const { value } of recordsOf(batch, payloadOf(batch))) values.push(String(value));
      fetchOffset = batch.nextOffset;
    }
  }
  connection.close();
  return values;
}
