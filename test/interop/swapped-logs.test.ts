import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { TestBroker } from "../support/broker/test-broker.ts";
import { waitUntilCoordinated, waitUntilLed } from "../support/broker/wait-until.ts";
import { runProcess, runTool } from "../support/run-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type Java, prepareJava } from "./support/java.ts";
import { withTool } from "./support/tool-or-skip.ts";

const topic = "logs";
const group = "readers";
const codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
const linesPerCodec = 4_000;
const committed = 1_000;
/** The smallest segments that Kafka allows, so that there are several, and an index entry for each batch. */
const topicConfig = ["--config", "segment.bytes=1048576", "--config", "index.interval.bytes=0"];
const columns = ["timestamp", "partition", "offset", "headers", "key"].flatMap((name) => [
  "--formatter-property",
  `print.${name}=true`,
]);

/** Lines of `headers TAB key TAB value` for the console producer; 200 to 400 bytes, some values null. */
function linesOf(codec: string): string {
  return Array.from({ length: linesPerCodec }, (_, index) => {
    const value = index % 97 === 0 ? "NIL" : `${codec} ${index} ${"·x✓y"[index % 4]?.repeat(200 + (index % 100))}`;
    return `codec:${codec},index:${index}\tkey-${index % 13}\t${value}\n`;
  }).join("");
}

const reader = ["parse.key=true", "parse.headers=true", "null.marker=NIL"].flatMap((name) => [
  "--reader-property",
  name,
]);

async function produce(broker: TestBroker, codec: string): Promise<void> {
  const args = ["--bootstrap-server", broker.bootstrap, "--topic", topic, "--compression-codec", codec, ...reader];
  await runTool("kafka-console-producer", args, { stdin: linesOf(codec) });
}

async function fill(broker: TestBroker): Promise<void> {
  const server = ["--bootstrap-server", broker.bootstrap];
  await runTool("kafka-topics", [...server, "--create", "--topic", topic, ...topicConfig]);
  // Kafka answers before there is a leader, and may then take an idempotent producer's batches in another order (KAFKA-15591).
  await waitUntilLed(broker.port, topic, 1);
  for (const codec of codecs) await produce(broker, codec);
  const consumer = [...server, "--topic", topic, "--group", group, "--from-beginning"];
  await runTool("kafka-console-consumer", [...consumer, "--max-messages", String(committed)]);
}

/** Everything that the partition holds, as a console consumer prints it. */
function read(broker: TestBroker, count: number): Promise<string> {
  const args = ["--bootstrap-server", broker.bootstrap, "--topic", topic, "--partition", "0", "--from-beginning"];
  return runTool("kafka-console-consumer", [...args, ...columns, "--max-messages", String(count)]);
}

async function nextOfGroup(broker: TestBroker): Promise<string> {
  await waitUntilCoordinated(broker.port, group);
  const args = ["--bootstrap-server", broker.bootstrap, "--topic", topic, "--group", group, "--max-messages", "1"];
  // A commit would move the group on.
  const settings = ["--command-property", "enable.auto.commit=false", "--formatter-property", "print.offset=true"];
  return (await runTool("kafka-console-consumer", [...args, ...settings])).split("\t")[0] ?? "";
}

/** One of Kafka's own tools, which must end well and complain of nothing; gives its output. */
async function kafkasTool(java: Java, mainClass: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProcess("java", [...java.arguments, mainClass, ...args]);
  // What DumpLogSegments says of the first record of every segment but the partition's first.
  const complaints = stderr.replace(/^Non-consecutive offsets in .*\n {2}-1 is followed by \d+\n/gm, "");
  expect([code, complaints]).toEqual([0, ""]);
  return stdout;
}

/** What offset a time stands for, as Kafka's own tool finds it: it goes through the time index. */
async function offsetAt(java: Java, broker: TestBroker, time: string): Promise<string> {
  const args = ["--bootstrap-server", broker.bootstrap, "--topic", topic, "--time", time];
  return (await kafkasTool(java, "org.apache.kafka.tools.GetOffsetShell", args)).trim();
}

