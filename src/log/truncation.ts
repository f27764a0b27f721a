import { assert } from "../base/assert.ts";
import { type Offset } from "../base/brand.ts";
import { type LogFlusher } from "./log-flusher.ts";
import { type LogStorage } from "./log-storage.ts";

export interface CutSteps {
  /** Something is about to be cut off. */
  readonly beforeCut: () => void;
  readonly afterCut: () => void;
}

/** Cuts a log. After a disk error, or when the recovery point cannot be written down first, the log stays as it is. */
export class LogTruncation {
  readonly #storage: LogStorage;
  readonly #flusher: LogFlusher;
  readonly #steps: CutSteps;

  constructor(storage: LogStorage, flusher: LogFlusher, steps: CutSteps) {
    this.#storage = storage;
    this.#flusher = flusher;
    this.#steps = steps;
  }

  /** Cuts everything at and behind `offset`. */
  truncateTo(offset: Offset): void {
    if (offset < this.#storage.endOffset && !this.#lowerRecoveryPoint(offset)) return;
    this.#storage.guard(() => truncateTo(this.#storage, offset));
    this.#onCut();
  }

  /** Empties the log and lets it go on at `offset`. */
  startAt(offset: Offset): void {
    if (!this.#lowerRecoveryPoint(Math.min(offset, this.#storage.startOffset))) return;
    this.#storage.guard(() => truncateFullyAndStartAt(this.#storage, offset));
    this.#onCut();
  }

  /**
   * Recovery may have missed offsets between segments. Where compaction has not taken them a loss of power has, and what
   * lies behind is cut like any tail that is not whole.
   *
   * @param isCopy of a log that has what is cut here: then it is cut at what may have been compacted away, too
   */
  cutAtHole(isCopy: boolean): void {
    const { holes, config, startOffset, cleanedOffset = 0, logger, name } = this.#storage;
    this.#storage.holes = [];
    const hole = holes.find(({ endOffset }) => endOffset > startOffset && endOffset > cleanedOffset);
    if (hole === undefined || (config.isCompacted && !isCopy)) return;
    logger.warn({ log: name, ...hole }, "The log has a hole: what is behind it is cut");
    if (hole.startOffset >= startOffset) this.truncateTo(hole.startOffset);
    else this.startAt(startOffset);
  }

  /**
   * Before anything is cut the recovery point that is written down must not lie behind the cut: a loss of power may bring
   * back a part of what was cut, or take a part of what is written in its place, and recovery has to look at both.
   */
  #lowerRecoveryPoint(offset: Offset): boolean {
    // The cut may come within a batch, before `offset`: only where a segment begins is sure.
    const [segment] = this.#storage.segments.from(offset);
    this.#flusher.onTruncated(Math.min(offset, segment?.baseOffset ?? offset));
    return this.#storage.guard(this.#steps.beforeCut);
  }

  #onCut(): void {
    this.#flusher.onTruncated(this.#storage.endOffset);
    this.#steps.afterCut();
  }
}

/**
 * Cuts everything at and behind `offset`. A log that starts behind it is emptied and goes on there.
 *
 * Where `offset` is in a batch, or in a gap that compaction left, the log ends behind the last batch that is left. Kafka
 * says `offset` until it is restarted, and then this; said at once, no reader waits for records before the log's end, and
 * no segment that begins at `offset` looks like one behind a hole.
 */
function truncateTo(storage: LogStorage, offset: Offset): void {
  const { segments } = storage;
  if (offset >= storage.endOffset) {
    // Epochs that began here and have no record may not be the leader's.
    storage.leaderEpochs.truncateFromEnd(storage.endOffset);
    return;
  }
  if (offset < segments.first.baseOffset) {
    truncateFullyAndStartAt(storage, offset);
    return;
  }
  assert(!storage.writeBehind.isWriting, "what a thread is writing is not cut");
  if (offset < segments.active.baseOffset) storage.cleaning?.abort();
  storage.writeBehind.writeAll();
  storage.tail.clear();
  const nowMs = storage.clock.wallMs();
  const [cut, ...gone] = segments.from(offset);
  // The last ones first: whenever a crash comes, what is left has no gap.
  for (const segment of gone.toReversed()) {
    segments.remove(segment);
    segment.names.markCut();
  }
  if (gone.length > 0) storage.directory.syncFileNames();
  storage.removeCut(gone);
  cut?.truncateTo(offset, nowMs);
  // Were it not durable, a loss of power could bring back what was cut behind what is written in its place.
  cut?.file.sync();
  endAt(storage, segments.active.readNextOffset());
  storage.startOffset = Math.min(storage.startOffset, storage.endOffset);
  storage.restoreProducerState();
}

/** Empties the log and lets it go on at `offset`. */
function truncateFullyAndStartAt(storage: LogStorage, offset: Offset): void {
  storage.cleaning?.abort();
  storage.tail.clear();
  storage.writeBehind.forget();
  const gone = storage.segments.all().toReversed();
  for (const segment of gone) {
    storage.segments.remove(segment);
    segment.names.markCut();
  }
  storage.producerSnapshots.remove(() => true);
  storage.directory.syncFileNames();
  storage.removeCut(gone);
  storage.addSegment(offset);
  storage.leaderEpochs.clear();
  storage.producerState.clear(offset);
  storage.startOffset = offset;
  endAt(storage, offset);
}

function endAt(storage: LogStorage, endOffset: Offset): void {
  storage.endOffset = endOffset;
  // What comes there now was never compacted.
  if (storage.cleanedOffset !== undefined) storage.cleanedOffset = Math.min(storage.cleanedOffset, endOffset);
  storage.writtenOffset = endOffset;
  storage.leaderEpochs.truncateFromEnd(endOffset);
  storage.producerSnapshots.remove((offset) => offset > endOffset);
}
