import { expect, onTestFinished, test } from "vitest";
import { call, createTopic } from "../../../bench/harness/admin.ts";
import { type Broker, startBroker } from "../../../src/index.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { buildBatch, compressBatch } from "../../../src/protocol/records/batch-builder.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { decompressBatch, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { waitUntilCoordinated } from "../../support/broker/wait-until.ts";
import { answerOf, frameOf, RawConnection } from "./raw-connection.ts";

const clientCount = 24;
const requestsOfEach = 20;
const codecs = ["none", "none", "gzip", "snappy", "lz4", "zstd"] as const;
const own = "of-its-own";
const shared = "shared";

/** Bytes that tell whose they are: a run of them, and nothing of anyone else's. */
function marked(client: number, index: number, length: number, random: SeededRandom): Buffer {
  const text = `<${client}.${index}.${random.below(1e9)}>`;
  return Buffer.alloc(Math.max(length, text.length), text);
}

/** Lengths on both sides of every size at which pieces are gathered, copied or joined. */
function someLength(random: SeededRandom): number {
  const bounds = [10, 100, 2_047, 2_048, 2_049, 4_096, 16_384, 40_000, 70_000, 200_000] as const;
  return (bounds[random.below(bounds.length)] ?? 0) + random.below(64);
}

async function batchOf(values: readonly Buffer[], codec: (typeof codecs)[number]): Promise<Buffer> {
  const records = values.map((value, offsetDelta) => ({ key: null, value, timestamp: 1_790_000_000_000, offsetDelta }));
  return compressBatch(buildBatch({ records }), codec, nodeCompute);
}

/** All values of a partition, in its order. */
async function valuesOf(port: number, topic: string, partition: number): Promise<string[]> {
  const connection = await RawConnection.open(port);
  const values: string[] = [];
  for (let fetchOffset = 0; ;) {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: 4_000_000 }];
    const fetched = await connection.ask("fetch", 12, { maxWaitMs: 0, topics: [{ topic, partitions }] });
    const { errorCode, records } = fetched.responses[0]?.partitions[0] ?? {};
    expect(errorCode).toBe(Errors.NONE);
    if (records === undefined || records === null || records.length === 0) break;
    for (const batch of batches(records)) {
      batch.ensureValidCrc();
      const payload = await decompressBatch(batch, nodeCompute, 1e9);
      for (const { value } of recordsOf(batch, payload)) values.push(String(value));
      fetchOffset = batch.nextOffset;
    }
  }
  connection.close();
  return values;
}

interface Client {
  readonly connection: RawConnection;
  readonly bytes: Buffer;
  readonly ownValues: string[];
  readonly sharedValues: string[];
  readonly metadata: Buffer;
  readonly note: string;
}

/** A client's whole conversation, written down before the first byte leaves. */
async function clientOf(broker: Broker, index: number, random: SeededRandom): Promise<Client> {
  const ownValues: string[] = [];
  const sharedValues: string[] = [];
  const frames: Buffer[] = [];
  const metadata = marked(index, -1, someLength(random), random);
  const note = `${index} ${"n".repeat(random.below(3_000))}`;
  for (let request = 0; request < requestsOfEach; request++) {
    const values = Array.from({ length: 1 + random.below(3) }, () =>
      marked(index, request, someLength(random), random),
    );
    const common = marked(index, request, someLength(random), random);
    ownValues.push(...values.map(String));
    sharedValues.push(String(common));
    const records = await batchOf(values, codecs[random.below(codecs.length)] ?? "none");
    const commonRecords = await batchOf([common], codecs[random.below(codecs.length)] ?? "none");
    const topicData = [
      { name: own, partitionData: [{ index, records }] },
      { name: shared, partitionData: [{ index: 0, records: commonRecords }] },
    ];
    frames.push(
      frameOf("produce", 9, frames.length, { acks: request % 2 === 0 ? 1 : -1, timeoutMs: 10_000, topicData }),
    );
  }
  const commit = { partitionIndex: index, committedOffset: index, committedMetadata: note };
  frames.splice(7, 0, join(groupOf(index), metadata));
  frames.splice(
    13,
    0,
    frameOf("offsetCommit", 8, 0, {
      groupId: `notes-${index}`,
      generationIdOrMemberEpoch: -1,
      topics: [{ name: own, partitions: [commit] }],
    }),
  );
  frames.forEach((frame, position) => frame.writeInt32BE(position, 8));
  const connection = await RawConnection.open(broker.port);
  return { connection, bytes: Buffer.concat(frames), ownValues, sharedValues, metadata, note };
}

const groupOf = (index: number) => `group-${index}`;

/** Of the version before the second round trip for a member id. */
function join(groupId: string, metadata: Buffer): Buffer {
  return frameOf("joinGroup", 3, 0, {
    groupId,
    // Nobody sends heartbeats.
    sessionTimeoutMs: 300_000,
    rebalanceTimeoutMs: 30_000,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata }],
  });
}