async function offsetsAt(java: Java, broker: TestBroker, times: readonly string[]): Promise<string[]> {
  const offsets: string[] = [];
  for (const time of times) offsets.push(await offsetAt(java, broker, time));
  return offsets;
}

/** Kafka's DumpLogSegments on every file of the partition and of the committed offsets. */
async function checkFiles(java: Java, dataDirectory: string): Promise<void> {
  const filesOf = (folder: string, pattern: RegExp) =>
    readdirSync(join(dataDirectory, folder))
      .filter((name) => pattern.test(name))
      .map((name) => join(dataDirectory, folder, name));
  const dump = async (files: readonly string[], ...flags: string[]) => {
    const output = await kafkasTool(java, "org.apache.kafka.tools.DumpLogSegments", [
      "--files",
      files.join(),
      ...flags,
    ]);
    expect(output).not.toMatch(/mismatch|isvalid: false|not monoton|not found|exception/i);
    return output;
  };
  const logs = filesOf(`${topic}-0`, /^\d{20}\.log$/);
  expect(logs.length).toBeGreaterThan(2);
  const dumped = await dump(logs, "--deep-iteration");
  for (const codec of codecs) expect(dumped).toContain(`compresscodec: ${codec}`);
  await dump(filesOf(`${topic}-0`, /^\d{20}\.(index|timeindex|snapshot)$/));
  const offsets = readdirSync(dataDirectory)
    .filter((name) => name.startsWith("__consumer_offsets-"))
    .flatMap((folder) => filesOf(folder, /\.log$/));
  expect(await dump(offsets, "--offsets-decoder", "--print-data-log")).toContain(`"group":"${group}"`);
}

await withTool("data directory under another broker", prepareJava, (java) => {
  describe.each([
    ["odradek", "kafka"],
    ["kafka", "odradek"],
  ] as const)("logs that %s wrote are served by %s", (writer, heir) => {
    test.each(["stopped", "killed"] as const)("when it was %s, records, indexes, offsets and all", async (how) => {
      const dataDirectory = temporaryDirectory();
      const first = await TestBroker.start({ target: writer, dataDirectory });
      onTestFinished(() => first.remove());
      await fill(first);
      const count = codecs.length * linesPerCodec;
      const written = await read(first, count);
      expect(written.split("\n").length - 1).toBe(count);
      const times = ["earliest", "latest", "max-timestamp", String(timestampOf(written, count / 2))];
      const offsets = await offsetsAt(java, first, times);
      if (how === "stopped") await first.stop();
      else await first.kill();
      expect(existsSync(join(dataDirectory, ".kafka_cleanshutdown"))).toBe(how === "stopped");
      // What a killed broker leaves is whole too, but its indexes are cut to size only by whoever recovers them.
      if (how === "stopped") await checkFiles(java, dataDirectory);

      const second = await TestBroker.start({ target: heir, dataDirectory, portsOf: first });
      onTestFinished(() => second.remove());
      expect((await read(second, count)) === written).toBe(true);
      expect(await nextOfGroup(second)).toBe(`Offset:${committed}`);
      expect(await offsetsAt(java, second, times)).toEqual(offsets);

      // And the heir goes on where the writer ended.
      await produce(second, "zstd");
      const more = await read(second, count + linesPerCodec);
      expect(more.startsWith(written)).toBe(true);
      await second.stop();
      await checkFiles(java, dataDirectory);

      const third = await TestBroker.start({ target: writer, dataDirectory, portsOf: first });
      onTestFinished(() => third.remove());
      expect((await read(third, count + linesPerCodec)) === more).toBe(true);
    });
  });
});

/** The timestamp of a record in what `read` gave. */
function timestampOf(text: string, index: number): number {
  return Number(/^CreateTime:(\d+)/.exec(text.split("\n")[index] ?? "")?.[1]);
}
