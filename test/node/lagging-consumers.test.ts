import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dropLogsFromPageCache } from "../../bench/harness/page-cache.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../src/protocol/records/record-iterator.ts";
import { type TestBroker } from "../support/broker/test-broker.ts";
import { brokerWith, createTopic, hasMoved, move, placesOf } from "./log-dirs/directories.ts";
import { answerOf, frameOf, RawConnection } from "./network/raw-connection.ts";

const topic = "lagging";
const valueBytes = 300_000;
const fetchVersion = 12;

/** Values that say where in the log they are, and are random enough to tell a wrong place. */
function valueOf(count: number): Buffer {
  return Buffer.alloc(valueBytes, `${count} `);
}

async function fill({ port }: TestBroker, count: number): Promise<void> {
  const connection = await RawConnection.open(port);
  for (let each = 0; each < count; each++) await produce(connection, null, valueOf(each));
  connection.close();
}

async function produce(connection: RawConnection, key: string | null, value: Buffer): Promise<void> {
  const record = { key: key === null ? null : Buffer.from(key), value, timestamp: Date.now() };
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: buildBatch({ records: [record] }) }] }];
  const answer = await connection.ask("produce", 9, { acks: -1, timeoutMs: 30_000, topicData });
  expect(answer.responses[0]!.partitionResponses[0]!.errorCode).toBe(Errors.NONE);
}

/** Takes the partition's segments out of the system's cache, wherever it lies at the moment. */
function dropFromCache(directories: readonly string[]): void {
  for (const directory of directories) {
    for (const name of readdirSync(directory).filter((each) => each.startsWith(`${topic}-0`))) {
      try {
        dropLogsFromPageCache(join(directory, name));
      } catch {
        // It has just moved.
      }
    }
  }
}

function fetchOf(fetchOffset: number) {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }];
  return { maxWaitMs: 0, topics: [{ topic, partitions }] };
}

interface Seen {
  readonly offsets: number[];
  readonly wrong: number[];
  outOfRange: number;
}

/** Reads from the start to the end, and goes on at the log's start where it is told that its place is gone. */
async function readThrough(port: number, endOffset: number): Promise<Seen> {
  const connection = await RawConnection.open(port);
  const seen: Seen = { offsets: [], wrong: [], outOfRange: 0 };
  for (let offset = 0; offset < endOffset;) {
    const fetched = await connection.ask("fetch", fetchVersion, fetchOf(offset));
    const { errorCode, logStartOffset, records } = fetched.responses[0]!.partitions[0]!;
    if (errorCode === Errors.OFFSET_OUT_OF_RANGE) {
      seen.outOfRange++;
      const listed = await connection.ask("listOffsets", 5, {
        replicaId: -1,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
      });
      offset = listed.topics[0]!.partitions[0]!.offset;
      continue;
    }
    // The moment of a move has no log.
    if (errorCode !== Errors.NONE) throw new Error(`fetch at ${offset}: error ${errorCode}`);
    expect(logStartOffset).toBeGreaterThanOrEqual(0);
    for (const batch of batches(records!)) {
      for (const { value } of recordsOf(batch, payloadOf(batch))) {
        seen.offsets.push(batch.baseOffset);
        if (!valueOf(batch.baseOffset).equals(value!)) seen.wrong.push(batch.baseOffset);
      }
      offset = batch.nextOffset;
    }
  }
  connection.close();
  return seen;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

test("consumers far behind get every record while the replica moves, and go on when what they read is deleted", async () => {
  const count = 40;
  const { broker, directories } = await brokerWith(["one", "two"]);
  await createTopic(broker.port, topic, 1);
  await fill(broker, count);
  const [place] = await placesOf(broker, topic);
  const target = directories.find((directory) => directory !== place!.logDir)!;
  for (const to of [target, place!.logDir]) {
    dropFromCache(directories);
    const readers = [1, 2].map(() => readThrough(broker.port, count));
    expect(await move(broker, topic, to)).toBe(Errors.NONE);
    for (const { offsets, wrong, outOfRange } of await Promise.all(readers)) {
      expect(offsets).toEqual(range(0, count));
      expect([wrong, outOfRange]).toEqual([[], 0]);
    }
    await hasMoved(broker, topic, to);
  }
  dropFromCache(directories);
  const readers = [1, 2].map(() => readThrough(broker.port, count));
  const connection = await RawConnection.open(broker.port);
  for (const offset of [5, 12, 25]) {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }];
    const answer = await connection.ask("deleteRecords", 2, { timeoutMs: 30_000, topics });
    expect(answer.topics[0]!.partitions[0]).toMatchObject({ errorCode: Errors.NONE, lowWatermark: offset });
  }
  connection.close();
  for (const { offsets, wrong } of await Promise.all(readers)) {
    expect(wrong).toEqual([]);
    expect(offsets).toEqual(offsets.toSorted((one, other) => one - other));
    expect(offsets.slice(-15)).toEqual(range(25, 40));
  }
});

