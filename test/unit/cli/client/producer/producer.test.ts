import { describe, expect, onTestFinished, test } from "vitest";
import { Cluster } from "../../../../../src/cli/client/cluster.ts";
import { nodeClientPorts } from "../../../../../src/cli/client/node-client-ports.ts";
import { Producer } from "../../../../../src/cli/client/producer/producer.ts";
import { type ProducerSettings } from "../../../../../src/cli/client/producer/producer-settings.ts";
import { nodeCompute } from "../../../../../src/io/node/node-compute.ts";
import { type ApiRequest } from "../../../../../src/protocol/apis.ts";
import { Errors } from "../../../../../src/protocol/errors.ts";
import { onlyBatch } from "../../../../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../../../../src/protocol/records/record-iterator.ts";
import { AnsweringBroker, type Answers, topicIdOf } from "../../../../support/answering-broker.ts";
import { RecordingTerminal } from "../../../../support/recording-terminal.ts";

const settings: ProducerSettings = {
  acks: -1,
  isIdempotent: true,
  retries: 3,
  lingerMs: 0,
  batchSizeBytes: 16_384,
  requestSizeBytesMax: 1_048_576,
  bufferBytesMax: 1_000_000,
  compression: "none",
  compressionLevel: undefined,
  requestTimeoutMs: 30_000,
  retryBackoffMsMax: 40,
  maxBlockMs: 30_000,
  deliveryTimeoutMs: 60_000,
};

interface Sent {
  readonly sequence: number;
  readonly producerId: number;
  readonly values: string[];
}

function sentIn(request: ApiRequest<"produce">): Sent {
  const batch = onlyBatch(request.topicData[0]!.partitionData[0]!.records!);
  const values = [...recordsOf(batch, payloadOf(batch))].map(({ value }) => String(value));
  return { sequence: batch.baseSequence, producerId: batch.producerId, values };
}

const answerWith = (request: ApiRequest<"produce">, errorCode: number, more: object = {}) => ({
  responses: [
    { topicId: request.topicData[0]!.topicId, partitionResponses: [{ index: 0, errorCode, baseOffset: 0, ...more }] },
  ],
});

/** A producer on a broker that takes everything; `codes` are what it says to the first Produce requests instead. */
async function producing(codes: (number | "disconnect")[], answers: Answers = {}, changes = {}) {
  const sent: Sent[] = [];
  const broker = await AnsweringBroker.start({
    initProducerId: () => ({ producerId: 7, producerEpoch: 0 }),
    produce: (request) => {
      sent.push(sentIn(request));
      const code = codes.shift() ?? Errors.NONE;
      return code === "disconnect" ? code : answerWith(request, code);
    },
    ...answers,
  });
  const terminal = new RecordingTerminal();
  const cluster = await Cluster.create(nodeClientPorts, {
    bootstrapServers: broker.bootstrap,
    clientId: "p",
    logPrefix: "[Producer clientId=p]",
    isAdmin: false,
    requestTimeoutMs: 30_000,
    retryBackoffMs: 5,
    log: terminal.log,
  });
  onTestFinished(async () => {
    cluster.close();
    await broker.stop();
  });
  const producer = new Producer(cluster, nodeCompute, { ...settings, ...changes });
  const outcomes: string[] = [];
  const append = (value: string) =>
    producer.append("t", { key: null, value: Buffer.from(value) }, (error) => outcomes.push(error?.message ?? "ok"));
  return { producer, append, sent, outcomes, terminal };
}

