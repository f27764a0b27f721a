import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { configsCommand } from "../../../../src/cli/configs/configs-command.ts";
import { consoleConsumerCommand } from "../../../../src/cli/console-consumer/consumer-command.ts";
import { consumerPerfCommand } from "../../../../src/cli/consumer-perf/consumer-perf-command.ts";
import { e2eLatencyCommand } from "../../../../src/cli/e2e-latency/e2e-latency-command.ts";
import { producerPerfArguments } from "../../../../src/cli/producer-perf/producer-perf-arguments.ts";
import { transactionsArguments } from "../../../../src/cli/transactions/transactions-arguments.ts";
import { verifiableConsumerArguments } from "../../../../src/cli/verifiable/verifiable-consumer-command.ts";
import { verifiableProducerArguments } from "../../../../src/cli/verifiable/verifiable-producer-command.ts";
import { consoleProducerCommand } from "../../../../src/cli/console-producer/producer-command.ts";
import { deleteRecordsCommand } from "../../../../src/cli/delete-records/delete-records-command.ts";
import { consumerGroupsCommand } from "../../../../src/cli/consumer-groups/consumer-groups-command.ts";
import { getOffsetsCommand } from "../../../../src/cli/get-offsets/get-offsets-command.ts";
import { groupsCommand } from "../../../../src/cli/groups/groups-command.ts";
import { dumpLogCommand } from "../../../../src/cli/dump-log/dump-log-command.ts";
import { helpText, signatureOf } from "../../../../src/cli/options/help-text.ts";
import { type OptionTable } from "../../../../src/cli/options/option-table.ts";
import { logDirsCommand } from "../../../../src/cli/log-dirs/log-dirs-command.ts";
import { serverStartOptions } from "../../../../src/cli/server/server-start-options.ts";
import { topicsCommand } from "../../../../src/cli/topics/topics-command.ts";
import { referenceLines } from "../../../support/reference.ts";

const scripts: Record<string, { options: OptionTable; summary: string }> = {
  "kafka-topics": topicsCommand,
  "kafka-dump-log": dumpLogCommand,
  "kafka-log-dirs": logDirsCommand,
  "kafka-configs": configsCommand,
  "kafka-delete-records": deleteRecordsCommand,
  "kafka-get-offsets": getOffsetsCommand,
  "kafka-groups": groupsCommand,
  "kafka-consumer-groups": consumerGroupsCommand,
  "kafka-console-producer": consoleProducerCommand,
  "kafka-console-consumer": consoleConsumerCommand,
  "kafka-consumer-perf-test": consumerPerfCommand,
  "kafka-e2e-latency": e2eLatencyCommand,
};

const reference = new Map(
  referenceLines<{ script: string; options: string[] }>("cli-options").map(({ script, options }) => [script, options]),
);

/** Where the reference, which was read off the help texts, is not what they say. */
const misread: Record<string, { missing?: string[]; surplus?: string[] }> = {
  "kafka-groups": { missing: ["--bootstrap-server"] },
  "kafka-get-offsets": { missing: ["--time"], surplus: ["--time <String: <timestamp>"] },
  "kafka-consumer-groups": { surplus: ["--by-duration, --to-earliest, --to-"] },
};

describe.each(Object.entries(scripts))("%s", (name, { options, summary }) => {
  // One script is not in the reference; its help text names all options.
  if (reference.has(name))
    test("has exactly Kafka's options, with its arguments", () => {
      // Where a signature did not fit on a line the reference has its name alone.
      const { missing = [], surplus = [] } = misread[name] ?? {};
      const expected = [...(reference.get(name) ?? []).filter((text) => !surplus.includes(text)), ...missing];
      const actual = Object.entries(options).map(([option, spec]) => signatureOf(option, spec));
      const named = (signature: string) => signature.split(" ")[0] ?? "";
      expect(actual.map(named).sort()).toEqual(expected.map(named).sort());
      for (const signature of expected.filter((text) => text.includes(" "))) expect(actual).toContain(signature);
    });

  test("prints Kafka's help text, byte for byte", () => {
    const recorded = readFileSync(new URL(`../../../data/cli/help/${name}.txt`, import.meta.url), "utf8");
    // A group's name is drawn.
    const named = (help: string) => help.replace(/perf-consumer-\d+\) *$/m, "perf-consumer-<n>)");
    expect(named(`${summary}\n${helpText(options)}`)).toBe(named(recorded));
  });
});

test("kafka-server-start has Kafka's options", () => {
  const actual = Object.entries(serverStartOptions).map(([option, spec]) => signatureOf(option, spec));
  for (const signature of reference.get("kafka-server-start") ?? []) expect(actual).toContain(signature);
});

test.each([
  ["kafka-transactions", transactionsArguments],
  ["kafka-producer-perf-test", producerPerfArguments],
  ["kafka-verifiable-producer", verifiableProducerArguments],
  ["kafka-verifiable-consumer", verifiableConsumerArguments],
])("%s, which follows argparse, has exactly Kafka's options", (name, table) => {
  const expected = (reference.get(name) ?? []).map((signature) => /--([\w.-]+)/.exec(signature)?.[1]);
  expect(Object.keys(table).sort()).toEqual([...new Set(expected)].sort());
});
