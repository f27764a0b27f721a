import { assert } from "../base/assert.ts";
import { type Offset } from "../base/brand.ts";
import { type DiskDirectory } from "../io/ports.ts";
import { comingSuffix } from "./log-files.ts";
import { type LogFlusher } from "./log-flusher.ts";
import { type LogStorage } from "./log-storage.ts";
import { SegmentCut } from "./segment/segment-cut.ts";
import { type Segment } from "./segment/segment.ts";

export interface CutSteps {
  /** Something is about to be cut off. */
  readonly beforeCut: () => void;
  readonly afterCut: () => void;
}

/** Cuts what was prepared. Needs no descriptor but the one of the partition's directory that it is given. */
type Cut = (directory: DiskDirectory) => void;

/**
 * Cuts a log. Whatever needs a descriptor comes first, while nothing has changed yet, so that a cut is done as a whole or not
 * at all where the system is short of them. After a disk error the log is offline.
 */
export class LogTruncation {
  readonly #storage: LogStorage;
  readonly #flusher: LogFlusher;
  readonly #steps: CutSteps;

  constructor(storage: LogStorage, flusher: LogFlusher, steps: CutSteps) {
    this.#storage = storage;
    this.#flusher = flusher;
    this.#steps = steps;
  }

  /**
   * Cuts everything at and behind `offset`. A log that starts behind it is emptied and goes on there.
   *
   * Where `offset` is in a batch, or in a gap that compaction left, the log ends behind the last batch that is left. Kafka
   * says `offset` until it is restarted, and then this; said at once, no reader waits for records before the log's end, and
   * no segment that begins at `offset` looks like one behind a hole.
   * @throws DiskError when the system is short of descriptors or memory: the log is as it was
   */
  truncateTo(offset: Offset): void {
    const storage = this.#storage;
    // Epochs that began at the end and have no record may not be the leader's.
    if (offset >= storage.endOffset) storage.leaderEpochs.truncateFromEnd(storage.endOffset);
    else if (offset < storage.segments.first.baseOffset) this.startAt(offset);
    else this.#cut(offset, () => prepareCut(storage, offset));
  }

  /**
   * Empties the log and lets it go on at `offset`.
   * @throws DiskError as `truncateTo`
   */
  startAt(offset: Offset): void {
    const storage = this.#storage;
    this.#cut(Math.min(offset, storage.startOffset), () => prepareStart(storage, offset));
  }

  /**
   * Recovery may have missed offsets between segments. Where compaction has not taken them a loss of power has, and what
   * lies behind is cut like any tail that is not whole.
   *
   * @param isCopy of a log that has what is cut here: then it is cut at what may have been compacted away, too
   * @throws DiskError as `truncateTo`; it is for the caller to try it again
   */
  cutAtHole(isCopy: boolean): void {
    const { holes, config, startOffset, cleanedOffset = 0, logger, name } = this.#storage;
    const hole = holes.find(({ endOffset }) => endOffset > startOffset && endOffset > cleanedOffset);
    if (hole !== undefined && (isCopy || !config.isCompacted)) {
      logger.warn({ log: name, ...hole }, "The log has a hole: what is behind it is cut");
      if (hole.startOffset >= startOffset) this.truncateTo(hole.startOffset);
      else this.startAt(startOffset);
    }
    this.#storage.holes = [];
  }

  /** @param offset what lies before it stays */
  #cut(offset: Offset, prepare: () => Cut): void {
    const storage = this.#storage;
    const isCut = storage.guardUnlessShort(() => {
      const directory = storage.directory.open();
      try {
        this.#lowerRecoveryPoint(offset);
        const cut = prepare();
        // Of what is half done nobody knows what it is.
        storage.guard(() => cut(directory));
      } finally {
        directory.close();
      }
    });
    if (!isCut) return;
    this.#flusher.onTruncated(storage.endOffset);
    this.#steps.afterCut();
  }

  /**
   * Before anything is cut the recovery point that is written down must not lie behind the cut: a loss of power may bring
   * back a part of what was cut, or take a part of what is written in its place, and recovery has to look at both.
   */
  #lowerRecoveryPoint(offset: Offset): void {
    // The cut may come within a batch, before `offset`: only where a segment begins is sure.
    const [segment] = this.#storage.segments.from(offset);
    this.#flusher.onTruncated(Math.min(offset, segment?.baseOffset ?? offset));
    this.#steps.beforeCut();
  }
}

/** A cut within the log. */
function prepareCut(storage: LogStorage, offset: Offset): Cut {
  const { segments, producerSnapshots, producerState } = storage;
  assert(!storage.writeBehind.isWriting, "what a thread is writing is not cut");
  if (offset < segments.active.baseOffset) storage.cleaning?.abort();
  storage.writeBehind.writeAll();
  const last = segments.holding(offset);
  const gone = segments.from(offset).slice(1).toReversed();
  const cut = new SegmentCut(last, offset);
  const { endOffset } = cut;
  const snapshots = producerSnapshots.offsets();
  // The last that may be refused: here the state is no longer that of the log's end.
  producerState.remake(() => {
    producerSnapshots.restore(segments, storage.startOffset, endOffset, snapshots);
    // It may have been closed for others to be read.
    last.file.use();
  });
  return (directory) => {
    // The last ones first: whenever a crash comes, what is left has no gap.
    for (const segment of gone) segment.names.markCut();
    producerSnapshots.remove((snapshot) => snapshot > endOffset, snapshots);
    // Neither comes back, with what is written in its place.
    directory.sync();
    cut.run(storage.clock.wallMs());
    letGo(storage, gone);
    storage.startOffset = Math.min(storage.startOffset, endOffset);
    endAt(storage, endOffset);
  };
}

/** A cut of everything, behind which the log goes on at `offset`. */
function prepareStart(storage: LogStorage, offset: Offset): Cut {
  const { segments, producerSnapshots, producerState, leaderEpochs } = storage;
  storage.cleaning?.abort();
  const snapshots = producerSnapshots.offsets();
  const coming = storage.createSegment(offset, comingSuffix);
  try {
    // The last that may be refused. Were it left for later, a start could find the old epochs in the new log; those of the old
    // log it finds anew, since the recovery point has been lowered.
    leaderEpochs.clear();
  } catch (error) {
    coming.remove();
    throw error;
  }
  return (directory) => {
    const gone = segments.all().toReversed();
    for (const segment of gone) segment.names.markCut();
    producerSnapshots.remove(() => true, snapshots);
    coming.names.takePlace();
    directory.sync();
    letGo(storage, gone);
    storage.writeBehind.forget();
    segments.add(coming);
    producerState.clear(offset);
    storage.startOffset = offset;
    endAt(storage, offset);
  };
}

/** What has its names no more. */
function letGo(storage: LogStorage, gone: readonly Segment[]): void {
  storage.tail.clear();
  for (const segment of gone) storage.segments.remove(segment);
  storage.removeCut(gone);
}

function endAt(storage: LogStorage, endOffset: Offset): void {
  storage.endOffset = endOffset;
  // What comes there now was never compacted.
  if (storage.cleanedOffset !== undefined) storage.cleanedOffset = Math.min(storage.cleanedOffset, endOffset);
  storage.writtenOffset = endOffset;
  storage.leaderEpochs.truncateFromEnd(endOffset);
}
