import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTopic } from "../../../bench/harness/admin.ts";
import { type Broker } from "../../../src/index.ts";
import { recording } from "../../support/recording.ts";
import { answerTo, type Answer } from "./answers.ts";
import { cases } from "./cases.ts";

/**
 * Odd batches and what Apache Kafka 4.3.0 made of them: error, message and the bytes it stored. To record it again, start
 * one and give its port: `ODRADEK_RECORD_PORT=9092 npx vitest run --project node produced-batches`.
 */
const golden = new URL("../../data/batches/produced.jsonl", import.meta.url);
const recordPort = process.env["ODRADEK_RECORD_PORT"];
const topic = "odd-batches";

interface Recorded extends Answer {
  readonly name: string;
  readonly sent: string;
}

recording(recordPort !== undefined, () => {
  it("asks the broker", async () => {
    const port = Number(recordPort);
    const list = await cases();
    await createTopic(port, topic, list.length);
    const lines: string[] = [];
    for (const [partition, { name, sent }] of list.entries()) {
      const answer = await answerTo(port, topic, partition, sent);
      lines.push(JSON.stringify({ name, ...answer, sent: sent.toString("hex") }));
    }
    writeFileSync(golden, `${lines.join("\n")}\n`);
  });
});

describe.runIf(recordPort === undefined)("a batch is answered and stored as Kafka does it", () => {
  const recorded = readFileSync(golden, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Recorded);
  let broker: Broker;

  beforeAll(async () => {
    const { startBroker } = await import("../../../src/index.ts");
    broker = await startBroker({ config: { "log.retention.ms": -1 } });
    await createTopic(broker.port, topic, recorded.length);
  });
  afterAll(() => broker.close());

  it.each(recorded.map((line, partition) => ({ ...line, partition })))("$name", async ({ partition, ...line }) => {
    const { name: _name, sent, ...expected } = line;
    expect(await answerTo(broker.port, topic, partition, Buffer.from(sent, "hex"))).toEqual(expected);
  });
});
