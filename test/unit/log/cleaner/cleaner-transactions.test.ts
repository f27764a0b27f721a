import { expect, test } from "vitest";
import { buildBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { marker } from "../batches.ts";
import { logDirectory, type LogUnderTest, openLog, readAll } from "../open-log.ts";
import { clean, compacted, recordsIn } from "./clean-log.ts";

const deleteRetentionMs = 1_000;

/** A log of one record a batch, and what each batch of it is. */
class Scenario {
  readonly disk = new MemoryDisk();
  readonly opened: LogUnderTest = openLog(this.disk, { ...compacted, deleteRetentionMs, segmentBytes: 1_000_000 });
  readonly #sequences = new Map<number, number>();

  append(key: string | null, producerId = -1, isTransactional = false, value: string | null = "value"): void {
    const { time } = this.opened;
    const baseSequence = producerId < 0 ? -1 : (this.#sequences.get(producerId) ?? 0);
    this.#sequences.set(producerId, baseSequence + 1);
    const producer = { producerId, producerEpoch: producerId < 0 ? -1 : 0, baseSequence, isTransactional };
    const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text));
    const records = [{ key: bytes(key), value: bytes(value), timestamp: time.wallMs() }];
    this.#append(buildBatch({ ...producer, records }), "client");
  }

  end(producerId: number, outcome: "commit" | "abort", producerEpoch = 0): void {
    this.#append(marker(producerId, outcome === "abort", this.opened.time.wallMs(), producerEpoch), "coordinator");
  }

  #append(batch: Buffer, origin: "client" | "coordinator"): void {
    const { log, time, queue } = this.opened;
    expect(log.appendAsLeader(batch, 0, origin, time.wallMs())).toMatchObject({ ok: true });
    queue.flush();
    log.highWatermark = log.logEndOffset;
  }

  /** Cleans all that there is. */
  async clean(): Promise<void> {
    this.opened.log.roll();
    // Else the log's last batches would be those of the round, which stay.
    this.append("the last");
    await clean(this.disk, this.opened);
  }

  /** The batches as "offset: records", markers as "offset: marker". */
  batches(): string[] {
    return Array.from(
      batches(readAll(this.opened.log)),
      ({ baseOffset, isControl, recordCount }) =>
        `${baseOffset}: ${recordCount === 0 ? "" : isControl ? "marker" : recordCount}`,
    );
  }

  aborted(): [number, number][] {
    const { log } = this.opened;
    const aborted = log.abortedTransactions(0, log.logEndOffset);
    if (!Array.isArray(aborted)) throw new Error("the index could not be read");
    return aborted.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset]);
  }
}

test("the marker of a committed transaction stays as long as its records, and then for delete.retention.ms", async () => {
  const scenario = new Scenario();
  const { time } = scenario.opened;
  scenario.append("a", 1, true);
  scenario.end(1, "commit");
  scenario.append("x", 1, true);
  scenario.end(1, "commit");
  await scenario.clean();
  await time.advance(10 * deleteRetentionMs);
  await scenario.clean();
  expect(scenario.batches().slice(0, 4)).toEqual(["0: 1", "1: marker", "2: 1", "3: marker"]);

  // Its one record is superseded; the round that drops it has still seen it.
  scenario.append("a");
  await scenario.clean();
  const first = () => [...batches(readAll(scenario.opened.log))][0];
  expect(first()).toMatchObject({ baseOffset: 1, hasDeleteHorizon: false });
  // From now on the marker is of use only to readers who are behind.
  await scenario.clean();
  expect(first()).toMatchObject({ baseOffset: 1, hasDeleteHorizon: true });
  expect(first()).toMatchObject({ baseTimestamp: time.wallMs() + deleteRetentionMs });
  await time.advance(deleteRetentionMs - 1);
  await scenario.clean();
  expect(scenario.batches()[0]).toBe("1: marker");
  await time.advance(1);
  await scenario.clean();
  expect(scenario.batches().slice(0, 2)).toEqual(["2: 1", "3: marker"]);
});

test("the records of an aborted transaction go at once, its marker after delete.retention.ms", async () => {
  const scenario = new Scenario();
  const { time } = scenario.opened;
  scenario.append("a");
  scenario.append("a", 1, true);
  scenario.append("b", 1, true);
  scenario.end(1, "abort");
  await scenario.clean();
  // The batch with the producer's last sequence number stays, empty, and so the reader still has to be told.
  expect(scenario.batches()).toEqual(["0: 1", "2: ", "3: marker", "4: 1"]);
  expect(scenario.aborted()).toEqual([[1, 3]]);

  scenario.append("c", 1, true);
  scenario.end(1, "commit");
  await time.advance(deleteRetentionMs);
  await scenario.clean();
  expect(scenario.batches().slice(0, 2)).toEqual(["0: 1", "3: marker"]);
  expect(scenario.aborted()).toEqual([[1, 3]]);
  await scenario.clean();
  expect(scenario.batches().slice(0, 2)).toEqual(["0: 1", "3: marker"]);
  expect(scenario.aborted()).toEqual([]);
  await time.advance(deleteRetentionMs);
  await scenario.clean();
  expect(scenario.batches().slice(0, 2)).toEqual(["0: 1", "5: 1"]);
});

