import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCommand } from "../../../src/cli/command/run-command.ts";
import { consumerGroupsCommand } from "../../../src/cli/consumer-groups/consumer-groups-command.ts";
import { deleteRecordsCommand } from "../../../src/cli/delete-records/delete-records-command.ts";
import { dumpLogCommand } from "../../../src/cli/dump-log/dump-log-command.ts";
import { getOffsetsCommand } from "../../../src/cli/get-offsets/get-offsets-command.ts";
import { logDirsCommand } from "../../../src/cli/log-dirs/log-dirs-command.ts";
import { transactionsCommand } from "../../../src/cli/transactions/transactions-command.ts";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { AnsweringBroker, type Answers, topicIdOf } from "../../support/answering-broker.ts";
import { RecordingTerminal } from "../../support/recording-terminal.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function brokerWith(answers: Answers): Promise<string> {
  const broker: AnsweringBroker = await AnsweringBroker.start({
    describeTopicPartitions: ({ topics }) => ({
      topics: topics.map(({ name }) => ({
        name,
        topicId: topicIdOf,
        partitions: [{ partitionIndex: 0, leaderId: 1, replicaNodes: [1] }],
      })),
      nextCursor: null,
    }),
    listOffsets: ({ topics }) => ({
      topics: topics.map(({ name }) => ({ name, partitions: [{ partitionIndex: 0, offset: 5, timestamp: -1 }] })),
    }),
    ...answers,
  });
  onTestFinished(() => broker.stop());
  return broker.bootstrap;
}

/** Three topics of one partition each, where a request asks for all. */
const threeTopics = (bootstrap: () => string): Answers => ({
  metadata: ({ topics }) => ({
    brokers: [{ nodeId: 1, host: "127.0.0.1", port: Number(bootstrap().split(":")[1]) }],
    topics: (topics ?? [{ name: "a" }, { name: "b" }, { name: "c" }]).map(({ name }) => ({
      name,
      topicId: topicIdOf,
      partitions: [{ partitionIndex: 0, leaderId: 1, leaderEpoch: 0, replicaNodes: [1], isrNodes: [1] }],
    })),
  }),
});

test("kafka-transactions.sh find-hanging: topics, and partitions looked at", async () => {
  const terminal = new RecordingTerminal();
  const bootstrap: string = await brokerWith({
    ...threeTopics(() => bootstrap),
    describeProducers: ({ topics }) => ({
      topics: topics.map(({ name }) => ({ name, partitions: [{ partitionIndex: 0, activeProducers: [] }] })),
    }),
  });
  const args = ["--bootstrap-server", bootstrap, "find-hanging", "--broker-id", "1"];
  expect(await transactionsCommand(args, terminal), terminal.complained).toBe(0);
  expect(terminal.told).toEqual([
    "Describing topics: 3 of 3 topics",
    "Looking for hanging transactions: 1 of 3 partitions",
    "Looking for hanging transactions: 2 of 3 partitions",
    "Looking for hanging transactions: 3 of 3 partitions",
  ]);
});

