import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTopic } from "../../../bench/harness/admin.ts";
import { type Broker, startBroker } from "../../../src/index.ts";
import { recording } from "../../support/recording.ts";
import { type Exchange, exchangeWith } from "./conversation-answers.ts";
import { conversations } from "./conversations.ts";

/**
 * Batches to topics of many configurations, and what Apache Kafka 4.3.0 made of them. To record it again, start one and
 * give its port: `ODRADEK_RECORD_PORT=9092 npx vitest run --project node conversations`.
 */
const golden = new URL("../../data/batches/conversations.jsonl", import.meta.url);
const recordPort = process.env["ODRADEK_RECORD_PORT"];

interface Recorded extends Exchange {
  readonly name: string;
  readonly configs: Readonly<Record<string, string>>;
  readonly sends: readonly string[];
}

async function held(
  port: number,
  number: number,
  { configs, sends }: Omit<Recorded, keyof Exchange>,
): Promise<Exchange> {
  const topic = `conversation-${number}`;
  await createTopic(port, topic, 1, configs);
  return exchangeWith(
    port,
    topic,
    0,
    sends.map((hex) => Buffer.from(hex, "hex")),
  );
}

recording(recordPort !== undefined, () => {
  it("asks the broker", async () => {
    const lines: string[] = [];
    for (const [number, conversation] of (await conversations()).entries()) {
      const line = { ...conversation, sends: conversation.sends.map((bytes) => bytes.toString("hex")) };
      lines.push(JSON.stringify({ ...line, ...(await held(Number(recordPort), number, line)) }));
    }
    writeFileSync(golden, `${lines.join("\n")}\n`);
  });
});

describe.runIf(recordPort === undefined)("batches are answered and stored as Kafka does it", () => {
  const recorded = readFileSync(golden, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line, number) => ({ number, ...(JSON.parse(line) as Recorded) }));
  let broker: Broker;

  beforeAll(async () => {
    broker = await startBroker({ config: { "log.retention.ms": -1 } });
  });
  afterAll(() => broker.close());

  it.each(recorded)("$name", async ({ answers, stored, number, ...conversation }) => {
    expect(await held(broker.port, number, conversation)).toEqual({ answers, stored });
  });
});