test("the marker of a producer that has only that stays while the producer is known", async () => {
  const scenario = new Scenario();
  const { time, log } = scenario.opened;
  scenario.end(7, "abort");
  for (let round = 0; round < 3; round++) {
    await scenario.clean();
    await time.advance(deleteRetentionMs);
  }
  expect(scenario.batches()[0]).toBe("0: ");
  log.producerState.expire(time.wallMs(), 1);
  await scenario.clean();
  expect(scenario.batches()[0]).not.toContain("0:");
});

test("of the markers of a producer that has only those, that of its last epoch stays", async () => {
  const scenario = new Scenario();
  scenario.end(7, "abort");
  scenario.end(7, "abort", 1);
  for (let round = 0; round < 3; round++) {
    await scenario.clean();
    await scenario.opened.time.advance(deleteRetentionMs);
  }
  expect(scenario.batches()[0]).toBe("1: ");
});

test("a transaction whose marker is in the active segment is known to be aborted", async () => {
  const scenario = new Scenario();
  const { log } = scenario.opened;
  scenario.append("a");
  scenario.append("a", 1, true);
  log.roll();
  scenario.append("b", 1, true);
  scenario.end(1, "abort");
  await clean(scenario.disk, scenario.opened);
  expect(log.cleanedOffset).toBe(2);
  expect(scenario.batches()).toEqual(["0: 1", "1: ", "2: 1", "3: marker"]);
});

test("nothing is cleaned behind the first open transaction, nor behind the high watermark", async () => {
  const scenario = new Scenario();
  const { log } = scenario.opened;
  scenario.append("a");
  log.roll();
  scenario.append("a", 1, true);
  log.roll();
  scenario.append("a");
  log.roll();
  scenario.append("a");
  await clean(scenario.disk, scenario.opened);
  expect(log.cleanedOffset).toBe(1);
  scenario.end(1, "commit");
  log.highWatermark = 3;
  await clean(scenario.disk, scenario.opened);
  expect(log.cleanedOffset).toBe(3);
  expect((await recordsIn(log)).map(({ offset }) => offset)).toEqual([2, 3]);
});

test("the last batch of a round stays, empty if need be, and records without a key go", async () => {
  const scenario = new Scenario();
  const { log } = scenario.opened;
  log.updateConfig({ ...log.config, isCompacted: false });
  scenario.append("a");
  scenario.append(null);
  scenario.append(null);
  log.updateConfig({ ...log.config, isCompacted: true });
  await scenario.clean();
  expect(scenario.batches()).toEqual(["0: 1", "2: ", "3: 1"]);
  expect(scenario.disk.list(logDirectory).filter((file) => file.endsWith(".log"))).toEqual([
    "00000000000000000000.log",
    "00000000000000000003.log",
  ]);
});

test("the last names of a cleaned segment's files are durable when its round is over", async () => {
  const scenario = new Scenario();
  const { log } = scenario.opened;
  scenario.append("a");
  scenario.append("a");
  log.roll();
  scenario.append("a");
  // What rolling syncs is not what the round is to sync.
  await log.flush();
  await clean(scenario.disk, scenario.opened);
  expect(log.cleanedOffset).toBe(2);
  const left = scenario.disk.crash(() => 0).list(logDirectory);
  expect(left).toContain("00000000000000000000.log");
  expect(left.filter((file) => file.endsWith(".swap"))).toEqual([]);
});

test("an idempotent producer goes on with its sequence after compaction and a restart", async () => {
  const scenario = new Scenario();
  const { log, time } = scenario.opened;
  // Its only batch is the first one of the log.
  scenario.append("a", 2);
  scenario.append("a", 1);
  scenario.append("a", 1);
  scenario.append("a");
  await scenario.clean();
  expect(scenario.batches()).toEqual(["0: ", "2: ", "3: 1", "4: 1"]);
  await log.flush();
  const { log: reopened } = openLog(
    scenario.disk.crash(() => 0),
    log.config,
    { recoveryPoint: 0, time },
  );
  const next = (baseSequence: number, producerId = 1) =>
    reopened.appendAsLeader(
      buildBatch({
        producerId,
        producerEpoch: 0,
        baseSequence,
        records: [{ key: Buffer.from("a"), value: null, timestamp: 0 }],
      }),
      0,
      "client",
      time.wallMs(),
    );
  expect(next(4)).toMatchObject({ ok: false });
  expect(next(0, 2)).toMatchObject({ ok: true, duplicate: true, baseOffset: 0 });
  expect(next(1)).toMatchObject({ ok: true, duplicate: true, baseOffset: 2 });
  expect(next(2)).toMatchObject({ ok: true, duplicate: false });
});
