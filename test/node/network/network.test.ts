import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTopic } from "../../../bench/harness/admin.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { TestBroker } from "../../support/broker/test-broker.ts";
import { Bystander } from "./bystander.ts";
import { answerOf, framed, frameOf, RawConnection } from "./raw-connection.ts";

const megabyte = 1024 * 1024;
const topic = "large";
const batchCount = 12;

let broker: TestBroker;
let bystander: Bystander;
const open = () => RawConnection.open(broker.port);

beforeAll(async () => {
  broker = await TestBroker.start({ target: "odradek", properties: { "message.max.bytes": String(2 * megabyte) } });
  await createTopic(broker.port, topic, 1);
  const connection = await open();
  for (let count = 0; count < batchCount; count++) {
    const produced = await connection.ask("produce", 9, produce(topic, randomBytes(megabyte)));
    expect(produced.responses[0]?.partitionResponses[0]?.errorCode).toBe(Errors.NONE);
  }
  connection.close();
});
afterAll(async () => broker?.remove());
beforeEach(async () => {
  bystander = await Bystander.start(broker.port);
});
afterEach(async () => bystander.stop());

function produce(name: string, value: Buffer) {
  const records = buildBatch({ records: [{ key: null, value, timestamp: 1_790_000_000_000 }] });
  return { acks: -1, timeoutMs: 10_000, topicData: [{ name, partitionData: [{ index: 0, records }] }] };
}

function fetch(fetchOffset: number, maxWaitMs: number) {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 2 * megabyte }];
  return { maxWaitMs, minBytes: 1, topics: [{ topic, partitions }] };
}

const header = (apiKey: number, version: number) => {
  const bytes = Buffer.alloc(11);
  bytes.writeInt16BE(apiKey, 0);
  bytes.writeInt16BE(version, 2);
  bytes.writeInt32BE(1, 4);
  bytes.writeInt16BE(-1, 8);
  return bytes;
};
const metadata = frameOf("metadata", 12, 1, { topics: [] });

const refused: readonly (readonly [name: string, bytes: Buffer, reason: RegExp])[] = [
  ["a negative length", Buffer.from("ffffffff", "hex"), /Invalid receive \(size = -1\)/],
  ["a length of two gigabytes", Buffer.from("7fffffff00", "hex"), /size = 2147483647 larger than 104857600/],
  ["a length one above the limit", Buffer.from("06400001", "hex"), /size = 104857601 larger than 104857600/],
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), /size = 1195725856 larger/],
  ["a TLS handshake", Buffer.from("16030100e6010000e2", "hex"), /size = 369295616 larger/],
  ["an empty frame", Buffer.alloc(4), /\S/],
  ["a frame that ends in its header", framed(Buffer.from("0003000c00", "hex")), /\S/],
  ["an API that does not exist", framed(header(9_999, 0)), /9999/],
  ["an API of the controller's listener", framed(header(apis.vote.key, 0)), /api with key 52 \(Vote\)/i],
  ["a version above ours", framed(header(apis.metadata.key, 99)), /api with key 3 \(Metadata\).*version 99/i],
  ["a negative version", framed(header(apis.fetch.key, -1)), /version -1/],
  ["a body that ends too soon", framed(metadata.subarray(4, -3)), /\S/],
  // Metadata v1: two billion topics, none of which is there.
  [
    "an array that cannot be",
    framed(Buffer.concat([header(3, 1).subarray(0, 10), Buffer.from("7fffffff", "hex")])),
    /\S/,
  ],
];

describe("what is no request ends its connection, with one line in the log", () => {
  test.each(refused)("%s", async (_, bytes, reason) => {
    const connection = await open();
    connection.write(bytes);
    expect(await connection.next(60_000)).toBeUndefined();
    await expect.poll(() => linesAbout(connection.peer), { timeout: 60_000 }).toHaveLength(1);
    const line = JSON.parse(linesAbout(connection.peer)[0] as string) as { level: string; reason: string };
    expect(line.level).toBe("warn");
    expect(line.reason).toMatch(reason);
  });
});

