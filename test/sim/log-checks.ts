import { type Offset } from "../../src/base/brand.ts";
import { readInt64 } from "../../src/base/int64.ts";
import { type Disk } from "../../src/io/ports.ts";
import { type Log } from "../../src/log/log.ts";
import { offsetOfFileName } from "../../src/log/log-files.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { type AbortedTransaction } from "../../src/log/segment/transaction-index.ts";
import { abortedViolation, recordsIn } from "./compaction-check.ts";
import { type ProducerEntry } from "../../src/log/producers/producer-entry.ts";
import {
  epochsOf,
  type ModelBatch,
  type ModelProducer,
  type PartitionModel,
  producersOf,
  soundBatches,
} from "./log-model.ts";
import { type ManualTime } from "../support/manual-time.ts";
import { type Draw } from "./memory-file.ts";
import { promptCompute } from "./simulated-compute.ts";
import { demand, demandEqual } from "./violation.ts";

/**
 * All batches from the log's start to its end, through reads of drawn sizes. Of one that is compacted a loss of power may
 * have taken the last ones without its end.
 */
export function readWhole(log: Log, draw: Draw, isCompacted = log.config.isCompacted): Buffer {
  const pieces: Buffer[] = [];
  for (let next = log.logStartOffset; next < log.writtenOffset;) {
    const result = log.read(next, 1 + draw(3_000), log.writtenOffset, true);
    demand(result.ok, () => `${log.name}: a read at ${next} of [${log.logStartOffset}, ${log.writtenOffset}) failed`);
    if (result.records.length === 0 && isCompacted) break;
    demand(result.records.length > 0, () => `${log.name}: nothing to read at ${next} before ${log.writtenOffset}`);
    pieces.push(Buffer.from(result.records));
    next = result.endOffset;
  }
  return Buffer.concat(pieces);
}

/** That everything a log knows follows from its batches: `history`, of which retention may have taken the beginning. */
export function checkKnowledge(log: Log, history: readonly ModelBatch[], model: PartitionModel, draw: Draw): void {
  const firstOffset = log.segmentSizes()[0]!.baseOffset;
  checkEpochs(log, history, model.logStartOffsetMax);
  checkProducers(log, history, firstOffset, model);
  const expected = producersOf(history).aborted.filter(({ lastOffset }) => lastOffset >= firstOffset);
  const actual = abortedIn(log, firstOffset);
  const knowsAll = !model.hasLostSnapshots && !model.isCopy;
  const isOld = (each: AbortedTransaction): boolean => each.firstOffset < firstOffset;
  const isKnown = (each: AbortedTransaction): boolean =>
    knowsAll || !expected.some((other) => isOld(other) && isSameEnd(each, other));
  // It depends on when the others began.
  const plain = (each: AbortedTransaction) => (knowsAll ? each : { ...each, lastStableOffset: undefined });
  const knownOf = (all: readonly AbortedTransaction[]): object[] => all.filter(isKnown).map(plain);
  demandEqual(knownOf(actual), knownOf(expected), `${log.name}: aborted transactions`);
  checkPointReads(log, history, draw);
}

function isSameEnd(one: AbortedTransaction, other: AbortedTransaction): boolean {
  return one.producerId === other.producerId && one.lastOffset === other.lastOffset;
}

/** The same of a log that is compacted: `history` is what was appended, `surviving` what is there of it. */
export function checkCompactedKnowledge(
  log: Log,
  history: readonly ModelBatch[],
  surviving: readonly ModelBatch[],
  model: PartitionModel,
  draw: Draw,
): void {
  const firstOffset = log.segmentSizes()[0]!.baseOffset;
  let former = -1;
  for (const { epoch, baseOffset } of surviving) {
    const entry = log.leaderEpochs.entries().findLast(({ startOffset }) => startOffset <= baseOffset);
    const isKnown = baseOffset < model.logStartOffsetMax || entry?.epoch === epoch;
    demand(isKnown, () => `${log.name}: offset ${baseOffset} is of epoch ${epoch}, not ${entry?.epoch}`);
  }
  for (const { epoch, startOffset } of log.leaderEpochs.entries()) {
    demand(epoch > former, () => `${log.name}: epoch ${epoch} from ${startOffset} on comes behind ${former}`);
    former = epoch;
  }
  checkProducers(log, history, firstOffset, model, surviving);
  const bytes = surviving.map((batch) => batch.bytes);
  const violation = abortedViolation(abortedIn(log, firstOffset), history, bytes);
  demand(violation === undefined, () => `${log.name}: aborted transactions: ${violation}`);
  checkPointReads(log, surviving, draw);
}

