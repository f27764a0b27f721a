import { type Offset } from "../base/brand.ts";
import { type Clock, type Disk, type Logger } from "../io/ports.ts";
import { scanBatches, scanHeaders } from "./batch-scan.ts";
import { type LeaderEpochCache } from "./leader-epoch-cache.ts";
import {
  cleanedSuffix,
  deletedSuffix,
  logSuffix,
  offsetOfFileName,
  segmentFileName,
  segmentSuffixes,
  swapSuffix,
  transactionIndexSuffix,
} from "./log-files.ts";
import { ProducerEntry } from "./producers/producer-entry.ts";
import { type ProducerSnapshots, snapshotsAmong } from "./producers/producer-snapshots.ts";
import { type ProducerState } from "./producers/producer-state.ts";
import { type Hole, type RecoveredLog } from "./recovered-log.ts";
import { Segment, type SegmentPlace } from "./segment/segment.ts";
import { Segments } from "./segment/segments.ts";

export interface LoadOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory: string;
  readonly name: string;
  readonly placeOf: () => SegmentPlace;
  /** Where the log starts as far as the checkpoint knows. */
  readonly logStartOffset: Offset;
  /** Everything before it was flushed. */
  readonly recoveryPoint: Offset;
  readonly hadCleanShutdown: boolean;
  readonly leaderEpochs: LeaderEpochCache;
  readonly producerState: ProducerState;
  readonly producerSnapshots: ProducerSnapshots;
  /** A thread has recovered the log already, and found this. */
  readonly recovered?: RecoveredLog | undefined;
  /** The directory was just made: nothing is in it but an empty segment. */
  readonly isMade?: boolean;
}

const indexSuffixes = segmentSuffixes.filter((suffix) => suffix !== logSuffix);

/** Where the log ends, and what recovery found and did beside the log itself. */
export interface Ends {
  readonly logEndOffset: Offset;
  /** What recovery missed between segments. */
  readonly holes: readonly Hole[];
  /** The segments that have this offset and what follows were read by recovery; Infinity when none was. */
  readonly recoveredFrom: Offset;
}

export interface LoadedLog extends Ends {
  readonly segments: Segments;
  readonly logStartOffset: Offset;
}

/**
 * Makes a log from what lies in its directory. After a crash the batches from the recovery point on are read whole: the
 * log is cut at the first one that is not whole or not intact, and indexes, producer state and leader epochs are made anew
 * from them. What lies before the recovery point was flushed and is taken as it is.
 */
export function loadLog(options: LoadOptions): LoadedLog {
  if (options.isMade === true) return takeMade(options);
  if (options.recovered !== undefined) return takeRecovered(options, options.recovered);
  const files = listFiles(options);
  const segments = loadSegments(options, files);
  const { leaderEpochs } = options;
  const hasEpochs = leaderEpochs.load();
  let ends = findEnds(options, segments, files);
  if (segments.count > 0 && ends.logEndOffset < options.logStartOffset) {
    startAnew(options, segments);
  }
  if (segments.count === 0) {
    segments.add(Segment.create(options.placeOf(), options.logStartOffset, options.clock.wallMs()));
    ends = { ...ends, logEndOffset: options.logStartOffset };
  }
  const { logEndOffset } = ends;
  const logStartOffset = Math.max(options.logStartOffset, segments.first.baseOffset);
  if (!hasEpochs && logEndOffset > logStartOffset) rebuildEpochs(segments, leaderEpochs);
  leaderEpochs.fitTo(logStartOffset, logEndOffset);
  options.producerState.endOffset = logEndOffset;
  for (const segment of segments.all()) segment.release();
  return { ...ends, segments, logStartOffset };
}

function takeMade({ placeOf, clock, producerState }: LoadOptions): LoadedLog {
  const segments = new Segments();
  segments.add(Segment.made(placeOf(), 0, clock.wallMs()));
  producerState.endOffset = 0;
  return { ...nothingRecovered, segments, logStartOffset: 0, logEndOffset: 0 };
}