/** Writes all conversations at once, a piece of one behind a piece of another, cut wherever it may be. */
async function interleave(clients: readonly { connection: RawConnection; bytes: Buffer }[], random: SeededRandom) {
  const rests = clients.map(({ connection, bytes }) => ({ connection, bytes }));
  while (rests.length > 0) {
    // A few pieces in each turn, so that the broker reads of several connections one after the other.
    for (let pieces = 1 + random.below(2 * clientCount); pieces > 0 && rests.length > 0; pieces--) {
      const rest = rests[random.below(rests.length)]!;
      const cut = [1, 3, 4, 5, 60, 2_000, 2_048, 9_000, 66_000, 300_000][random.below(10)]! + random.below(5);
      rest.connection.write(rest.bytes.subarray(0, cut));
      rest.bytes = rest.bytes.subarray(cut);
      if (rest.bytes.length === 0) rests.splice(rests.indexOf(rest), 1);
    }
    await new Promise(setImmediate);
  }
}

/**
 * All connections are received into one buffer: what a connection keeps of it (a part of a frame, a batch that waits to be
 * looked into, the bytes that a group keeps of its members) must be its own before the next one is read.
 */
test.each([1, 2])("what many connections send in pieces stays apart (seed %i)", async (seed) => {
  const random = new SeededRandom(seed);
  const broker = await startBroker({
    config: { "offsets.topic.num.partitions": 3, "message.max.bytes": 4_000_000, "log.retention.ms": -1 },
  });
  onTestFinished(() => broker.close());
  await createTopic(broker.port, own, clientCount);
  await createTopic(broker.port, shared, 1);
  await call(broker.port, apis.findCoordinator, 4, { coordinatorKeys: ["any"] });
  for (let index = 0; index < clientCount; index++) await waitUntilCoordinated(broker.port, groupOf(index));
  for (let index = 0; index < clientCount; index++) await waitUntilCoordinated(broker.port, `notes-${index}`);

  const clients = await Promise.all(Array.from({ length: clientCount }, (_, index) => clientOf(broker, index, random)));
  onTestFinished(() => clients.forEach(({ connection }) => connection.close()));
  await interleave(clients, random);

  const memberIds: string[] = [];
  for (const { connection, metadata } of clients) {
    for (let position = 0; position < requestsOfEach + 2; position++) {
      const frame = (await connection.next(60_000)) as Buffer;
      expect(frame.readInt32BE(0)).toBe(position);
      if (position === 7) {
        const joined = answerOf("joinGroup", 3, frame);
        expect(joined.errorCode).toBe(Errors.NONE);
        expect(joined.members[0]?.metadata.equals(metadata)).toBe(true);
        memberIds.push(joined.memberId);
      } else if (position === 13) {
        expect(answerOf("offsetCommit", 8, frame).topics[0]?.partitions[0]?.errorCode).toBe(Errors.NONE);
      } else {
        const { responses } = answerOf("produce", 9, frame);
        expect(responses.map(({ partitionResponses }) => partitionResponses[0]?.errorCode)).toEqual([0, 0]);
      }
    }
  }

  // Each assignment comes whole, and the next one lies where it lay.
  const assignments = clients.map((_, index) => marked(index, -2, someLength(random), random));
  const syncs = clients.map(({ connection }, index) => ({
    connection,
    bytes: frameOf("syncGroup", 3, 0, {
      groupId: groupOf(index),
      generationId: 1,
      memberId: memberIds[index] ?? "",
      assignments: [{ memberId: memberIds[index] ?? "", assignment: assignments[index] as Buffer }],
    }),
  }));
  for (const { connection, bytes } of syncs) connection.write(bytes);
  for (const [index, { connection, ownValues, metadata, note }] of clients.entries()) {
    const synced = answerOf("syncGroup", 3, (await connection.next(60_000)) as Buffer);
    expect(synced.errorCode).toBe(Errors.NONE);
    expect(synced.assignment.equals(assignments[index] as Buffer)).toBe(true);
    const { groups } = await connection.ask("describeGroups", 5, { groups: [groupOf(index)] });
    expect(groups[0]?.members[0]?.memberMetadata.equals(metadata)).toBe(true);
    expect(groups[0]?.members[0]?.memberAssignment.equals(assignments[index] as Buffer)).toBe(true);
    const { topics } = await connection.ask("offsetFetch", 7, { groupId: `notes-${index}`, topics: null });
    expect(topics[0]?.partitions).toMatchObject([{ partitionIndex: index, committedOffset: index, metadata: note }]);
    // Not toEqual on the texts: the difference of two such lists takes minutes to print.
    const values = await valuesOf(broker.port, own, index);
    expect(values.length).toBe(ownValues.length);
    expect(values.findIndex((value, at) => value !== ownValues[at])).toBe(-1);
  }
  const together = await valuesOf(broker.port, shared, 0);
  expect(together.length).toBe(clientCount * requestsOfEach);
  const order = new Map(together.map((value, at) => [value, at]));
  for (const { sharedValues } of clients) {
    const places = sharedValues.map((value) => order.get(value) ?? -1);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    expect(places).not.toContain(-1);
  }
});
