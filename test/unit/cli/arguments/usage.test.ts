import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Terminal } from "../../../../src/cli/command/terminal.ts";
import { producerPerfCommand } from "../../../../src/cli/producer-perf/producer-perf-command.ts";
import { storageCommand } from "../../../../src/cli/storage/storage-command.ts";
import { transactionsCommand } from "../../../../src/cli/transactions/transactions-command.ts";
import { verifiableConsumerCommand } from "../../../../src/cli/verifiable/verifiable-consumer-command.ts";
import { verifiableProducerCommand } from "../../../../src/cli/verifiable/verifiable-producer-command.ts";

type ToolCommand = (args: readonly string[], terminal: Terminal) => Promise<number>;

const commands: Record<string, ToolCommand> = {
  "kafka-storage.sh": storageCommand,
  "kafka-transactions.sh": transactionsCommand,
  "kafka-producer-perf-test.sh": producerPerfCommand,
  "kafka-verifiable-producer.sh": verifiableProducerCommand,
  "kafka-verifiable-consumer.sh": verifiableConsumerCommand,
};

const recorded = readFileSync(new URL("../../../data/cli/usage.txt", import.meta.url), "utf8");
const steps = recorded
  .split(/^\$ /m)
  .slice(1)
  .map((step) => step.trimEnd());

test.each(steps)("as Kafka's: %s", async (step) => {
  const line = step.split("\n", 1)[0] ?? "";
  const [name = "", ...args] = line.split(" ");
  let [output, errors] = ["", ""];
  const terminal = {
    print: (text: string) => ((output += text), true),
    printError: (text: string) => void (errors += text),
  } as Partial<Terminal> as Terminal;
  const code = await commands[name]?.(args, terminal);
  const marked = (text: string, mark: string) =>
    text === ""
      ? []
      : text
          .replaceAll(process.cwd(), "<folder>")
          .replace(/\n$/, "")
          .split("\n")
          .map((each) => `${mark}> ${each}`);
  const actual = [line, ...marked(output, "1"), ...marked(errors, "2"), `[exit ${code}]`];
  // Blank lines of the recording have lost their blank.
  expect(actual.map((each) => each.trimEnd()).join("\n")).toBe(
    step
      .split("\n")
      .map((each) => each.trimEnd())
      .join("\n"),
  );
});
