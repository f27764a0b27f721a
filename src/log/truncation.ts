import { assert } from "../base/assert.ts";
import { type Offset } from "../base/brand.ts";
import { type LogStorage } from "./log-storage.ts";

/**
 * Cuts everything at and behind `offset`. A log that starts behind it is emptied and goes on there.
 *
 * Where `offset` is in a batch, or in a gap that compaction left, the log ends behind the last batch that is left. Kafka
 * says `offset` until it is restarted, and then this; said at once, no reader waits for records before the log's end, and
 * no segment that begins at `offset` looks like one behind a hole.
 */
export function truncateTo(storage: LogStorage, offset: Offset): void {
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
  assert(!storage.isWriting, "what a thread is writing is not cut");
  if (offset < segments.active.baseOffset) storage.cleaning?.abort();
  storage.writeAll();
  storage.tail.clear();
  const nowMs = storage.clock.wallMs();
  const [cut, ...gone] = segments.from(offset);
  // The last ones first: whenever a crash comes, what is left has no gap.
  for (const segment of gone.toReversed()) {
    segments.remove(segment);
    segment.markCut();
  }
  if (gone.length > 0) storage.disk.syncDirectory(storage.directory);
  storage.removeAside(gone);
  cut?.truncateTo(offset, nowMs);
  // Were it not durable, a loss of power could bring back what was cut behind what is written in its place.
  cut?.file.sync();
  endAt(storage, segments.active.readNextOffset());
  storage.startOffset = Math.min(storage.startOffset, storage.endOffset);
  storage.restoreProducerState();
}

/** Empties the log and lets it go on at `offset`. */
export function truncateFullyAndStartAt(storage: LogStorage, offset: Offset): void {
  storage.cleaning?.abort();
  storage.tail.clear();
  storage.forgetUnwritten();
  const gone = storage.segments.all().toReversed();
  for (const segment of gone) {
    storage.segments.remove(segment);
    segment.markCut();
  }
  storage.removeProducerSnapshots(() => true);
  storage.disk.syncDirectory(storage.directory);
  storage.removeAside(gone);
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
  storage.removeProducerSnapshots((offset) => offset > endOffset);
}