/** The files are as after a clean shutdown, but nothing that recovery wrote is durable. */
function takeRecovered(options: LoadOptions, recovered: RecoveredLog): LoadedLog {
  const { leaderEpochs, producerState, producerSnapshots, logger, name, clock, placeOf } = options;
  for (const { fields, message } of recovered.notes) logger.warn({ log: name, ...fields }, message);
  const segments = new Segments();
  for (const known of recovered.segments) segments.add(Segment.known(placeOf(), clock.wallMs(), known));
  if (recovered.recoveredFrom < Infinity) {
    for (const segment of segments.from(recovered.recoveredFrom)) segment.markIndexesUnsynced();
  }
  leaderEpochs.takeOver(recovered.epochs);
  producerState.clear(recovered.logStartOffset);
  for (const producer of recovered.producers) {
    producerState.restore(Object.assign(new ProducerEntry(producer.producerId), producer));
  }
  producerState.transactions.restoreEnded(recovered.endedTransactions);
  producerState.endOffset = recovered.logEndOffset;
  producerSnapshots.takeOver(recovered.snapshots);
  return { ...recovered, segments };
}

function findEnds(options: LoadOptions, segments: Segments, files: ReadonlySet<string>): Ends {
  const recoveryPoint = recoveryPointOf(options, segments);
  const snapshots = snapshotsAmong(files);
  return recoveryPoint === Infinity
    ? takeAsItIs(options, segments, snapshots)
    : recover(options, segments, snapshots, recoveryPoint);
}

/**
 * How many bytes recovery would have to read; 0 when it would read none. Nothing is changed but the names of files that a
 * crash left unfinished.
 */
export function bytesToRecover(options: LoadOptions): number {
  const files = listFiles(options);
  const segments = loadSegments(options, files);
  const recoveryPoint = recoveryPointOf(options, segments);
  if (recoveryPoint === Infinity || segments.count === 0) return 0;
  const suspects = segments.from(recoveryPoint);
  const resumed = resumeWithin(suspects, snapshotsAmong(files), recoveryPoint);
  let sizeBytes = -(resumed?.position ?? 0);
  for (const suspect of suspects) sizeBytes += suspect.sizeBytes;
  for (const segment of segments.all()) segment.close();
  return sizeBytes;
}

/** The names of the files in the log's directory, after what a crash interrupted was brought to its end. */
function listFiles({ disk, directory }: LoadOptions): ReadonlySet<string> {
  const files = disk.list(directory);
  const isUnfinished = (file: string): boolean =>
    file.endsWith(deletedSuffix) || file.endsWith(cleanedSuffix) || file.endsWith(swapSuffix);
  if (!files.some(isUnfinished)) return new Set(files);
  giveBackIndexes(disk, directory, files);
  finishCleaning(disk, directory);
  return new Set(disk.list(directory));
}

/** Of a segment that was being deleted a loss of power may have kept the `.log` file's old name alone: it is in use again. */
function giveBackIndexes(disk: Disk, directory: string, files: readonly string[]): void {
  const names = new Set(files);
  for (const file of files) {
    const baseOffset = file.endsWith(transactionIndexSuffix + deletedSuffix) ? offsetOfFileName(file) : undefined;
    if (baseOffset === undefined) continue;
    const log = segmentFileName(baseOffset, logSuffix);
    const name = segmentFileName(baseOffset, transactionIndexSuffix);
    if (!names.has(log) || names.has(log + deletedSuffix) || names.has(name)) continue;
    disk.rename(`${directory}/${file}`, `${directory}/${name}`);
  }
}

function loadSegments(options: LoadOptions, files: ReadonlySet<string>): Segments {
  const { disk, directory, placeOf, clock, logger, name } = options;
  const segments = new Segments();
  // In the order of their names, which is that of their offsets.
  for (const file of files) {
    const baseOffset = file.endsWith(logSuffix) ? offsetOfFileName(file) : undefined;
    if (baseOffset !== undefined) segments.add(Segment.load(placeOf(), baseOffset, clock.wallMs(), files));
  }
  for (const file of files) {
    const isIndex = indexSuffixes.some((suffix) => file.endsWith(suffix));
    const baseOffset = isIndex ? offsetOfFileName(file) : undefined;
    if (baseOffset === undefined || files.has(segmentFileName(baseOffset, logSuffix))) continue;
    logger.warn({ log: name, file }, "Removing an index without its log file");
    disk.remove(`${directory}/${file}`);
  }
  return segments;
}

/**
 * What a crash left of deletions and of the cleaner. A swap file is whole and takes the place of what it was made of, unless
 * one before it was not ready: then they come from the split of a segment, which is there still.
 */