/** Where some records of a batch have gone, the batch's time is that of one that is left. */
export async function checkTimesOfRecords(
  log: Log,
  surviving: readonly ModelBatch[],
  draw: Draw,
  time: ManualTime,
): Promise<void> {
  const inBatches = surviving.map((batch) => recordsIn(batch.bytes));
  // A batch without records has the time that it had with them.
  if (inBatches.some((records) => records.length === 0)) return;
  const records = inBatches.flat().filter(({ offset }) => offset >= log.logStartOffset);
  for (let count = 0; count < 3 && records.length > 0; count++) {
    const timestamp = records[draw(records.length)]!.timestamp - draw(3) + 1;
    const found = await time.during(log.offsetForTimestamp(timestamp, promptCompute));
    demand(typeof found !== "number", () => `${log.name}: a search by time failed`);
    const expected = records.find((each) => each.timestamp >= timestamp)?.offset;
    demandEqual(found?.offset, expected, `${log.name}: offset for timestamp ${timestamp}`);
  }
}

function abortedIn(log: Log, firstOffset: Offset): readonly AbortedTransaction[] {
  const found = log.abortedTransactions(firstOffset, log.logEndOffset);
  demand(typeof found !== "number", () => `${log.name}: the aborted transactions cannot be read`);
  return found;
}

function checkEpochs(log: Log, history: readonly ModelBatch[], startOffsetMax: Offset): void {
  // That of the deleted records before an empty log starts where the log does.
  const entries = log.leaderEpochs.entries().filter(({ startOffset }) => startOffset < log.logEndOffset);
  // As in Kafka the epochs of records that were deleted are gone, although the records may have come back.
  const startOffset = Math.max(log.logStartOffset, Math.min(entries[0]?.startOffset ?? Infinity, startOffsetMax));
  demandEqual(entries, epochsOf(history, startOffset), `${log.name}: leader epochs`);
}

function checkProducers(
  log: Log,
  history: readonly ModelBatch[],
  firstOffset: Offset,
  model: PartitionModel,
  surviving?: readonly ModelBatch[],
): void {
  const isCompacted = surviving !== undefined;
  const { producers } = producersOf(history);
  const left = isCompacted && model.hasLostRecoveryPoint ? producersLeft(history, surviving) : undefined;
  for (const [producerId, appended] of producers) {
    const entry = log.producerState.get(producerId);
    const expected = left !== undefined && !isOf(entry, appended) ? left.get(producerId) : appended;
    // Nobody has to remember what lies before the log's first record.
    if (entry === undefined && (expected === undefined || expected.lastOffset < firstOffset)) continue;
    demand(expected !== undefined, () => `${log.name}: of producer ${producerId} nothing is left that tells of it`);
    demand(entry !== undefined, () => `${log.name}: producer ${producerId} is forgotten`);
    // The marker that told of it may have gone, and a transaction's beginning with the batches that it was in.
    const isMarkerGone = (isCompacted || model.isCopy) && entry.coordinatorEpoch < 0;
    const isMarkerAlone = model.isCopy && entry.lastSequence < 0 && expected.lastOffset < firstOffset;
    const isBeginGone = (model.hasLostSnapshots || model.isCopy) && expected.transactionFirstOffset < firstOffset;
    const actual = {
      epoch: entry.producerEpoch,
      coordinatorEpoch: isMarkerGone ? expected.coordinatorEpoch : entry.coordinatorEpoch,
      lastSequence: isMarkerAlone ? expected.lastSequence : entry.lastSequence,
      lastOffset: isMarkerAlone ? expected.lastOffset : entry.lastDataOffset,
      transactionFirstOffset: isBeginGone ? expected.transactionFirstOffset : entry.transactionFirstOffset,
    };
    demandEqual(actual, expected, `${log.name}: producer ${producerId}`);
  }
  for (const { producerId } of log.producerState.entries()) {
    demand(producers.has(producerId), () => `${log.name}: producer ${producerId} wrote nothing`);
  }
}

function isOf(entry: ProducerEntry | undefined, { epoch, lastOffset }: ModelProducer): boolean {
  return entry?.producerEpoch === epoch && entry.lastDataOffset === lastOffset;
}

/** The producers as the batches tell of them that compaction has left. */
function producersLeft(
  history: readonly ModelBatch[],
  surviving: readonly ModelBatch[],
): ReadonlyMap<number, ModelProducer> {
  const there = new Set(surviving.map(({ lastOffset }) => lastOffset));
  return producersOf(history.filter(({ lastOffset }) => there.has(lastOffset))).producers;
}

function checkPointReads(log: Log, history: readonly ModelBatch[], draw: Draw): void {
  for (let count = 0; count < 8; count++) {
    const offset = log.logStartOffset + draw(Math.max(1, log.writtenOffset - log.logStartOffset));
    const expected = history.find(({ lastOffset }) => lastOffset >= offset);
    const result = log.read(offset, 1, log.writtenOffset, true);
    demand(result.ok, () => `${log.name}: a read at ${offset} failed`);
    const bytes = expected === undefined || expected.lastOffset >= log.writtenOffset ? Buffer.alloc(0) : expected.bytes;
    demand(result.records.equals(bytes), () => `${log.name}: other records at ${offset} than expected`);
  }
}