describe("what is sent again", () => {
  test.each([
    ["a leader that has moved", Errors.NOT_LEADER_OR_FOLLOWER],
    ["replicas that are missing", Errors.NOT_ENOUGH_REPLICAS],
    ["a connection that breaks", "disconnect" as const],
  ])("%s: the same batch with the same sequence number", async (_, code) => {
    const { producer, append, sent, outcomes } = await producing([code]);
    await append("a");
    await producer.close();
    expect(outcomes).toEqual(["ok"]);
    expect(sent).toEqual([
      { sequence: 0, producerId: 7, values: ["a"] },
      { sequence: 0, producerId: 7, values: ["a"] },
    ]);
  });

  test("a batch behind one that failed goes out after it", async () => {
    const { producer, append, sent, outcomes } = await producing(
      [Errors.NOT_LEADER_OR_FOLLOWER, Errors.OUT_OF_ORDER_SEQUENCE_NUMBER],
      {},
      { batchSizeBytes: 1 },
    );
    await append("a");
    await append("b");
    await producer.close();
    expect(outcomes).toEqual(["ok", "ok"]);
    expect(sent.slice(-2).map(({ sequence, values }) => [sequence, values])).toEqual([
      [0, ["a"]],
      [1, ["b"]],
    ]);
  });

  test("a duplicate is an acknowledgement: the first answer was lost", async () => {
    const { producer, append, outcomes } = await producing([Errors.DUPLICATE_SEQUENCE_NUMBER]);
    await append("a");
    await producer.close();
    expect(outcomes).toEqual(["ok"]);
  });

  test("the producer id, when the broker cannot give one yet", async () => {
    const codes: number[] = [Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.NOT_CONTROLLER];
    const { producer, append, sent, outcomes } = await producing([], {
      initProducerId: () => ({ errorCode: codes.shift() ?? Errors.NONE, producerId: 9, producerEpoch: 0 }),
    });
    for (const value of ["a", "b", "c"]) await append(value);
    await producer.close();
    expect(outcomes).toEqual(["ok", "ok", "ok"]);
    expect(sent[0]?.producerId).toBe(9);
  });
});

describe("what is given up", () => {
  test("after the retries that were allowed", async () => {
    const { producer, append, sent, outcomes } = await producing(
      Array.from({ length: 9 }, () => Errors.NOT_ENOUGH_REPLICAS),
    );
    await append("a");
    await producer.close();
    expect(outcomes).toEqual(["Messages are rejected since there are fewer in-sync replicas than required."]);
    expect(sent.length).toBe(1 + settings.retries);
  });

  test("a batch that is refused for good, and the next one starts a new sequence", async () => {
    const ids = [7, 8];
    const { producer, append, sent, outcomes } = await producing([Errors.MESSAGE_TOO_LARGE], {
      initProducerId: () => ({ producerId: ids.shift() ?? -1, producerEpoch: 0 }),
    });
    await append("a");
    while (outcomes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await append("b");
    await producer.close();
    expect(outcomes[0]).toMatch(/larger than the max message size/);
    expect(outcomes[1]).toBe("ok");
    expect(sent[1]).toEqual({ sequence: 0, producerId: 8, values: ["b"] });
  });

  test("each record with its own reason, when some of a batch are bad", async () => {
    const { producer, append, outcomes } = await producing(
      [],
      {
        produce: (request) =>
          answerWith(request, Errors.INVALID_RECORD, {
            recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: "no key" }],
          }),
      },
      { lingerMs: 5_000 },
    );
    for (const value of ["a", "b"]) await append(value);
    await producer.close();
    expect(outcomes).toEqual([
      "Failed to append record because it was part of a batch which had one more more invalid records",
      "no key",
    ]);
  });

  test("a record that no request can carry, at once", async () => {
    const { producer, append, sent, outcomes } = await producing([], {}, { requestSizeBytesMax: 100 });
    await append("x".repeat(100));
    await producer.close();
    expect(outcomes[0]).toMatch(/^The message is \d+ bytes when serialized which is larger than 100,/);
    expect(sent).toEqual([]);
  });

  test("a record for a topic that does not come", async () => {
    const { producer, append, outcomes } = await producing(
      [],
      {
        metadata: () => ({ topics: [{ name: "t", errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION }] }),
      },
      { maxBlockMs: 50 },
    );
    await append("a");
    await producer.close();
    expect(outcomes).toEqual(["Topic t not present in metadata after 50 ms."]);
  });
});

