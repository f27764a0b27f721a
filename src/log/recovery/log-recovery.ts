import { type Offset } from "../../base/brand.ts";
import { type Disk, type Logger } from "../../io/ports.ts";
import { scanBatches } from "../batch-scan.ts";
import { type LeaderEpochCache } from "../leader-epoch-cache.ts";
import { type ProducerSnapshots } from "../producers/producer-snapshots.ts";
import { type ProducerState } from "../producers/producer-state.ts";
import { type Hole } from "./recovered-log.ts";
import { type Segment } from "../segment/segment.ts";
import { type Segments } from "../segment/segments.ts";

export interface RecoveryOptions {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly directory: string;
  readonly name: string;
  /** Where the log starts as far as the checkpoint knows. */
  readonly logStartOffset: Offset;
  /** Everything before it was flushed. */
  readonly recoveryPoint: Offset;
  readonly hadCleanShutdown: boolean;
  readonly leaderEpochs: LeaderEpochCache;
  readonly producerState: ProducerState;
  readonly producerSnapshots: ProducerSnapshots;
}

/** Where the log ends, and what recovery found and did beside the log itself. */
export interface Ends {
  readonly logEndOffset: Offset;
  /** What recovery missed between segments. */
  readonly holes: readonly Hole[];
  /** The segments that have this offset and what follows were read by recovery; Infinity when none was. */
  readonly recoveredFrom: Offset;
}

/** Where in a segment its recovery begins. */
interface ResumePoint {
  readonly offset: Offset;
  readonly position: number;
}

/**
 * The recovery of a log: what lies behind the recovery point is suspect and read whole. The log is cut at the first batch
 * that is not whole or not intact, and indexes, producer state and leader epochs are made anew from those before it.
 */
export class LogRecovery {
  readonly #options: RecoveryOptions;
  readonly #segments: Segments;
  readonly #snapshots: readonly Offset[];
  /** Those that have to be read, in order. */
  readonly #suspects: readonly Segment[];
  /** The first suspect may be good up to a point; undefined when all of it has to be read. */
  readonly #resumed: ResumePoint | undefined;

  /**
   * @param snapshots the offsets of the producer snapshots
   * @param recoveryPoint from where on segments are suspect: a damaged one may lie before what is known to be durable
   */
  constructor(options: RecoveryOptions, segments: Segments, snapshots: readonly Offset[], recoveryPoint: Offset) {
    this.#options = options;
    this.#segments = segments;
    this.#snapshots = snapshots;
    this.#suspects = segments.count === 0 ? [] : segments.from(recoveryPoint);
    this.#resumed = resumeWithin(this.#suspects, snapshots, recoveryPoint);
  }

  /** How much `run` reads. */
  get sizeBytes(): number {
    let sizeBytes = -(this.#resumed?.position ?? 0);
    for (const suspect of this.#suspects) sizeBytes += suspect.sizeBytes;
    return sizeBytes;
  }

  run(): Ends {
    const { logStartOffset, producerSnapshots, leaderEpochs } = this.#options;
    const suspects = this.#suspects;
    const start = this.#resumed?.offset ?? suspects[0]?.baseOffset ?? 0;
    leaderEpochs.forgetFrom(start);
    // They tell of records that may be lost.
    producerSnapshots.remove((offset) => offset > start);
    producerSnapshots.restore(this.#segments, logStartOffset, start, this.#snapshots);
    const holes: Hole[] = [];
    let logEndOffset = start;
    for (const [index, segment] of suspects.entries()) {
      if (index > 0) {
        const { baseOffset } = segment;
        if (baseOffset < logEndOffset) {
          // A truncation that was lost in part: what it cut is here again, and what came in its place.
          this.#removeFrom(index);
          break;
        }
        if (this.#isHole(logEndOffset, baseOffset)) holes.push({ startOffset: logEndOffset, endOffset: baseOffset });
        producerSnapshots.write(baseOffset);
      }
      const { wholeBytes, nextOffset } = this.#read(segment, index === 0 ? this.#resumed : undefined);
      logEndOffset = nextOffset;
      const isWhole = wholeBytes === segment.sizeBytes;
      saveIndexes(segment);
      if (isWhole) continue;
      this.#cut(segment, wholeBytes);
      this.#removeFrom(index + 1);
      break;
    }
    return { logEndOffset, holes, recoveredFrom: suspects[0]?.baseOffset ?? Infinity };
  }

  /** Before the recovery point nothing was lost: what is missing there was compacted. */
  #isHole(logEndOffset: Offset, baseOffset: Offset): boolean {
    const durableOffset = this.#options.hadCleanShutdown ? Infinity : this.#options.recoveryPoint;
    return baseOffset > logEndOffset && baseOffset > durableOffset;
  }

  /** Reads the batches of a segment, makes its indexes anew, and tells how many of its bytes are sound. */
  #read(
    segment: Segment,
    resumed: ResumePoint | undefined,
  ): { readonly wholeBytes: number; readonly nextOffset: Offset } {
    const { producerState, leaderEpochs } = this.#options;
    if (resumed === undefined) segment.resetIndexes();
    let nextOffset = resumed?.offset ?? segment.baseOffset;
    const wholeBytes = scanBatches(segment.file.use(), resumed?.position ?? 0, segment.sizeBytes, (batch, position) => {
      const { baseOffset, lastOffset, partitionLeaderEpoch } = batch;
      if (baseOffset < nextOffset || !segment.canHold(lastOffset) || !batch.isValidCrc()) return false;
      nextOffset = lastOffset + 1;
      segment.index(position, batch.sizeInBytes, lastOffset, batch.maxTimestamp);
      leaderEpochs.find(partitionLeaderEpoch, baseOffset);
      const aborted = producerState.update(batch);
      if (aborted !== null) segment.indexes.transactions.append(aborted);
      return true;
    });
    return { wholeBytes, nextOffset };
  }

  #cut(segment: Segment, wholeBytes: number): void {
    const { logger, name } = this.#options;
    logger.warn(
      { log: name, segment: segment.baseOffset, droppedBytes: segment.sizeBytes - wholeBytes },
      "The log ends within a batch or with a damaged one: its tail is cut",
    );
    segment.cutAt(wholeBytes);
    // Another crash must not bring the tail back behind what is written in its place.
    segment.file.sync();
  }

  /** Removes the suspects from an index on, for good: another crash must not bring them back. */
  #removeFrom(index: number): void {
    const { disk, directory, logger, name } = this.#options;
    const gone = this.#suspects.slice(index);
    if (gone.length === 0) return;
    for (const segment of gone) {
      logger.warn({ log: name, segment: segment.baseOffset }, "Removing a segment behind the cut");
      this.#segments.remove(segment);
      segment.remove();
    }
    disk.syncDirectory(directory);
  }
}

/** Also of the active segment: whoever loads the log anew finds its largest timestamp there. */
function saveIndexes(segment: Segment): void {
  segment.indexes.finish();
  segment.indexes.save(false);
  // Nobody could tell by looking at it that another crash has torn it.
  if (segment.indexes.transactions.count > 0) segment.indexes.transactions.save(true);
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
  const position = segment.indexes.resumeAt(offset);
  return position === undefined ? undefined : { offset, position };
}
