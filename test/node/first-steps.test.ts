import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestBroker } from "../support/broker/test-broker.ts";
import { runTool } from "../support/run-process.ts";
import { lineCount, lines, textFile } from "../support/text-file.ts";

const topic = "first-steps";

/** What the README shows: a file goes in through the console producer, and comes back from the broker's clients. */
describe("a text file of 100,000 lines", () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await TestBroker.start();
  });
  afterAll(async () => broker?.remove());

  test("goes in through kafka-console-producer.sh", async () => {
    const server = ["--bootstrap-server", broker.bootstrap];
    expect(await runTool("kafka-topics", [...server, "--create", "--topic", topic])).toBe(`Created topic ${topic}.\n`);
    expect(await runTool("kafka-console-producer", [...server, "--topic", topic], { stdin: textFile })).toBe("");
  });

  describe.each(["at once", "after kill -9"])("%s", (when) => {
    beforeAll(async () => {
      if (when === "after kill -9") await broker.restart("kill -9");
    });

    test("comes back identical from kafka-console-consumer.sh --from-beginning", async () => {
      const args = ["--bootstrap-server", broker.bootstrap, "--topic", topic, "--from-beginning"];
      const output = await runTool("kafka-console-consumer", [...args, "--max-messages", String(lineCount)]);
      // Not toBe: the difference of two such texts takes minutes to print.
      expect(output === textFile).toBe(true);
    });

    test("comes back identical from kafkajs", async () => {
      const read = await readWithKafkajs(broker.bootstrap, `${when.replaceAll(" ", "-")}-reader`);
      expect(read.length).toBe(lineCount);
      expect(read.findIndex((line, index) => line !== lines[index])).toBe(-1);
    });
  });
});

async function readWithKafkajs(bootstrap: string, groupId: string): Promise<string[]> {
  const consumer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const read: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.on("consumer.crash", ({ payload }) => (payload.restart ? undefined : reject(payload.error)));
      void consumer.run({
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages) read.push(String(value));
          if (read.length >= lineCount) resolve();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return read;
}
