import { type Logger, type Workers } from "../../io/ports.ts";
import { type Log } from "../log.ts";
import { indexTask, type UnindexedSegment } from "../segment/index-task.ts";

/** The indexes of a smaller segment are made by whoever looks for something in it: that takes a few milliseconds. */
export const indexedInPlaceBytesMax = 2_097_152;

/**
 * Has threads make the indexes of large segments whose files somebody has removed: the first who looks for something there
 * would have to wait for that, and everybody with him. To be called before anybody is served. Never rejects.
 */
export async function indexInThreads(
  logs: Iterable<Log>,
  sizeBytesLeast: number,
  workers: Workers,
  threadsMax: number,
  logger: Logger,
): Promise<void> {
  const waiting = unindexedSegments(logs, sizeBytesLeast);
  if (waiting.length === 0) return;
  logger.warn({ segments: waiting.length }, "Segments have lost their indexes: they are made anew");
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const segment = next;
      await workers.run(indexTask, segment).catch((error: unknown) => {
        // Whoever looks for something there comes to the same, and knows what to make of it.
        logger.warn({ error, ...segment }, "The indexes of a segment could not be made");
      });
    }
  };
  await Promise.all(Array.from({ length: threadsMax }, work));
}

function unindexedSegments(logs: Iterable<Log>, sizeBytesLeast: number): UnindexedSegment[] {
  const found: UnindexedSegment[] = [];
  for (const { storage, config, dir } of logs) {
    for (const segment of storage.segments.all()) {
      if (!segment.isUnindexed || segment.sizeBytes < sizeBytesLeast || segment === storage.segments.active) continue;
      const { baseOffset } = segment;
      found.push({ directory: dir, baseOffset, indexIntervalBytes: config.indexIntervalBytes });
    }
  }
  return found;
}