test("a version of ApiVersions that does not exist is answered, and the connection goes on", async () => {
  const connection = await open();
  connection.write(framed(header(apis.apiVersions.key, 99)));
  const answer = (await connection.next(60_000)) as Buffer;
  expect(answerOf("apiVersions", 0, answer)).toMatchObject({
    errorCode: Errors.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: apis.apiVersions.key, minVersion: 0, maxVersion: apis.apiVersions.request.versions.to }],
  });
  expect((await connection.ask("metadata", 12, { topics: [] })).brokers).toHaveLength(1);
  connection.close();
});

test("requests that come byte by byte are answered", async () => {
  const connection = await open();
  const bytes = Buffer.concat([
    frameOf("metadata", 12, 1, { topics: [] }),
    frameOf("produce", 9, 2, produce("bytes", Buffer.from("byte by byte"))),
    frameOf("metadata", 1, 3, { topics: [{ name: topic }] }),
  ]);
  for (const byte of bytes) {
    connection.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  for (const correlationId of [1, 2, 3]) {
    expect(((await connection.next(60_000)) as Buffer).readInt32BE(0)).toBe(correlationId);
  }
  connection.close();
});

test("pipelined requests are answered in their order, those before a bad one too", async () => {
  const connection = await open();
  const count = 600;
  const requests = Array.from({ length: count }, (_, index) => {
    if (index % 97 === 3) return frameOf("fetch", 12, index, fetch(batchCount, 30));
    if (index % 5 === 0) return frameOf("produce", 9, index, produce("pipelined", Buffer.from(String(index))));
    if (index % 5 === 1) return frameOf("describeConfigs", 4, index, { resources: [] });
    if (index % 5 === 2) return frameOf("findCoordinator", 4, index, { coordinatorKeys: [`group ${index}`] });
    return frameOf("metadata", 12, index, { topics: [{ name: topic }] });
  });
  connection.write(Buffer.concat([...requests, framed(header(9_999, 0)), ...requests]));
  const answered: number[] = [];
  for (let frame = await connection.next(60_000); frame instanceof Buffer; frame = await connection.next(60_000)) {
    answered.push(frame.readInt32BE(0));
  }
  expect(answered).toEqual(Array.from({ length: count }, (_, index) => index));
  expect(connection.isClosed).toBe(true);
});

test("clients that fetch and never read make the broker hold little", async () => {
  const before = residentBytes();
  const pipeline = Buffer.concat(
    Array.from({ length: 300 }, (_, index) => frameOf("fetch", 12, index, fetch(index % batchCount, 0))),
  );
  const clients = await Promise.all(Array.from({ length: 30 }, open));
  for (const client of clients) {
    client.socket.pause();
    client.write(pipeline);
  }
  let most = 0;
  for (let look = 0; look < 15; look++) {
    await sleep(100);
    most = Math.max(most, residentBytes());
  }
  // One answer in the making for each, of 9 GB that they asked for.
  expect(most - before).toBeLessThan(200 * megabyte);

  // Whoever reads at last gets everything, in order.
  const [patient, ...others] = clients as [RawConnection, ...RawConnection[]];
  for (const client of others) client.close();
  patient.socket.resume();
  for (let index = 0; index < 40; index++) {
    const frame = (await patient.next(60_000)) as Buffer;
    expect(frame.readInt32BE(0)).toBe(index);
    const [partition] = answerOf("fetch", 12, frame).responses[0]?.partitions ?? [];
    expect(partition?.records?.length).toBeGreaterThan(megabyte);
  }
  patient.close();
});

test("lengths that are announced and never come cost nothing", async () => {
  const before = residentBytes();
  const clients = await Promise.all(Array.from({ length: 100 }, open));
  for (const client of clients) client.write(Buffer.from("06400000000000", "hex"));
  await sleep(300);
  expect(residentBytes() - before).toBeLessThan(100 * megabyte);
  for (const client of clients) client.close();
});

function linesAbout(peer: string): string[] {
  return broker.log.split("\n").filter((line) => line.includes(`"${peer}"`));
}

function residentBytes(): number {
  const { stdout } = spawnSync("ps", ["-o", "rss=", "-p", String(broker.pid)], { encoding: "utf8" });
  const kilobytes = Number(stdout.trim());
  expect(kilobytes).toBeGreaterThan(0);
  return kilobytes * 1024;
}
