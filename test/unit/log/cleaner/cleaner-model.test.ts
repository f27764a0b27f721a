import { describe, expect, test } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type CompressionName } from "../../../../src/io/ports.ts";
import { type Log } from "../../../../src/log/log.ts";
import { buildBatch, compressBatch, type RecordDraft } from "../../../../src/protocol/records/batch-builder.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { SeededRandom } from "../../../support/random-bytes.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { marker } from "../batches.ts";
import { type LogUnderTest, openLog, readAll } from "../open-log.ts";
import { clean, compacted, type PlainRecord, recordsIn } from "./clean-log.ts";

const codecs: readonly (CompressionName | "none")[] = ["none", "none", "gzip", "snappy", "lz4", "zstd"];
const deleteRetentionMs = 1_000;

interface Written extends PlainRecord {
  /** Of its transaction, if it is of one. */
  transaction: { outcome: "open" | "commit" | "abort" } | undefined;
}

/** Appends batches of plain, idempotent and transactional producers to a log, and remembers every record. */
class ModelledLog {
  readonly opened: LogUnderTest;
  readonly written: Written[] = [];
  readonly #random: SeededRandom;
  readonly #sequences = [0, 0, 0, 0];
  readonly #open = new Map<number, { outcome: "open" | "commit" | "abort" }>();
  readonly #keys: number;

  constructor(opened: LogUnderTest, random: SeededRandom) {
    this.opened = opened;
    this.#random = random;
    this.#keys = 1 + random.below(30);
  }

  async append(): Promise<void> {
    const random = this.#random;
    const { log, time, queue } = this.opened;
    if (random.below(4) === 0) await time.advance(random.below(50));
    const producerId = random.below(6);
    const transaction = this.#open.get(producerId);
    if (transaction !== undefined && random.below(3) === 0) return this.#end(producerId);
    const isTransactional = producerId === 2 || producerId === 3;
    if (isTransactional && transaction === undefined) this.#open.set(producerId, { outcome: "open" });
    const count = 1 + random.below(5);
    const records = Array.from({ length: count }, () => this.#record());
    let draft = buildBatch({ records });
    if (producerId < 4) {
      const baseSequence = this.#sequences[producerId]!;
      this.#sequences[producerId]! += count;
      draft = buildBatch({ records, producerId, producerEpoch: 0, baseSequence, isTransactional });
    }
    const batch = await compressBatch(draft, codecs[random.below(codecs.length)]!, nodeCompute);
    const result = log.appendAsLeader(batch, 0, "client", time.wallMs());
    if (!result.ok) throw new Error("the append failed");
    for (const [index, { key, value, timestamp }] of records.entries()) {
      this.written.push({
        offset: result.baseOffset + index,
        timestamp,
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
        transaction: this.#open.get(producerId),
      });
    }
    queue.flush();
    log.highWatermark = log.logEndOffset;
  }

  #end(producerId: number): void {
    const { log, time, queue } = this.opened;
    const isAbort = this.#random.below(2) === 0;
    this.#open.get(producerId)!.outcome = isAbort ? "abort" : "commit";
    this.#open.delete(producerId);
    const result = log.appendAsLeader(marker(producerId, isAbort, time.wallMs()), 0, "coordinator", time.wallMs());
    expect(result.ok).toBe(true);
    queue.flush();
    log.highWatermark = log.logEndOffset;
  }

  #record(): RecordDraft {
    const random = this.#random;
    const value =
      random.below(5) === 0 ? null : Buffer.from(`value ${random.below(1_000_000)}`.repeat(random.below(5)));
    return {
      key: Buffer.from(`key ${random.below(this.#keys)}`),
      value,
      timestamp: this.opened.time.wallMs() - random.below(20),
      headers: random.below(5) === 0 ? [{ key: "header", value: random.bytes(3) }] : [],
    };
  }

  /** What is in the table that a reader of committed records makes of the log. */
  table(records: readonly PlainRecord[]): Map<string, string> {
    const table = new Map<string, string>();
    const outcomeAt = new Map(this.written.map(({ offset, transaction }) => [offset, transaction?.outcome]));
    for (const { offset, key, value } of records) {
      if (outcomeAt.get(offset) === "abort" || key === null) continue;
      if (value === null) table.delete(key);
      else table.set(key, value);
    }
    return table;
  }

  plain(): PlainRecord[] {
    return this.written.map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key, value }));
  }
}

/** Last sequence number and epoch of each producer, and what keeps the stable offset back. */
function producersOf(log: Log) {
  return {
    producers: [...log.producerState.entries()]
      .map(({ producerId, producerEpoch, lastSequence, lastDataOffset, transactionFirstOffset }) => ({
        producerId,
        producerEpoch,
        lastSequence,
        lastDataOffset,
        transactionFirstOffset,
      }))
      .sort((one, other) => one.producerId - other.producerId),
    lastStableOffset: log.lastStableOffset,
    logEndOffset: log.logEndOffset,
  };
}

