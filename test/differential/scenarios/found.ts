import { Player } from "../random/player.ts";
import { type Script } from "../random/script.ts";
import { batches, idOf, named } from "../random/values.ts";
import { type Scenario } from "../session.ts";

const oneTopic = [{ name: "t", partitions: 2 }];
const toFirst = (...specs: readonly object[]) => ({ partitionData: [{ index: 0, records: batches(...specs) }] });
const produce = (version: number, ...specs: readonly object[]) =>
  ({
    api: "produce",
    version,
    body: { acks: -1, timeoutMs: 10_000, topicData: [{ name: named("t"), ...toFirst(...specs) }] },
  }) as const;
const from = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 };
const commit = { partitionIndex: 0, committedOffset: 7, committedMetadata: "x".repeat(4_097) };

/** Scripts that `npm run differential:random` has found to be answered otherwise by ours, shrunk, and what mended them. */
const scripts: readonly Script[] = [
  {
    name: "found-order-of-missing-partitions",
    topics: oneTopic,
    steps: [
      {
        api: "fetch",
        version: 14,
        body: {
          sessionEpoch: -1,
          topics: [
            { topicId: idOf("t"), partitions: [{ ...from, partition: -1 }] },
            { topicId: "AAAAAAAAAAAAAAAAAAAABQ", partitions: [from] },
          ],
        },
      },
    ],
  },
  {
    name: "found-unknown-compression",
    topics: oneTopic,
    steps: [6, 7].map((version) => ({
      api: "produce",
      version,
      body: {
        acks: -1,
        timeoutMs: 10_000,
        topicData: [
          {
            name: named("t"),
            partitionData: [
              { index: 0, records: batches({}) },
              { index: 1, records: batches({ outside: [{ at: 21, bits: 16, value: 5 }] }) },
            ],
          },
        ],
      },
    })),
  },
  {
    name: "found-second-batch-too-small",
    topics: oneTopic,
    steps: [produce(9, {}, { outside: [{ at: 8, bits: 32, value: 48 }] })],
  },
  {
    name: "found-producer-without-epoch",
    topics: [...oneTopic, { name: "u", partitions: 1, configs: { "compression.type": "lz4" } }],
    steps: [
      produce(9, { count: 2, producerId: 3, baseSequence: 0 }),
      produce(9, { producerId: 3, baseSequence: 0 }),
      {
        api: "produce",
        version: 13,
        body: { acks: -1, topicData: [{ topicId: idOf("u"), ...toFirst({ producerId: 3, baseSequence: 0 }) }] },
      },
    ],
  },
  {
    name: "found-session-left-empty",
    topics: oneTopic,
    steps: [
      { api: "fetch", version: 7, body: { sessionEpoch: 0 }, keep: { session: "sessionId" } },
      {
        api: "fetch",
        version: 7,
        body: {
          sessionId: { $kept: "session", or: 0 },
          sessionEpoch: 1,
          topics: [{ topic: named("t"), partitions: [{ ...from, fetchOffset: 7 }] }],
          forgottenTopicsData: [{ topic: named("t"), partitions: [0] }],
        },
      },
    ],
  },
  {
    name: "found-batch-beyond-limit",
    topics: oneTopic,
    steps: [
      {
        api: "produce",
        version: 9,
        body: {
          acks: -1,
          timeoutMs: 10_000,
          topicData: [{ name: named("t"), partitionData: [0, 1].map((index) => ({ index, records: batches({}) })) }],
        },
      },
      ...[73, 100, 146].map(
        (maxBytes) =>
          ({
            api: "fetch",
            version: 12,
            body: {
              maxBytes,
              isolationLevel: 1,
              sessionEpoch: -1,
              topics: [{ topic: named("t"), partitions: [{ ...from, partition: 1 }, from] }],
            },
          }) as const,
      ),
    ],
  },
  {
    name: "found-partitions-of-transactions",
    topics: oneTopic,
    steps: [
      ...[[named("t"), "__consumer_offsets"], [""]].map(
        (names) =>
          ({
            api: "addPartitionsToTxn",
            version: 2,
            body: { v3AndBelowTopics: names.map((name) => ({ name, partitions: name === "" ? [] : [0, 0, 9] })) },
          }) as const,
      ),
      ...[true, false].map(
        (verifyOnly) =>
          ({
            api: "addPartitionsToTxn",
            version: 5,
            body: { transactions: [{ verifyOnly, topics: [{ name: "", partitions: [] }] }] },
          }) as const,
      ),
    ],
  },
  {
    name: "found-marker-of-nobody",
    topics: oneTopic,
    steps: [[9], [0, 9]].map((partitionIndexes) => ({
      api: "writeTxnMarkers",
      version: 1,
      body: { markers: [{ producerId: -1, topics: [{ name: named("t"), partitionIndexes }] }] },
    })),
  },
  {
    name: "found-commit-without-offsets",
    topics: oneTopic,
    steps: [
      {
        api: "findCoordinator",
        version: 4,
        body: { keyType: 0, coordinatorKeys: [named("g")] },
        until: ["coordinators.0.errorCode", "0"],
      },
      {
        api: "consumerGroupDescribe",
        version: 1,
        body: { groupIds: [named("g")] },
        until: ["groups.0.errorCode", "69"],
      },
      {
        api: "offsetCommit",
        version: 5,
        body: { groupId: named("g"), topics: [{ name: named("t"), partitions: [commit] }] },
      },
      { api: "offsetDelete", version: 0, body: { groupId: named("g") } },
      { api: "offsetDelete", version: 0, body: { groupId: named("g"), topics: [{ name: named("none") }] } },
    ],
  },
];

export const foundScenarios: readonly Scenario[] = scripts.map((script) => ({
  name: script.name,
  run: (session) => Player.play(script, session),
}));
