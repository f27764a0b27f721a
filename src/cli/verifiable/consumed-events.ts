import { type Consumer } from "../client/consumer/consumer.ts";
import { type ConsumedRecord } from "../client/consumer/fetched-records.ts";
import { type PartitionOffset } from "../client/group/membership.ts";

/** What the Java consumer hands out at once. */
const recordsAtOnce = 500;

/** Tells of the records that a consumer has read, up to a number of them. */
export class ConsumedEvents {
  readonly #print: (name: string, event: object) => void;
  readonly #isVerbose: boolean;
  readonly #countMax: number;
  #count = 0;

  /** @param countMax below 0 for no end */
  constructor(print: (name: string, event: object) => void, isVerbose: boolean, countMax: number) {
    this.#print = print;
    this.#isVerbose = isVerbose;
    this.#countMax = countMax;
  }

  get isFinished(): boolean {
    return this.#countMax >= 0 && this.#count >= this.#countMax;
  }

  /** Takes the records that are there; returns where the group goes on then. */
  take(consumer: Consumer): PartitionOffset[] {
    const byPartition = new Map<string, ConsumedRecord[]>();
    let count = 0;
    for (; count < recordsAtOnce; count++) {
      const record = consumer.next();
      if (record === undefined) break;
      const key = `${record.topic}-${record.partition}`;
      const known = byPartition.get(key);
      if (known === undefined) byPartition.set(key, [record]);
      else known.push(record);
    }
    // Transaction markers alone bring nothing to tell.
    if (count === 0) return [];
    const summaries = [...byPartition.values()].flatMap((records) => this.#tell(records));
    const partitions = summaries.map(({ topic, partition, records }) => ({
      topic,
      partition,
      count: records.length,
      minOffset: records[0]?.offset,
      maxOffset: records.at(-1)?.offset,
    }));
    this.#print("records_consumed", { count, partitions });
    return summaries.map(({ topic, partition, records }) => ({
      topic,
      partition,
      offset: (records.at(-1)?.offset ?? -1) + 1,
    }));
  }

  #tell(all: readonly ConsumedRecord[]): { topic: string; partition: number; records: readonly ConsumedRecord[] }[] {
    const records = this.#countMax < 0 ? all : all.slice(0, this.#countMax - this.#count);
    const [first] = records;
    if (first === undefined) return [];
    this.#count += records.length;
    for (const { topic, partition, key, value, offset } of this.#isVerbose ? records : []) {
      this.#print("record_data", { key: textOf(key), value: textOf(value), topic, partition, offset });
    }
    return [{ topic: first.topic, partition: first.partition, records }];
  }
}

function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString("utf8");
}
