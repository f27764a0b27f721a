import { afterAll, beforeAll, expect, test } from "vitest";
import { call, createTopic } from "../../../bench/harness/admin.ts";
import { type Broker, startBroker } from "../../../src/index.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { errorName } from "../../../src/protocol/errors.ts";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { exchangeWith } from "./conversation-answers.ts";

/** Requests that name a partition more than once; Apache Kafka 4.3.0 was asked the same. */
let broker: Broker;
let topics = 0;

beforeAll(async () => {
  broker = await startBroker({ config: { "log.retention.ms": -1 } });
});
afterAll(() => broker.close());

type Sent = readonly (readonly [index: number, value: string | null])[];

function recordsOf(value: string | null): Buffer {
  if (value === null) return Buffer.alloc(0);
  return buildBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: 1_700_000_000_000 }] });
}

async function produce(...byTopic: readonly Sent[]) {
  const name = `twice-${topics++}`;
  await createTopic(broker.port, name, 3);
  const topicData = byTopic.map((sent) => ({
    name,
    partitionData: sent.map(([index, value]) => ({ index, records: recordsOf(value) })),
  }));
  const { responses } = await call(broker.port, apis.produce, 11, { acks: -1, timeoutMs: 5_000, topicData });
  const answers = responses.map(({ partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, baseOffset }) => [index, errorName(errorCode), baseOffset]),
  );
  const stored: (readonly string[])[] = [];
  for (let partition = 0; partition < 3; partition++) {
    const batches = (await exchangeWith(broker.port, name, partition, [])).stored as { readonly records: string }[];
    stored.push(
      batches.map(({ records }) =>
        Buffer.from(records, "hex")
          .toString()
          .replaceAll(/[^a-z]/g, ""),
      ),
    );
  }
  return { answers, stored };
}

test("the last records count, and there is one answer", async () => {
  expect(
    await produce([
      [1, "first"],
      [0, "x"],
      [1, "last"],
    ]),
  ).toEqual({
    answers: [
      [
        [1, "NONE", 0],
        [0, "NONE", 0],
      ],
    ],
    stored: [["x"], ["last"], []],
  });
});

test("so too when the topic is named twice", async () => {
  const sent = await produce(
    [[2, "first"]],
    [
      [2, "last"],
      [0, "x"],
    ],
  );
  expect(sent).toEqual({
    answers: [
      [
        [2, "NONE", 0],
        [0, "NONE", 0],
      ],
    ],
    stored: [["x"], [], ["last"]],
  });
});

test("records that are none are the answer, wherever they stand", async () => {
  for (const order of [
    ["good", null],
    [null, "good"],
  ]) {
    const { answers } = await produce(order.map((value) => [1, value ?? null] as const));
    expect(answers).toEqual([[[1, "INVALID_RECORD", -1]]]);
  }
});

test("partitions out of order are none of that", async () => {
  expect(
    await produce([
      [2, "c"],
      [0, "a"],
      [1, "b"],
    ]),
  ).toMatchObject({ stored: [["a"], ["b"], ["c"]] });
});