test("what a connection asks behind a fetch that waits for the device is answered behind it", async () => {
  const { broker, directories } = await brokerWith(["one"]);
  await createTopic(broker.port, topic, 1);
  await fill(broker, 24);
  dropFromCache(directories);
  const connection = await RawConnection.open(broker.port);
  const offsets = [0, 10, 5, 15, 2];
  const frames = offsets.flatMap((offset, at) => [
    frameOf("fetch", fetchVersion, at * 2, fetchOf(offset)),
    frameOf("listOffsets", 5, at * 2 + 1, {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    }),
  ]);
  connection.write(Buffer.concat(frames));
  for (const [at, offset] of offsets.entries()) {
    const fetched = (await connection.next(60_000)) as Buffer;
    expect(fetched.readInt32BE(0)).toBe(at * 2);
    const { records } = answerOf("fetch", fetchVersion, fetched).responses[0]!.partitions[0]!;
    expect(Array.from(batches(records!), ({ baseOffset }) => baseOffset)[0]).toBe(offset);
    const listed = (await connection.next(60_000)) as Buffer;
    expect(listed.readInt32BE(0)).toBe(at * 2 + 1);
  }
  connection.close();
});

test("consumers far behind get every key's last value while the log is compacted", async () => {
  const keyCount = 7;
  const count = 36;
  const { broker, directories } = await brokerWith(["one"]);
  await createTopic(broker.port, topic, 1, {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.01",
    "file.delete.delay.ms": "0",
  });
  const connection = await RawConnection.open(broker.port);
  const readers: Promise<Map<string, number>>[] = [];
  for (let each = 0; each < count; each++) {
    const key = `key ${each % keyCount}`;
    await produce(connection, key, valueOf(each));
    if (each === 20) dropFromCache(directories);
    if (each % 12 === 11) readers.push(lastValues(broker.port, each + 1));
  }
  connection.close();
  const tables = await Promise.all(readers);
  for (const [at, table] of tables.entries()) {
    // What was written when it began is there at least, or a newer value of the key.
    const end = at * 12 + 12;
    for (let each = Math.max(0, end - keyCount); each < end; each++) {
      expect(table.get(`key ${each % keyCount}`)).toBeGreaterThanOrEqual(each);
    }
  }
});

/** The last offset of each key; every value must be whole. */
async function lastValues(port: number, endOffset: number): Promise<Map<string, number>> {
  const connection = await RawConnection.open(port);
  const table = new Map<string, number>();
  for (let offset = 0; offset < endOffset;) {
    const fetched = await connection.ask("fetch", fetchVersion, fetchOf(offset));
    const { errorCode, records } = fetched.responses[0]!.partitions[0]!;
    expect(errorCode).toBe(Errors.NONE);
    for (const batch of batches(records!)) {
      for (const { key, value } of recordsOf(batch, payloadOf(batch))) {
        expect(valueOf(batch.baseOffset).equals(value!)).toBe(true);
        table.set(String(key), batch.baseOffset);
      }
      offset = batch.nextOffset;
    }
  }
  connection.close();
  return table;
}