const threeGroups: Answers = {
  listGroups: () => ({
    groups: ["g1", "g2", "g3"].map((groupId) => ({ groupId, protocolType: "consumer", groupState: "Empty" })),
  }),
  findCoordinator: ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: "127.0.0.1", port: 1 })),
  }),
  consumerGroupDescribe: ({ groupIds }) => ({
    groups: groupIds.map((groupId) => ({ groupId, groupState: "Empty", assignorName: "uniform" })),
  }),
  offsetFetch: ({ groups }) => ({
    groups: groups.map(({ groupId }) => ({
      groupId,
      topics: [{ name: "t", topicId: topicIdOf, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
    })),
  }),
  offsetCommit: () => ({ topics: [] }),
  deleteGroups: ({ groupsNames }) => ({ results: groupsNames.map((groupId) => ({ groupId })) }),
};

test.each([
  ["--describe", ["Describing groups: 3", "Looking up offsets: 1", "Looking up offsets: 2", "Looking up offsets: 3"]],
  ["--describe --state", ["Describing groups: 3"]],
  ["--delete", ["Deleting groups: 3"]],
  [
    "--reset-offsets --all-topics --to-offset 1 --execute",
    ["Resetting offsets: 1", "Resetting offsets: 2", "Resetting offsets: 3"],
  ],
])("kafka-consumer-groups.sh %s: groups", async (action, told) => {
  const terminal = new RecordingTerminal();
  const args = ["--bootstrap-server", await brokerWith(threeGroups), "--all-groups", ...action.split(" ")];
  expect(await runCommand(consumerGroupsCommand, args, terminal)).toBe(0);
  expect(terminal.told, terminal.printed + terminal.complained).toEqual(told.map((text) => `${text} of 3 groups`));
});

test("kafka-dump-log.sh: bytes of segments, entries of indexes", async () => {
  const directory = temporaryDirectory();
  const batches = [0, 1].map((baseOffset) =>
    buildBatch({ baseOffset, records: [{ key: null, value: Buffer.from("v"), timestamp: 1 }] }),
  );
  const [log, index, times] = ["log", "index", "timeindex"].map((suffix) =>
    join(directory, `${"0".repeat(20)}.${suffix}`),
  );
  const size = batches[0]!.length;
  const entry = Buffer.alloc(8);
  entry.writeInt32BE(1, 0);
  entry.writeInt32BE(size, 4);
  const time = Buffer.alloc(12);
  time.writeInt32BE(1, 4);
  time.writeInt32BE(1, 8);
  writeFileSync(log!, Buffer.concat(batches));
  writeFileSync(index!, entry);
  writeFileSync(times!, time);
  const terminal = new RecordingTerminal();
  const args = ["--files", [log, index, times].join(",")];
  expect(await runCommand(dumpLogCommand, args, terminal), terminal.complained).toBe(0);
  expect(terminal.told).toEqual([
    `Reading ${"0".repeat(20)}.log: ${size} of ${2 * size} bytes`,
    `Reading ${"0".repeat(20)}.log: ${2 * size} of ${2 * size} bytes`,
    `Reading ${"0".repeat(20)}.index: 1 of 1 entries`,
    `Reading ${"0".repeat(20)}.timeindex: 1 of 1 entries`,
  ]);
});

test("kafka-delete-records.sh: partitions", async () => {
  const file = join(temporaryDirectory(), "offsets.json");
  const partitions = ["a", "b"].map((topic) => ({ topic, partition: 0, offset: 1 }));
  writeFileSync(file, JSON.stringify({ partitions, version: 1 }));
  const bootstrap = await brokerWith({
    deleteRecords: ({ topics }) => ({
      topics: topics.map(({ name }) => ({ name, partitions: [{ partitionIndex: 0, lowWatermark: 1 }] })),
    }),
  });
  const terminal = new RecordingTerminal();
  const args = ["--bootstrap-server", bootstrap, "--offset-json-file", file];
  expect(await runCommand(deleteRecordsCommand, args, terminal), terminal.complained).toBe(0);
  expect(terminal.told).toEqual(["Deleting records: 1 of 2 partitions", "Deleting records: 2 of 2 partitions"]);
});

test("kafka-log-dirs.sh: brokers", async () => {
  const bootstrap = await brokerWith({
    describeCluster: () => ({ brokers: [{ brokerId: 1, host: "127.0.0.1", port: 1 }] }),
    describeLogDirs: () => ({ results: [{ logDir: "/d" }] }),
  });
  const terminal = new RecordingTerminal();
  const args = ["--bootstrap-server", bootstrap, "--describe"];
  expect(await runCommand(logDirsCommand, args, terminal), terminal.complained).toBe(0);
  expect(terminal.told).toEqual(["Querying brokers: 1 of 1 brokers"]);
});

test("kafka-get-offsets.sh: partitions", async () => {
  const bootstrap: string = await brokerWith(threeTopics(() => bootstrap));
  const terminal = new RecordingTerminal();
  expect(await runCommand(getOffsetsCommand, ["--bootstrap-server", bootstrap], terminal), terminal.complained).toBe(0);
  expect(terminal.told).toEqual(["Looking up offsets: 3 of 3 partitions"]);
});
