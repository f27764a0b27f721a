import { type Offset } from "../../base/brand.ts";
import { type Clock } from "../../io/ports.ts";
import { scanHeaders } from "../batch-scan.ts";
import { type LeaderEpochCache } from "../leader-epoch-cache.ts";
import { logSuffix, offsetOfFileName, segmentFileName, segmentSuffixes } from "../log-files.ts";
import { ProducerEntry } from "../producers/producer-entry.ts";
import { snapshotsAmong } from "../producers/producer-snapshots.ts";
import { type RecoveredLog } from "./recovered-log.ts";
import { type Ends, LogRecovery, type RecoveryOptions } from "./log-recovery.ts";
import { Segment, type SegmentPlace } from "../segment/segment.ts";
import { Segments } from "../segment/segments.ts";
import { finishFiles } from "./unfinished-files.ts";

export interface LoadOptions extends RecoveryOptions {
  readonly clock: Clock;
  readonly placeOf: () => SegmentPlace;
  /** A thread has recovered the log already, and found this. */
  readonly recovered?: RecoveredLog | undefined;
  /** The directory was just made: nothing is in it but an empty segment. */
  readonly isMade?: boolean;
}

const indexSuffixes = segmentSuffixes.filter((suffix) => suffix !== logSuffix);

export interface LoadedLog extends Ends {
  readonly segments: Segments;
  readonly logStartOffset: Offset;
}

/**
 * Makes a log from what lies in its directory: after a crash with recovery. What lies before the recovery point was flushed
 * and is taken as it is.
 */
export function loadLog(options: LoadOptions): LoadedLog {
  if (options.isMade === true) return takeMade(options);
  if (options.recovered !== undefined) return takeRecovered(options, options.recovered);
  const files = finishFiles(options.disk, options.directory);
  const segments = loadSegments(options, files);
  const { leaderEpochs } = options;
  const hasEpochs = leaderEpochs.load(options.hadCleanShutdown);
  let ends = findEnds(options, segments, files);
  if (segments.count > 0 && ends.logEndOffset < options.logStartOffset) startAnew(options, segments);
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
    for (const segment of segments.from(recovered.recoveredFrom)) segment.indexes.markUnsynced();
  }
  leaderEpochs.takeOver(recovered.epochs);
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
    : new LogRecovery(options, segments, snapshots, recoveryPoint).run();
}

/**
 * How many bytes recovery would have to read; 0 when it would read none. Nothing is changed but the names of files that a
 * crash left unfinished.
 */
export function bytesToRecover(options: LoadOptions): number {
  const files = finishFiles(options.disk, options.directory);
  const segments = loadSegments(options, files);
  const recoveryPoint = recoveryPointOf(options, segments);
  if (recoveryPoint === Infinity || segments.count === 0) return 0;
  const { sizeBytes } = new LogRecovery(options, segments, snapshotsAmong(files), recoveryPoint);
  for (const segment of segments.all()) segment.close();
  return sizeBytes;
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
  const damaged = segments.all().find(({ indexes, baseOffset }) => !indexes.transactions.isSane(baseOffset));
  const needed = options.hadCleanShutdown ? Infinity : options.recoveryPoint;
  return Math.min(needed, damaged?.baseOffset ?? Infinity);
}

const nothingRecovered = { holes: [], recoveredFrom: Infinity } as const;

/** After a clean shutdown: only what others may have done to the files since is put right. */
function takeAsItIs(options: LoadOptions, segments: Segments, snapshots: readonly Offset[]): Ends {
  const logEndOffset = segments.count === 0 ? options.logStartOffset : segments.active.cutBehindBatches();
  const { producerSnapshots } = options;
  producerSnapshots.restore(segments, options.logStartOffset, logEndOffset, snapshots);
  const isBehindEnd = (offset: Offset): boolean => offset > logEndOffset;
  // They tell of records that somebody has taken away, and would pass for what is known of those in their place.
  if (snapshots.some(isBehindEnd)) {
    producerSnapshots.remove(isBehindEnd, snapshots);
    options.disk.syncDirectory(options.directory);
  }
  return { ...nothingRecovered, logEndOffset };
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
