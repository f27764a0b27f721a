import { type Offset } from "../../src/base/brand.ts";
import { type Log } from "../../src/log/log.ts";
import { type ManualTime } from "../support/manual-time.ts";
import { compactionViolation } from "./compaction-check.ts";
import { checkCompactedKnowledge, checkKnowledge, checkTimes, checkTimesOfRecords, readWhole } from "./log-checks.ts";
import { modelBatch, type ModelBatch, type PartitionModel, splitBatches } from "./log-model.ts";
import { type Ending } from "./log-world.ts";
import { type Draw } from "./memory-file.ts";
import { demand, demandEqual } from "./violation.ts";

/** What verifying a log needs of the world that it is in. */
export interface VerifyingWorld {
  readonly draw: Draw;
  readonly time: ManualTime;
  /** The disk failed while segments were being deleted. */
  readonly isRetentionInterrupted: boolean;
  trace(line: string): void;
}

/** What a log has. */
interface FoundRecords {
  /** All that was appended up to the log's end. */
  readonly history: readonly ModelBatch[];
  /** What compaction has left of that; undefined where nothing is compacted. */
  readonly surviving: readonly ModelBatch[] | undefined;
}

/**
 * A log as a start has found it: what had to stay is there, nothing else is, and all that it knows follows from its batches.
 * The model is from then on what was found.
 */
export async function verifyLog(log: Log, model: PartitionModel, ending: Ending, world: VerifyingWorld): Promise<void> {
  const { draw, time } = world;
  const { config, logStartOffset: start, logEndOffset: end } = log;
  model.isCompacted ||= config.isCompacted;
  const isDurable = log.isOffline || end - log.flushedOffset < config.flushMessages;
  demand(isDurable, () => `${log.name}: [${log.flushedOffset}, ${end}) counts as written and is not flushed`);
  world.trace(`${log.name}: [${start}, ${end})`);
  const found = verifyRecords(log, model, ending, world);
  if (ending === "clean") demandEqual(end, model.endOffset, `${log.name}: end after a clean shutdown`);
  const { history, surviving } = found;
  model.adopt([...history], start, end);
  if (ending === "power") model.forgetStale();
  checkAll(log, found, model, draw);
  if (model.hasDoubtfulTimes) return;
  if (surviving === undefined) await checkTimes(log, history, draw, time);
  else await checkTimesOfRecords(log, surviving, draw, time);
}

/** The same, in one turn, of a log that is in use and has nothing that is not written; the model stays as it is. */
export function verifyInUse(log: Log, model: PartitionModel, world: VerifyingWorld): void {
  checkAll(log, verifyRecords(log, model, "kill", world), model, world.draw);
}

function checkAll(log: Log, { history, surviving }: FoundRecords, model: PartitionModel, draw: Draw): void {
  if (surviving === undefined) checkKnowledge(log, history, model, draw);
  else checkCompactedKnowledge(log, history, surviving, model, draw);
}