test("records are gathered in a batch until it is full or has waited long enough", async () => {
  const { producer, append, sent } = await producing([], {}, { lingerMs: 1_000, batchSizeBytes: 230 });
  for (const value of ["a".repeat(50), "b".repeat(50), "c".repeat(50)]) await append(value);
  await producer.close();
  expect(sent.map(({ values }) => values.length)).toEqual([2, 1]);
});

test("a full buffer makes the caller wait for the broker, and loses nothing", async () => {
  const { producer, append, sent, outcomes } = await producing([], {}, { bufferBytesMax: 300, batchSizeBytes: 100 });
  for (let index = 0; index < 50; index++) await append(`value ${index} ${"x".repeat(60)}`);
  await producer.close();
  expect(outcomes.filter((outcome) => outcome === "ok").length).toBe(50);
  const values = sent.flatMap((batch) => batch.values.map((value) => Number(value.split(" ")[1])));
  expect(values).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

describe("partitions without a leader", () => {
  function metadataOf(...leaders: number[]) {
    return (port: number) => ({
      brokers: [{ nodeId: 1, host: "127.0.0.1", port }],
      topics: [
        {
          name: "t",
          topicId: topicIdOf,
          partitions: leaders.map((leaderId, partitionIndex) => ({ partitionIndex, leaderId, leaderEpoch: 0 })),
        },
      ],
    });
  }

  test("the broker is asked for their leader no more often than the backoff says, whatever else goes on", async () => {
    let asked = 0;
    const startMs = performance.now();
    const { producer, append, outcomes, terminal } = await producing(
      [],
      { metadata: (_, port) => (asked++, metadataOf(-1)(port)) },
      { batchSizeBytes: 1, deliveryTimeoutMs: 400, retryBackoffMsMax: 40 },
    );
    for (let index = 0; index < 100; index++) {
      await append(String(index));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await producer.close();
    expect(new Set(outcomes)).toEqual(new Set(["Expiring 1 record(s) for t-0:400 ms has passed since batch creation"]));
    // 5, 5, 10, 20, 40, 40, … ms apart, each up to a fifth less.
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(6 + (performance.now() - startMs) / 32);
    const complaints = terminal.complained.split("LEADER_NOT_AVAILABLE").length - 1;
    // The last answer may come when nobody waits for it any more.
    expect([asked, asked - 1]).toContain(complaints);
  });

  test("records without a key go to the others", async () => {
    const partitions = new Set<number>();
    const { producer, append, outcomes } = await producing(
      [],
      {
        metadata: (_, port) => metadataOf(-1, 1, -1, 1)(port),
        produce: ({ topicData: [topic] }) => ({
          responses: [
            {
              topicId: topicIdOf,
              partitionResponses: topic!.partitionData.map(({ index }) => {
                partitions.add(index);
                return { index, errorCode: Errors.NONE, baseOffset: 0 };
              }),
            },
          ],
        }),
      },
      { batchSizeBytes: 1 },
    );
    for (let index = 0; index < 60; index++) await append(String(index));
    await producer.close();
    expect(outcomes).toEqual(Array.from({ length: 60 }, () => "ok"));
    expect([...partitions].sort()).toEqual([1, 3]);
  });
});

test("a batch that its leader cannot take goes there again after a backoff that grows", async () => {
  const times: number[] = [];
  const { producer, append, outcomes } = await producing(
    [],
    {
      produce: (request) => {
        times.push(performance.now());
        return answerWith(request, times.length < 6 ? Errors.NOT_ENOUGH_REPLICAS : Errors.NONE);
      },
    },
    { retries: 9 },
  );
  await append("a");
  await producer.close();
  expect(outcomes).toEqual(["ok"]);
  // 5 + 10 + 20 + 40 + 40 ms, each up to a fifth less.
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(85);
});