/** That searches by time find what they have to; turns of the event loop pass meanwhile. */
export async function checkTimes(
  log: Log,
  history: readonly ModelBatch[],
  draw: Draw,
  time: ManualTime,
): Promise<void> {
  const firstOffset = log.segmentSizes()[0]!.baseOffset;
  const there = history.filter(({ lastOffset }) => lastOffset >= log.logStartOffset);
  for (let count = 0; count < 3 && there.length > 0; count++) {
    const timestamp = there[draw(there.length)]!.timestamp - draw(3) + 1;
    const batch = there.find((each) => each.timestamp >= timestamp);
    const found = await time.during(log.offsetForTimestamp(timestamp, promptCompute));
    demand(typeof found !== "number", () => `${log.name}: a search by time failed`);
    const expected = batch && Math.max(batch.baseOffset, log.logStartOffset);
    demandEqual(found?.offset, expected, `${log.name}: offset for timestamp ${timestamp}`);
  }
  const stored = history.filter(({ baseOffset }) => baseOffset >= firstOffset);
  const newest = stored.reduce((max, { timestamp }) => Math.max(max, timestamp), -1);
  const found = await time.during(log.offsetOfMaxTimestamp(promptCompute));
  demand(typeof found !== "number", () => `${log.name}: the search for the largest timestamp failed`);
  const expected = stored.find(({ timestamp }) => timestamp === newest)?.baseOffset;
  demandEqual(found?.offset, expected, `${log.name}: offset of the largest timestamp`);
}

interface FileBatch {
  readonly position: number;
  readonly lastOffset: Offset;
  readonly timestamp: number;
}

/** That each index file of a closed log fits its segment, as `kafka-dump-log.sh --index-sanity-check` looks at it. */
export function checkIndexFiles(disk: Disk, directory: string): void {
  for (const name of disk.list(directory)) {
    const baseOffset = offsetOfFileName(name);
    if (baseOffset === undefined || !name.endsWith(".log")) continue;
    const path = `${directory}/${name.slice(0, -".log".length)}`;
    const bytes = disk.readFile(`${path}.log`);
    const soundBytes = soundBatches(bytes).at(-1)?.end ?? 0;
    demandEqual(bytes.length, soundBytes, `${path}.log: bytes, and those of batches`);
    const inFile = Array.from(batches(bytes), (each) => ({
      position: each.start,
      lastOffset: each.lastOffset,
      timestamp: each.maxTimestamp,
    }));
    if (disk.exists(`${path}.index`)) checkOffsetIndex(disk, `${path}.index`, baseOffset, inFile);
    if (disk.exists(`${path}.timeindex`)) checkTimeIndex(disk, `${path}.timeindex`, baseOffset, inFile);
  }
}

function checkOffsetIndex(disk: Disk, path: string, baseOffset: Offset, inFile: readonly FileBatch[]): void {
  const bytes = disk.readFile(path);
  demandEqual(bytes.length % 8, 0, `${path}: bytes behind the last entry`);
  let lastOffset = -1;
  for (let at = 0; at < bytes.length; at += 8) {
    const offset = baseOffset + bytes.readInt32BE(at);
    const position = bytes.readInt32BE(at + 4);
    demand(offset > lastOffset, () => `${path}: offset ${offset} does not ascend`);
    lastOffset = offset;
    const batch = inFile.find((each) => each.position === position);
    demandEqual(batch?.lastOffset, offset, `${path}: last offset of the batch at ${position}`);
  }
}

function checkTimeIndex(disk: Disk, path: string, baseOffset: Offset, inFile: readonly FileBatch[]): void {
  const bytes = disk.readFile(path);
  demandEqual(bytes.length % 12, 0, `${path}: bytes behind the last entry`);
  let last = -1;
  for (let at = 0; at < bytes.length; at += 12) {
    const timestamp = readInt64(bytes, at);
    const offset = baseOffset + bytes.readInt32BE(at + 8);
    demand(timestamp > last, () => `${path}: timestamp ${timestamp} does not ascend`);
    last = timestamp;
    const before = inFile.filter((each) => each.lastOffset <= offset);
    const largest = before.reduce((max, each) => Math.max(max, each.timestamp), -1);
    demandEqual(timestamp, largest, `${path}: largest timestamp up to offset ${offset}`);
  }
  const largest = inFile.reduce((max, each) => Math.max(max, each.timestamp), -1);
  demandEqual(last, largest, `${path}: the last entry`);
}