function finishCleaning(disk: Disk, directory: string): void {
  const files = disk.list(directory);
  const firstCleaned = Math.min(...files.filter((file) => file.endsWith(cleanedSuffix)).map(offsetOfUnfinished));
  const swaps: string[] = [];
  for (const file of files) {
    const isSwap = file.endsWith(swapSuffix);
    const isUseless = file.endsWith(deletedSuffix) || file.endsWith(cleanedSuffix);
    if (isUseless || (isSwap && offsetOfUnfinished(file) >= firstCleaned)) disk.remove(`${directory}/${file}`);
    else if (isSwap) swaps.push(file);
  }
  for (const file of swaps) {
    if (!file.endsWith(logSuffix + swapSuffix)) continue;
    removeReplaced(disk, directory, offsetOfUnfinished(file), `${directory}/${file}`);
  }
  for (const file of swaps) {
    disk.rename(`${directory}/${file}`, `${directory}/${file.slice(0, -swapSuffix.length)}`);
  }
  // Before the cleaner leaves a `.cleaned` file here, beside which a `.swap` file would count for nothing.
  if (swaps.length > 0) disk.syncDirectory(directory);
}

function offsetOfUnfinished(file: string): Offset {
  return offsetOfFileName(file) ?? 0;
}

function removeReplaced(disk: Disk, directory: string, baseOffset: Offset, swapPath: string): void {
  const swap = disk.open(swapPath, "read");
  let nextOffset = baseOffset;
  try {
    scanHeaders(swap, 0, swap.sizeBytes(), (batch) => {
      nextOffset = batch.nextOffset;
      return true;
    });
  } finally {
    swap.close();
  }
  for (const file of disk.list(directory)) {
    const offset = offsetOfFileName(file);
    const isSegments = segmentSuffixes.some((suffix) => file.endsWith(suffix));
    if (isSegments && offset !== undefined && offset >= baseOffset && offset < nextOffset)
      disk.remove(`${directory}/${file}`);
  }
}

/**
 * The log ends before its start: records that were deleted were the last that the disk still had. Their offsets were given
 * out and must not be given to others, so the log goes on at its start.
 */
function startAnew(
  { disk, directory, logger, name, logStartOffset, leaderEpochs, producerState, producerSnapshots }: LoadOptions,
  segments: Segments,
): void {
  logger.warn({ log: name, logStartOffset }, "The log ends before its start offset: its segments are removed");
  for (const segment of segments.from(segments.first.baseOffset)) {
    segments.remove(segment);
    segment.remove();
  }
  producerSnapshots.remove(() => true);
  disk.syncDirectory(directory);
  leaderEpochs.clear();
  producerState.clear(logStartOffset);
}

/** From where on the segments have to be recovered; Infinity when none has. */
function recoveryPointOf(options: LoadOptions, segments: Segments): Offset {
  const damaged = segments.all().find(({ transactionIndex, baseOffset }) => !transactionIndex.isSane(baseOffset));
  const needed = options.hadCleanShutdown ? Infinity : options.recoveryPoint;
  return Math.min(needed, damaged?.baseOffset ?? Infinity);
}

const nothingRecovered = { holes: [], recoveredFrom: Infinity } as const;

/** After a clean shutdown: only what others may have done to the files since is put right. */
function takeAsItIs(options: LoadOptions, segments: Segments, snapshots: readonly Offset[]): Ends {
  const logEndOffset = segments.count === 0 ? options.logStartOffset : segments.active.cutBehindBatches();
  options.producerSnapshots.restore(segments, options.logStartOffset, logEndOffset, snapshots);
  return { ...nothingRecovered, logEndOffset };
}

