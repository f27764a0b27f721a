import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { runCommand } from "../../src/cli/command/run-command.ts";
import { configsCommand } from "../../src/cli/configs/configs-command.ts";
import { consoleConsumerCommand } from "../../src/cli/console-consumer/consumer-command.ts";
import { consumerGroupsCommand } from "../../src/cli/consumer-groups/consumer-groups-command.ts";
import { getOffsetsCommand } from "../../src/cli/get-offsets/get-offsets-command.ts";
import { groupsCommand } from "../../src/cli/groups/groups-command.ts";
import { verifiableConsumerCommand } from "../../src/cli/verifiable/verifiable-consumer-command.ts";
import { createTopic } from "../../bench/harness/admin.ts";
import { ConsumerMember } from "../support/broker/consumer-member.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { toolsFolder } from "../support/run-process.ts";
import { replay, type Tool } from "../support/transcript.ts";

/** Sessions with tools that look at files, and at no broker. */
const offline = new Set(["storage", "dump-log"]);

const recordings = fileURLToPath(new URL("../data/cli/", import.meta.url));

/**
 * With `RECORD_CLI` set to a folder of Kafka's own tools, and `INTEROP_TARGET=kafka`, the transcripts are written anew
 * instead of compared.
 */
const recordWith = process.env["RECORD_CLI"];

/** Those whose sessions are long. Lines of theirs that use the shell run `bin/` all the same. */
const inProcess = new Map<string, Tool>([
  ["kafka-configs", (args, terminal) => runCommand(configsCommand, args, terminal)],
  ["kafka-get-offsets", (args, terminal) => runCommand(getOffsetsCommand, args, terminal)],
  ["kafka-groups", (args, terminal) => runCommand(groupsCommand, args, terminal)],
  ["kafka-consumer-groups", (args, terminal) => runCommand(consumerGroupsCommand, args, terminal)],
  ["kafka-console-consumer", (args, terminal) => runCommand(consoleConsumerCommand, args, terminal)],
  ["kafka-verifiable-consumer", verifiableConsumerCommand],
]);

const sessions = [
  "storage",
  "topics",
  "console-producer",
  "console-consumer",
  "dump-log",
  "log-dirs",
  "delete-records",
  "configs",
  "get-offsets",
  "groups",
  "consumer-groups",
  "consumer-protocol-groups",
  "consumer-protocol-consumers",
  "transactions",
  "hanging-transactions",
  "group-configs",
  "performance",
];

/** What must be there before a session begins that no tool can make. */
const preparations: Record<string, (port: number) => Promise<readonly ConsumerMember[]>> = {
  "consumer-protocol-groups": async (port) => {
    await createTopic(port, "work", 5);
    const of = { port, topics: ["work"] };
    return [
      await ConsumerMember.join({ ...of, groupId: "pair", memberId: "second" }),
      await ConsumerMember.join({ ...of, groupId: "pair", memberId: "first" }),
      await ConsumerMember.join({ ...of, groupId: "static", memberId: "a-member-with-a-long-id", instanceId: "box-1" }),
    ];
  },
};

// Each step waits for a process to start and end: sessions, which have nothing in common, take turns meanwhile.
test.concurrent.for(sessions)(
  "the %s session goes as it does with Kafka's own tools on Apache Kafka",
  { timeout: recordWith === undefined ? 600_000 : 1_800_000 },
  async (name, { expect, onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), "odradek-cli-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const broker = offline.has(name) ? undefined : await TestBroker.start();
    onTestFinished(async () => broker?.remove());

    const members = broker === undefined ? [] : ((await preparations[name]?.(broker.port)) ?? []);
    onTestFinished(async () => void (await Promise.all(members.map((member) => member.stop()))));

    const file = join(recordings, `${name}.txt`);
    const recorded = readFileSync(file, "utf8");
    const tools = recordWith ?? toolsFolder;
    const replayed = await replay(recorded, {
      tools,
      bootstrap: broker?.bootstrap,
      folder,
      ...(recordWith === undefined ? { inProcess } : {}),
    });
    if (recordWith !== undefined) writeFileSync(file, replayed);
    else expect(replayed).toBe(recorded);
  },
);