function verifyRecords(log: Log, model: PartitionModel, ending: Ending, world: VerifyingWorld): FoundRecords {
  const { config, logStartOffset: start, logEndOffset: end } = log;
  const least = ending === "power" ? model.flushedOffset : model.writtenOffset;
  demand(end >= least, () => `${log.name} ends at ${end}: the records from there to ${least} are lost (${ending})`);
  // A copy may have heard of a deletion that a kill took back in the log.
  const { logStartOffsetMax } = model;
  // What retention had begun when the disk failed is done.
  const isInterrupted = world.isRetentionInterrupted && start === log.segmentSizes()[0]?.baseOffset;
  demand(
    start <= logStartOffsetMax || isInterrupted,
    () => `${log.name} starts at ${start}: nobody deleted what is before, only to ${logStartOffsetMax}`,
  );
  const records = readWhole(log, world.draw, model.isCompacted);
  const whole = ending === "power" || model.isTorn ? [model.batches, ...model.stale] : [model.batches];
  const candidates = model.isCompacted
    ? whole.map((each) => withoutHoles(each, model.flushedOffset, records, log))
    : whole;
  const differenceFrom = (candidate: readonly ModelBatch[]): string | undefined => {
    if (model.isCompacted) {
      const facts = { startOffset: start, nowMs: world.time.wallMs(), deleteRetentionMs: config.deleteRetentionMs };
      return compactionViolation(records, upTo(candidate, end), facts);
    }
    const expected = between(candidate, start, end);
    return sameBatches(records, expected) ? undefined : firstDifference(records, expected);
  };
  const history = candidates.find((candidate) => differenceFrom(candidate) === undefined);
  demand(history !== undefined, () => {
    const difference = differenceFrom(model.batches);
    return `${log.name}: [${start}, ${end}) is not what was appended (${ending}): ${difference}`;
  });
  demand(isEnd(history, log, model), () => `${log.name} ends at ${end}, which is no end of a batch`);
  const surviving = model.isCompacted ? splitBatches(records).map((bytes) => modelBatch(bytes)) : undefined;
  return { history: upTo(history, end), surviving };
}

/**
 * In a compacted log nobody can tell what a loss of power took at the end of a segment from what was compacted away. That
 * can be so only behind what was flushed, where nothing is compacted.
 */
function withoutHoles(history: readonly ModelBatch[], flushedOffset: Offset, records: Buffer, log: Log): ModelBatch[] {
  const there = new Set(splitBatches(records).map((bytes) => modelBatch(bytes).lastOffset));
  const segments = log.segmentSizes().map(({ baseOffset }) => baseOffset);
  return history.filter(({ lastOffset }) => {
    // What lies before the log's start was deleted, which waits for no flush, and is not read.
    if (lastOffset < flushedOffset || lastOffset < log.logStartOffset || there.has(lastOffset)) return true;
    const next = segments.find((baseOffset) => baseOffset > lastOffset);
    // It is in the hole when no batch comes behind it in its segment.
    return (
      next === undefined ||
      history.some((each) => each.lastOffset > lastOffset && each.lastOffset < next && there.has(each.lastOffset))
    );
  });
}

function upTo(history: readonly ModelBatch[], end: Offset): ModelBatch[] {
  return history.filter(({ lastOffset }) => lastOffset < end);
}

function between(history: readonly ModelBatch[], start: Offset, end: Offset): ModelBatch[] {
  return history.filter(({ lastOffset }) => lastOffset >= start && lastOffset < end);
}

/** The batches of a log, split up, as the model has them. */
function sameBatches(records: Buffer, expected: readonly ModelBatch[]): boolean {
  const actual = splitBatches(records);
  return actual.length === expected.length && actual.every((bytes, index) => bytes.equals(expected[index]!.bytes));
}

function firstDifference(records: Buffer, expected: readonly ModelBatch[]): string {
  const actual = splitBatches(records).map((bytes) => modelBatch(bytes));
  const index = actual.findIndex((batch, at) => !expected[at]?.bytes.equals(batch.bytes));
  const offsets = (batch: ModelBatch | undefined): string =>
    batch === undefined ? "nothing" : `${batch.baseOffset} to ${batch.lastOffset} of epoch ${batch.epoch}`;
  const at = index < 0 ? actual.length : index;
  return `${offsets(actual[at])} instead of ${offsets(expected[at])}, behind ${offsets(actual[at - 1])}`;
}

function isEnd(history: readonly ModelBatch[], log: Log, { isCompacted }: PartitionModel): boolean {
  const { logStartOffset, logEndOffset } = log;
  if (logEndOffset === logStartOffset) return true;
  if (isCompacted && log.segmentSizes().at(-1)?.baseOffset === logEndOffset) return true;
  return history.some(({ lastOffset }) => lastOffset + 1 === logEndOffset);
}
