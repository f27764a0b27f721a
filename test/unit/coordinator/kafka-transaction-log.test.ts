import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  decodeTransactionRecord,
  encodeTransactionRecord,
} from "../../../src/coordinator/transaction/transaction-records.ts";
import { type Transaction } from "../../../src/coordinator/transaction/transaction.ts";
import { recording } from "../../support/recording.ts";
import { runTransactionScript } from "../../support/transaction-script.ts";
import { OurTransactionBroker, recordsIn, type RawRecord } from "./our-transaction-broker.ts";

/*
 * The records of the __transaction_state of an Apache Kafka 4.3.0 that answered `runTransactionScript`, in a cluster of each
 * level of `transaction.version`. `KAFKA_LOGS=folder KAFKA_TV=level` takes them from its log directory.
 */
const levels = [0, 1, 2];

function fileOf(level: number): URL {
  return new URL(`../../data/txn/kafka-records-tv${level}.jsonl`, import.meta.url);
}

const folder = process.env["KAFKA_LOGS"];

recording(folder !== undefined, () => {
  test("takes Kafka's records", () => {
    const partitions = readdirSync(folder!).filter((name) => name.startsWith("__transaction_state-"));
    const records = partitions
      .flatMap((name) => recordsIn(readFileSync(join(folder!, name, "00000000000000000000.log"))))
      .filter((record) => !isUsingUp(record));
    const lines = records.map(({ key, value }) =>
      JSON.stringify([key.toString("hex"), value?.toString("hex") ?? null]),
    );
    writeFileSync(fileOf(Number(process.env["KAFKA_TV"] ?? 2)), `${lines.join("\n")}\n`);
  });
});

/** The way to the last epoch is long in Kafka's log, and none in ours. */
function isUsingUp({ key, value }: RawRecord): boolean {
  const { transactionalId, transaction } = decodeTransactionRecord(key, value)!;
  if (!transactionalId.startsWith("used up") || transaction?.status !== "Empty") return false;
  return transaction.producerEpoch > 0 && transaction.producerEpoch < 32_766;
}

function recorded(level: number): RawRecord[] {
  const lines = readFileSync(fileOf(level), "utf8").trim().split("\n");
  return lines.map((line) => {
    const [key, value] = JSON.parse(line) as [string, string | null];
    return { key: Buffer.from(key, "hex"), value: value === null ? null : Buffer.from(value, "hex") };
  });
}

test.each(levels)("what we write for Kafka's records of transaction.version %i is what Kafka wrote", (level) => {
  const records = recorded(level);
  expect(records.length).toBeGreaterThan(100);
  for (const { key, value } of records) {
    const decoded = decodeTransactionRecord(key, value)!;
    const encoded = encodeTransactionRecord(decoded);
    expect(encoded.key.toString("hex")).toBe(key.toString("hex"));
    expect(encoded.value?.toString("hex")).toBe(value?.toString("hex"));
    expect(decoded.version).toBe(level === 0 ? 0 : 1);
  }
});

test.each(levels)("the same requests make the same records, at transaction.version %i", async (level) => {
  const broker = new OurTransactionBroker(level);
  await broker.start();
  await runTransactionScript(broker, level);
  const ours = storiesOf(broker.records().filter((record) => !isUsingUp(record)));
  const kafkas = storiesOf(recorded(level));
  expect([...ours.keys()].sort()).toEqual([...kafkas.keys()].sort());
  for (const [transactionalId, story] of kafkas) expect(ours.get(transactionalId), transactionalId).toEqual(story);
});

/** What records say, by transactional id: producer ids in the order of their appearance there, times as whether they are. */
function storiesOf(records: readonly RawRecord[]): Map<string, object[]> {
  const stories = new Map<string, { told: object[]; producerIds: number[] }>();
  for (const { key, value } of records) {
    const { transactionalId, transaction, version } = decodeTransactionRecord(key, value)!;
    const story = stories.get(transactionalId) ?? { told: [], producerIds: [] };
    stories.set(transactionalId, story);
    const nameOf = (producerId: number) => {
      if (producerId === -1) return "none";
      if (!story.producerIds.includes(producerId)) story.producerIds.push(producerId);
      return `id ${story.producerIds.indexOf(producerId)}`;
    };
    story.told.push(transaction === null ? { version } : { version, ...plain(transaction, nameOf) });
  }
  return new Map([...stories].map(([transactionalId, { told }]) => [transactionalId, told]));
}

function plain(transaction: Transaction, nameOf: (producerId: number) => string): object {
  const { partitions, startedAtMs, updatedAtMs } = transaction;
  return {
    ...transaction,
    producerId: nameOf(transaction.producerId),
    previousProducerId: nameOf(transaction.previousProducerId),
    nextProducerId: nameOf(transaction.nextProducerId),
    partitions: [...partitions].flatMap(([topic, indexes]) => indexes.map((index) => `${topic}-${index}`)).sort(),
    startedAtMs: startedAtMs === -1 ? "never" : "once",
    updatedAtMs: updatedAtMs === -1 ? "never" : "once",
  };
}
