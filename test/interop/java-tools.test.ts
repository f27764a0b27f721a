import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestBroker } from "../support/broker/test-broker.ts";
import { javaTool, prepareJava, type ToolResult } from "./support/java.ts";
import { withTool } from "./support/tool-or-skip.ts";

/** Kafka's own command-line tools, as their scripts start them. */
const tools = {
  topics: "org.apache.kafka.tools.TopicCommand",
  configs: "kafka.admin.ConfigCommand",
  consoleProducer: "org.apache.kafka.tools.ConsoleProducer",
  consoleConsumer: "org.apache.kafka.tools.consumer.ConsoleConsumer",
  consumerGroups: "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  getOffsets: "org.apache.kafka.tools.GetOffsetShell",
  logDirs: "org.apache.kafka.tools.LogDirsCommand",
  deleteRecords: "org.apache.kafka.tools.DeleteRecordsCommand",
  cluster: "org.apache.kafka.tools.ClusterTool",
  apiVersions: "org.apache.kafka.tools.BrokerApiVersionsCommand",
} as const;

await withTool("Java tools", prepareJava, (java) => {
  describe("Java tools", () => {
    let broker: TestBroker;
    beforeAll(async () => {
      broker = await TestBroker.start();
    });
    afterAll(() => broker?.remove());

    function run(tool: keyof typeof tools, args: readonly string[], input?: string): Promise<ToolResult> {
      return javaTool(java, tools[tool], ["--bootstrap-server", broker.bootstrap, ...args], input);
    }

    /** The lines that it prints, when it ends well. */
    async function lines(tool: keyof typeof tools, args: readonly string[], input?: string): Promise<string[]> {
      const { status, output, errors } = await run(tool, args, input);
      expect({ status, errors }).toEqual({ status: 0, errors: expect.not.stringMatching(/ERROR|Exception/) });
      return output.trim().split("\n");
    }

    test("kafka-topics creates, lists, describes, alters and deletes", async () => {
      const create = ["--create", "--topic", "orders", "--partitions", "2", "--replication-factor", "1"];
      expect(await lines("topics", [...create, "--config", "retention.ms=60000"])).toEqual(["Created topic orders."]);
      const again = await run("topics", create);
      expect(again.status).toBe(1);
      expect(again.output).toContain("Error while executing topic command : Topic 'orders' already exists.");
      expect(await lines("topics", ["--list"])).toContain("orders");

      const [header, ...partitions] = await lines("topics", ["--describe", "--topic", "orders"]);
      expect(header).toMatch(
        /^Topic: orders\tTopicId: [\w-]{22}\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: .*retention\.ms=60000/,
      );
      const place = "Leader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: ";
      expect(partitions.map((line) => line.trim())).toEqual(
        [0, 1].map((partition) => `Topic: orders\tPartition: ${partition}\t${place}`.trim()),
      );

      await lines("topics", ["--alter", "--topic", "orders", "--partitions", "4"]);
      expect(await lines("topics", ["--describe", "--topic", "orders"])).toHaveLength(5);
      await lines("topics", ["--delete", "--topic", "orders"]);
      expect(await lines("topics", ["--list"])).not.toContain("orders");
    });

    test("console producer, console consumer, offsets and groups tell the same story", async () => {
      await lines("topics", ["--create", "--topic", "letters", "--partitions", "1"]);
      const input = Array.from({ length: 500 }, (_, index) => `key${index}:value ${index} – ąß`);
      const parse = ["--reader-property", "parse.key=true", "--reader-property", "key.separator=:"];
      await lines(
        "consoleProducer",
        ["--topic", "letters", "--compression-codec", "zstd", ...parse],
        `${input.join("\n")}\n`,
      );
      expect(await lines("getOffsets", ["--topic", "letters"])).toEqual(["letters:0:500"]);
      expect(await lines("getOffsets", ["--topic", "letters", "--time", "earliest"])).toEqual(["letters:0:0"]);
      expect(await lines("getOffsets", ["--topic", "letters", "--time", "-3"])).toEqual([
        expect.stringMatching(/^letters:0:\d+$/),
      ]);

      const print = ["--formatter-property", "print.key=true", "--formatter-property", "key.separator=:"];
      const reading = ["--topic", "letters", "--group", "readers", "--from-beginning", "--max-messages", "300"];
      const consumed = await lines("consoleConsumer", [...reading, ...print]);
      expect(consumed).toEqual(input.slice(0, 300));
      expect(await lines("consumerGroups", ["--list"])).toContain("readers");

      const described = await lines("consumerGroups", ["--describe", "--group", "readers"]);
      expect(described.at(-1)?.trim().split(/\s+/)).toEqual(
        expect.arrayContaining(["readers", "letters", "0", "300", "500", "200"]),
      );
      const state = await lines("consumerGroups", ["--describe", "--group", "readers", "--state"]);
      expect(state.at(-1)).toMatch(/readers\s.*127\.0\.0\.1:\d+\s+\(1\).*\bEmpty\b.*\b0\s*$/);
      const reset = ["--reset-offsets", "--group", "readers", "--topic", "letters", "--execute"];
      expect((await lines("consumerGroups", [...reset, "--to-offset", "490"])).at(-1)).toMatch(
        /readers\s+letters\s+0\s+490/,
      );
      const rest = ["--topic", "letters", "--group", "readers", "--max-messages", "10", ...print];
      expect(await lines("consoleConsumer", rest)).toEqual(input.slice(490));
      await lines("consumerGroups", ["--delete", "--group", "readers"]);
      expect(await lines("consumerGroups", ["--list"])).not.toContain("readers");
    });

    test("kafka-configs, kafka-log-dirs, kafka-cluster and kafka-broker-api-versions find what they ask for", async () => {
      await lines("topics", ["--create", "--topic", "settled", "--partitions", "1"]);
      const topic = ["--entity-type", "topics", "--entity-name", "settled"];
      await lines("configs", [
        "--alter",
        ...topic,
        "--add-config",
        "max.message.bytes=2000,cleanup.policy=[compact,delete]",
      ]);
      const configs = await lines("configs", ["--describe", ...topic]);
      expect(configs.join("\n")).toMatch(
        /max\.message\.bytes=2000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:max/,
      );
      expect(configs.join("\n")).toContain("cleanup.policy=compact,delete");
      const all = await lines("configs", ["--describe", "--all", "--entity-type", "brokers", "--entity-name", "1"]);
      expect(all.join("\n")).toContain("log.segment.bytes=1073741824");

      const dirs = (await lines("logDirs", ["--describe", "--topic-list", "settled"])).at(-1)!;
      expect(JSON.parse(dirs)).toMatchObject({
        brokers: [
          {
            broker: 1,
            logDirs: [{ error: null, partitions: [{ partition: "settled-0", offsetLag: 0, isFuture: false }] }],
          },
        ],
      });
      const cluster = await javaTool(java, tools.cluster, ["cluster-id", "--bootstrap-server", broker.bootstrap]);
      expect(cluster.output).toMatch(/^Cluster ID: [\w-]{22}/);
      const versions = await lines("apiVersions", []);
      expect(versions[0]).toContain(`127.0.0.1:${broker.port} (id: 1 rack: null isFenced: false) -> (`);
    });

    test("kafka-delete-records moves the start of a log", async () => {
      await lines("topics", ["--create", "--topic", "cut", "--partitions", "1"]);
      await lines("consoleProducer", ["--topic", "cut"], "a\nb\nc\nd\n");
      const file = `${broker.dataDirectory}-delete.json`;
      writeFileSync(file, JSON.stringify({ partitions: [{ topic: "cut", partition: 0, offset: 3 }], version: 1 }));
      expect((await lines("deleteRecords", ["--offset-json-file", file])).join("\n")).toContain("low_watermark: 3");
      expect(await lines("getOffsets", ["--topic", "cut", "--time", "earliest"])).toEqual(["cut:0:3"]);
      expect(await lines("consoleConsumer", ["--topic", "cut", "--from-beginning", "--max-messages", "1"])).toEqual([
        "d",
      ]);
    });
  });
});
