import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { apis, type Api, type ApiRequest } from "../../src/protocol/apis.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { Errors, errorName } from "../../src/protocol/errors.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { encodeRequestFrame, responseHeaderVersion } from "../../src/protocol/request-header.ts";
import { type Draft } from "../../src/protocol/schema.ts";

const callTimeoutMs = 120_000;
/** Brokers make files for each partition one after the other, and sync some. */
const leadersTimeoutMs = 300_000;
const metadataVersion = 12;
const createTopicsVersion = 7;
const createPartitionsVersion = 3;
const deleteTopicsVersion = 5;
const listOffsetsVersion = 7;
/** Kafka's controller takes at most 10,000 records an operation. */
const partitionsPerRequestMax = 5_000;

/** One request on a connection of its own. */
export async function call<Request, Response>(
  port: number,
  api: Api<Request, Response>,
  version: number,
  body: Draft<Request>,
): Promise<Response> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  try {
    socket.setTimeout(callTimeoutMs, () => socket.destroy(new Error(`${api.name}: no answer in ${callTimeoutMs} ms`)));
    const frame = encodeRequestFrame(api, version, { correlationId: 1, clientId: "bench" }, body).toBuffer();
    socket.write(frame);
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
      sizeBytes += (chunk as Buffer).length;
      if (sizeBytes < 4 || (chunks[0]!.length >= 4 && sizeBytes < 4 + chunks[0]!.readInt32BE(0))) continue;
      const received = Buffer.concat(chunks);
      if (received.length < 4 + received.readInt32BE(0)) continue;
      // Length, correlation id, and no tagged fields where the header has them.
      const bodyAt = responseHeaderVersion(api as Api, version) === 0 ? 8 : 9;
      return codecOf(api.response, version).decode(new Reader(received, bodyAt));
    }
    throw new Error(`${api.name}: the broker closed the connection`);
  } finally {
    socket.destroy();
  }
}

/** Asks until a broker answers Metadata with itself in it. */
export async function waitUntilServing(port: number, timeoutMs: number, hasEnded: () => boolean): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      const { brokers } = await call(port, apis.metadata, metadataVersion, { topics: [] });
      if (brokers.length > 0) return;
    } catch {
      // Not listening yet.
    }
    if (hasEnded()) throw new Error("the broker ended during its start");
    if (performance.now() > deadline) throw new Error(`the broker did not serve within ${timeoutMs} ms`);
    await sleep(2);
  }
}

/** Creates a topic and waits until every partition's leader does its work (Metadata names it a moment earlier). */
export async function createTopic(
  port: number,
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
  const first = Math.min(partitions, partitionsPerRequestMax);
  const created = await call(port, apis.createTopics, createTopicsVersion, {
    topics: [{ name, numPartitions: first, replicationFactor: 1, configs: entries }],
    timeoutMs: callTimeoutMs,
  });
  const { errorCode, errorMessage } = created.topics[0]!;
  if (errorCode !== 0) throw new Error(`cannot create ${name}: ${errorName(errorCode)} ${errorMessage ?? ""}`);
  for (let count = first; count < partitions;) {
    count = Math.min(partitions, count + partitionsPerRequestMax);
    const { results } = await call(port, apis.createPartitions, createPartitionsVersion, {
      topics: [{ name, count, assignments: null }],
      timeoutMs: callTimeoutMs,
      validateOnly: false,
    });
    const { errorCode, errorMessage } = results[0]!;
    if (errorCode !== 0) throw new Error(`cannot extend ${name}: ${errorName(errorCode)} ${errorMessage ?? ""}`);
  }
  await logEnds(port, name, partitions);
}

/** Where the partitions end, once every one of them has a leader that answers. */
export async function logEnds(port: number, name: string, partitions: number): Promise<number[]> {
  const offsetsOf: Draft<ApiRequest<"listOffsets">> = {
    replicaId: -1,
    topics: [
      {
        name,
        partitions: Array.from({ length: partitions }, (_, index) => ({ partitionIndex: index, timestamp: -1 })),
      },
    ],
  };
  const deadline = performance.now() + leadersTimeoutMs;
  for (;;) {
    const { topics } = await call(port, apis.listOffsets, listOffsetsVersion, offsetsOf);
    const answers = topics[0]?.partitions ?? [];
    if (answers.length === partitions && answers.every((partition) => partition.errorCode === Errors.NONE))
      // Kafka answers in an order of its own.
      return answers.toSorted((a, b) => a.partitionIndex - b.partitionIndex).map((partition) => partition.offset);
    if (performance.now() > deadline) throw new Error(`the topic ${name} did not get its leaders`);
    await sleep(20);
  }
}

export async function deleteTopic(port: number, name: string): Promise<void> {
  const request = { topicNames: [name], timeoutMs: callTimeoutMs };
  const { responses } = await call(port, apis.deleteTopics, deleteTopicsVersion, request);
  const error = responses[0]!.errorCode;
  if (error !== 0) throw new Error(`cannot delete ${name}: ${errorName(error)}`);
}