function recover(options: LoadOptions, segments: Segments, snapshots: readonly Offset[], recoveryPoint: Offset): Ends {
  const { logger, name, producerSnapshots, leaderEpochs } = options;
  const suspects = segments.count === 0 ? [] : segments.from(recoveryPoint);
  const holes: Hole[] = [];
  // Before it nothing was lost; what is missing there was compacted, and a damaged index may have recovery come by it.
  const durableOffset = options.hadCleanShutdown ? Infinity : options.recoveryPoint;
  const resumed = resumeWithin(suspects, snapshots, recoveryPoint);
  const start = resumed?.offset ?? suspects[0]?.baseOffset ?? 0;
  leaderEpochs.forgetFrom(start);
  // They tell of records that may be lost.
  producerSnapshots.remove((offset) => offset > start);
  producerSnapshots.restore(segments, options.logStartOffset, start, snapshots);
  let logEndOffset = start;
  for (const [index, segment] of suspects.entries()) {
    if (index > 0) {
      const { baseOffset } = segment;
      if (baseOffset < logEndOffset) {
        // A truncation that was lost in part: what it cut is here again, and what came in its place.
        removeFrom(options, segments, suspects.slice(index));
        break;
      }
      const isHole = baseOffset > logEndOffset && baseOffset > durableOffset;
      if (isHole) holes.push({ startOffset: logEndOffset, endOffset: baseOffset });
      producerSnapshots.write(baseOffset);
    }
    const scanned = recoverSegment(options, segment, index === 0 ? resumed : undefined);
    logEndOffset = scanned.nextOffset;
    const isWhole = scanned.wholeBytes === segment.sizeBytes;
    // The active one too: whoever loads the log anew finds its largest timestamp there.
    segment.finishIndexes();
    segment.saveIndexes(false);
    // Nobody could tell by looking at it that another crash has torn it.
    if (segment.transactionIndex.count > 0) segment.transactionIndex.save(true);
    if (isWhole) continue;
    logger.warn(
      { log: name, segment: segment.baseOffset, droppedBytes: segment.sizeBytes - scanned.wholeBytes },
      "The log ends within a batch or with a damaged one: its tail is cut",
    );
    segment.cutAt(scanned.wholeBytes);
    // Another crash must not bring the tail back behind what is written in its place.
    segment.file.sync();
    removeFrom(options, segments, suspects.slice(index + 1));
    break;
  }
  return { logEndOffset, holes, recoveredFrom: suspects[0]?.baseOffset ?? Infinity };
}

/** Removes the segments behind a cut, for good: another crash must not bring them back. */
function removeFrom(
  { disk, directory, logger, name }: LoadOptions,
  segments: Segments,
  gone: readonly Segment[],
): void {
  if (gone.length === 0) return;
  for (const segment of gone) {
    logger.warn({ log: name, segment: segment.baseOffset }, "Removing a segment behind the cut");
    segments.remove(segment);
    segment.remove();
  }
  disk.syncDirectory(directory);
}

/** Where in a segment its recovery begins. */
interface ResumePoint {
  readonly offset: Offset;
  readonly position: number;
}

/**
 * The point within the first suspect up to which its indexes can be taken as they are: the background flush left a
 * snapshot of the producers there. Undefined when there is none, or the files do not bear it out.
 */
function resumeWithin(
  suspects: readonly Segment[],
  snapshots: readonly Offset[],
  recoveryPoint: Offset,
): ResumePoint | undefined {
  const [segment, next] = suspects;
  // Within the active segment the point is one lower than what was durable.
  const limit = Math.min(recoveryPoint + 1, (next?.baseOffset ?? Infinity) - 1);
  const offset = snapshots.findLast((snapshot) => snapshot <= limit);
  if (segment === undefined || offset === undefined || offset <= segment.baseOffset) return undefined;
  const position = segment.resumeAt(offset);
  return position === undefined ? undefined : { offset, position };
}

/** Reads the batches of a segment, makes its indexes anew, and tells how many of its bytes are sound. */
function recoverSegment(
  { producerState, leaderEpochs }: LoadOptions,
  segment: Segment,
  resumed: ResumePoint | undefined,
): { readonly wholeBytes: number; readonly nextOffset: Offset } {
  if (resumed === undefined) segment.resetIndexes();
  let nextOffset = resumed?.offset ?? segment.baseOffset;
  const wholeBytes = scanBatches(segment.file.use(), resumed?.position ?? 0, segment.sizeBytes, (batch, position) => {
    const { baseOffset, lastOffset, partitionLeaderEpoch } = batch;
    if (baseOffset < nextOffset || !segment.canHold(lastOffset) || !batch.isValidCrc()) return false;
    nextOffset = lastOffset + 1;
    segment.index(position, batch.sizeInBytes, lastOffset, batch.maxTimestamp);
    leaderEpochs.find(partitionLeaderEpoch, baseOffset);
    const aborted = producerState.update(batch);
    if (aborted !== null) segment.transactionIndex.append(aborted);
    return true;
  });
  return { wholeBytes, nextOffset };
}

function rebuildEpochs(segments: Segments, leaderEpochs: LeaderEpochCache): void {
  leaderEpochs.forgetFrom(0);
  for (const segment of segments.all()) {
    scanHeaders(segment.file.use(), 0, segment.writtenBytes, (batch) => {
      leaderEpochs.find(batch.partitionLeaderEpoch, batch.baseOffset);
      return true;
    });
  }
}
