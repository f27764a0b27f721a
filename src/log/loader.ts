import { type Offset } from "../base/brand.ts";
import { type Clock, type Disk, type Logger } from "../io/ports.ts";
import { scanBatches, scanHeaders } from "./batch-scan.ts";
import { type LeaderEpochCache } from "./leader-epoch-cache.ts";
import {
  cleanedSuffix,
  deletedSuffix,
  logSuffix,
  offsetOfFileName,
  producerSnapshotSuffix,
  segmentFileName,
  segmentSuffixes,
  swapSuffix,
} from "./log-files.ts";
import { producerSnapshotPath, readProducerSnapshot, writeProducerSnapshot } from "./producer-snapshot.ts";
import { type ProducerState } from "./producer-state.ts";
import { Segment, type SegmentPlace } from "./segment.ts";
import { Segments } from "./segments.ts";

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
}

export interface LoadedLog {
  readonly segments: Segments;
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
}

/**
 * Makes a log from what lies in its directory. After a crash the segments from the recovery point on are read whole: their
 * tail is cut at the first batch that is not whole or not intact, and indexes, producer state and leader epochs are made
 * anew from the batches. What lies before the recovery point was flushed and is taken as it is.
 */
export function loadLog(options: LoadOptions): LoadedLog {
  const segments = loadSegments(options);
  const { leaderEpochs } = options;
  const hasEpochs = leaderEpochs.load();
  const recoveryPoint = recoveryPointOf(options, segments);
  if (recoveryPoint === Infinity) takeAsItIs(options, segments);
  else recover(options, segments, recoveryPoint);
  if (segments.count > 0 && segments.active.readNextOffset() < options.logStartOffset) startAnew(options, segments);
  if (segments.count === 0) {
    segments.add(Segment.create(options.placeOf(), options.logStartOffset, options.clock.wallMs()));
  }
  const logEndOffset = segments.active.readNextOffset();
  const logStartOffset = Math.max(options.logStartOffset, segments.first.baseOffset);
  if (!hasEpochs && logEndOffset > logStartOffset) rebuildEpochs(segments, leaderEpochs);
  leaderEpochs.truncateFromEnd(logEndOffset);
  leaderEpochs.truncateFromStart(logStartOffset);
  options.producerState.endOffset = logEndOffset;
  return { segments, logStartOffset, logEndOffset };
}

function loadSegments({ disk, directory, placeOf, clock, logger, name }: LoadOptions): Segments {
  finishCleaning(disk, directory);
  const segments = new Segments();
  const bases = new Set<Offset>();
  for (const file of disk.list(directory)) {
    const baseOffset = offsetOfFileName(file);
    if (baseOffset !== undefined && file.endsWith(logSuffix)) bases.add(baseOffset);
  }
  for (const baseOffset of [...bases].sort((one, other) => one - other)) {
    segments.add(Segment.load(placeOf(), baseOffset, clock.wallMs()));
  }
  for (const file of disk.list(directory)) {
    const isIndex = segmentSuffixes.some((suffix) => suffix !== logSuffix && file.endsWith(suffix));
    const baseOffset = offsetOfFileName(file);
    if (!isIndex || baseOffset === undefined || bases.has(baseOffset)) continue;
    logger.warn({ log: name, file }, "Removing an index without its log file");
    disk.remove(`${directory}/${file}`);
  }
  return segments;
}