function expectCompacted(model: ModelledLog, before: readonly PlainRecord[], survivors: readonly PlainRecord[]): void {
  const { log } = model.opened;
  const cleanedOffset = log.cleanedOffset ?? 0;
  const writtenAt = new Map(model.plain().map((record) => [record.offset, record]));
  for (const record of survivors) expect(record).toEqual(writtenAt.get(record.offset));
  const offsets = survivors.map(({ offset }) => offset);
  expect(offsets).toEqual([...new Set(offsets)].sort((one, other) => one - other));
  expect(model.table(survivors)).toEqual(model.table(before));
  const clean = survivors.filter(({ offset }) => offset < cleanedOffset);
  expect(survivors.filter(({ offset }) => offset >= cleanedOffset)).toEqual(
    model.plain().filter(({ offset }) => offset >= cleanedOffset),
  );
  const keys = clean.map(({ key }) => key);
  expect(keys).toEqual([...new Set(keys)]);
  const abortedOffsets = new Set(
    model.written.filter(({ transaction }) => transaction?.outcome === "abort").map(({ offset }) => offset),
  );
  expect(clean.filter(({ offset }) => abortedOffsets.has(offset))).toEqual([]);
}

describe("what survives compaction, against a plain model", () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))("seed %i", async (seed) => {
    const random = new SeededRandom(seed);
    let disk = new MemoryDisk();
    const config = {
      ...compacted,
      deleteRetentionMs,
      segmentBytes: 400 + random.below(3_000),
      indexIntervalBytes: 100,
    };
    // Some rounds end early, because the map is full.
    const cleaner = { dedupeBufferBytes: random.below(2) === 0 ? 24_000 : 24 * (3 + random.below(20)) };
    const model = new ModelledLog(openLog(disk, config), random);
    for (let round = 0; round < 4; round++) {
      for (let count = 20 + random.below(60); count > 0; count--) await model.append();
      const { log, time } = model.opened;
      const known = producersOf(log);
      const { removals } = await clean(disk, model.opened, cleaner);
      if (round === 3) expect(log.cleanedOffset).toBeGreaterThan(0);
      const survivors = await recordsIn(log);
      expectCompacted(model, model.plain(), survivors);
      expect(producersOf(log)).toEqual(known);
      for (const remove of removals) remove();

      // The same log after a restart, in good order or not, with recovery of all of it.
      const bytes = readAll(log);
      const isClean = random.below(2) === 0;
      if (isClean) log.close();
      else await log.flush();
      disk = isClean ? disk.kill() : disk.crash((bound) => random.below(bound));
      const { cleanedOffset, highWatermark } = log;
      const options = { hadCleanShutdown: isClean, recoveryPoint: isClean ? log.logEndOffset : 0, cleanedOffset, time };
      const reopened = openLog(disk, config, options);
      reopened.log.highWatermark = highWatermark;
      expect(readAll(reopened.log).equals(bytes)).toBe(true);
      expect(producersOf(reopened.log)).toEqual(known);
      Object.assign(model, { opened: reopened });
    }
  });
});

test("tombstones stay until their time has passed, counted from the round that saw them first", async () => {
  const disk = new MemoryDisk();
  const opened = openLog(disk, { ...compacted, deleteRetentionMs });
  const { log, time } = opened;
  const append = (key: string, value: string | null): void => {
    const record = { key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestamp: 1_000 };
    expect(log.appendAsLeader(buildBatch({ records: [record] }), 0, "client", time.wallMs()).ok).toBe(true);
    opened.queue.flush();
    log.highWatermark = log.logEndOffset;
  };
  append("a", "1");
  append("a", null);
  // An empty value is a value.
  append("b", "");
  log.roll();
  append("c", "1");
  await clean(disk, opened);
  expect((await recordsIn(log)).map(({ offset }) => offset)).toEqual([1, 2, 3]);
  const [tombstone] = batches(readAll(log));
  expect(tombstone).toMatchObject({ hasDeleteHorizon: true, baseTimestamp: time.wallMs() + deleteRetentionMs });
  expect(tombstone).toMatchObject({ maxTimestamp: 1_000, baseOffset: 1 });
  expect((await recordsIn(log))[0]).toEqual({ offset: 1, timestamp: 1_000, key: "a", value: null });

  await time.advance(deleteRetentionMs - 1);
  log.roll();
  append("c", "2");
  await clean(disk, opened);
  expect((await recordsIn(log)).map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);

  await time.advance(1);
  log.roll();
  append("c", "3");
  await clean(disk, opened);
  expect((await recordsIn(log)).map(({ offset }) => offset)).toEqual([2, 4, 5]);
});