/** What a crash left of deletions and of the cleaner: a swap file is whole and takes the place of what it was made of. */
function finishCleaning(disk: Disk, directory: string): void {
  for (const file of disk.list(directory)) {
    if (file.endsWith(deletedSuffix) || file.endsWith(cleanedSuffix)) disk.remove(`${directory}/${file}`);
  }
  for (const file of disk.list(directory)) {
    if (!file.endsWith(logSuffix + swapSuffix)) continue;
    const baseOffset = offsetOfFileName(file) ?? 0;
    removeReplaced(disk, directory, baseOffset, `${directory}/${file}`);
    disk.rename(`${directory}/${file}`, `${directory}/${segmentFileName(baseOffset, logSuffix)}`);
  }
  for (const file of disk.list(directory)) if (file.endsWith(swapSuffix)) disk.remove(`${directory}/${file}`);
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
  { disk, directory, logger, name, logStartOffset, leaderEpochs, producerState }: LoadOptions,
  segments: Segments,
): void {
  logger.warn({ log: name, logStartOffset }, "The log ends before its start offset: its segments are removed");
  for (const segment of segments.from(segments.first.baseOffset)) {
    segments.remove(segment);
    segment.remove();
  }
  for (const offset of snapshotOffsets(disk, directory)) disk.remove(producerSnapshotPath(directory, offset));
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

/** After a clean shutdown: only what others may have done to the files since is put right. */
function takeAsItIs(options: LoadOptions, segments: Segments): void {
  if (segments.count > 0) segments.active.cutBehindBatches();
  restoreProducers(options, segments, segments.count === 0 ? options.logStartOffset : segments.active.readNextOffset());
}

function recover(options: LoadOptions, segments: Segments, recoveryPoint: Offset): void {
  const { disk, directory, logger, name, producerState } = options;
  const suspects = segments.count === 0 ? [] : segments.from(recoveryPoint);
  const start = suspects[0]?.baseOffset ?? 0;
  // They tell of records that may be lost.
  for (const offset of snapshotOffsets(disk, directory)) {
    if (offset > start) disk.remove(producerSnapshotPath(directory, offset));
  }
  restoreProducers(options, segments, start);
  for (const [index, segment] of suspects.entries()) {
    if (index > 0) {
      writeProducerSnapshot(disk, producerSnapshotPath(directory, segment.baseOffset), producerState.entries());
    }
    const wholeBytes = recoverSegment(options, segment);
    if (segment !== segments.active) segment.finishIndexes();
    segment.saveIndexes(false);
    if (wholeBytes === segment.sizeBytes) continue;
    logger.warn(
      { log: name, segment: segment.baseOffset, droppedBytes: segment.sizeBytes - wholeBytes },
      "The log ends within a batch or with a damaged one: its tail is cut",
    );
    segment.cutAt(wholeBytes);
    for (const later of suspects.slice(index + 1)) {
      logger.warn({ log: name, segment: later.baseOffset }, "Removing a segment behind the cut");
      segments.remove(later);
      later.remove();
    }
    // Another crash must not bring them back beside what is written in their place.
    disk.syncDirectory(directory);
    break;
  }
}

/** Reads all batches of a segment, makes its indexes anew, and returns how many of its bytes are sound. */
function recoverSegment({ producerState, leaderEpochs }: LoadOptions, segment: Segment): number {
  segment.resetIndexes();
  let lastOffset = segment.baseOffset - 1;
  return scanBatches(segment.file.use(), 0, segment.sizeBytes, (batch, position) => {
    if (batch.baseOffset <= lastOffset || !segment.canHold(batch.lastOffset) || !batch.isValidCrc()) return false;
    lastOffset = batch.lastOffset;
    segment.index(position, batch.sizeInBytes, lastOffset, batch.maxTimestamp);
    if (batch.partitionLeaderEpoch > leaderEpochs.latestEpoch) {
      leaderEpochs.assign(batch.partitionLeaderEpoch, batch.baseOffset);
    }
    const aborted = producerState.update(batch);
    if (aborted !== null) segment.transactionIndex.append(aborted);
    return true;
  });
}

export interface RestoreOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly logger: Logger;
  readonly name: string;
  readonly logStartOffset: Offset;
  readonly producerState: ProducerState;
}

/** Brings the producer state up to `endOffset`: the newest sound snapshot, and the batches behind it. */
export function restoreProducers(options: RestoreOptions, segments: Segments, endOffset: Offset): void {
  const { disk, directory, producerState, logger, name } = options;
  producerState.clear(segments.count === 0 ? options.logStartOffset : segments.first.baseOffset);
  for (const offset of snapshotOffsets(disk, directory).reverse()) {
    if (offset > endOffset) continue;
    const path = producerSnapshotPath(directory, offset);
    const entries = readProducerSnapshot(disk, path);
    if (entries === undefined) {
      logger.warn({ log: name, file: path }, "Removing a damaged producer snapshot");
      disk.remove(path);
      continue;
    }
    for (const entry of entries) producerState.restore(entry);
    producerState.endOffset = offset;
    break;
  }
  if (segments.count === 0) return;
  for (const segment of segments.from(producerState.endOffset)) {
    if (segment.baseOffset >= endOffset) break;
    const start = Math.max(segment.baseOffset, producerState.endOffset);
    scanBatches(segment.file.use(), segment.positionOf(start), segment.writtenBytes, (batch) => {
      if (batch.baseOffset < endOffset) producerState.update(batch);
      return true;
    });
  }
}

/** The offsets of the producer snapshots in a directory, ascending. */
export function snapshotOffsets(disk: Disk, directory: string): Offset[] {
  return disk
    .list(directory)
    .filter((file) => file.endsWith(producerSnapshotSuffix))
    .map((file) => offsetOfFileName(file))
    .filter((offset) => offset !== undefined);
}

function rebuildEpochs(segments: Segments, leaderEpochs: LeaderEpochCache): void {
  leaderEpochs.clear();
  for (const segment of segments.all()) {
    scanHeaders(segment.file.use(), 0, segment.writtenBytes, (batch) => {
      if (batch.partitionLeaderEpoch > leaderEpochs.latestEpoch) {
        leaderEpochs.assign(batch.partitionLeaderEpoch, batch.baseOffset);
      }
      return true;
    });
  }
}
