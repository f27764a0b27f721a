import { type ReadWay } from "../../io/ports.ts";

/** How the next large read of a reader that lags is done; "now" holds the event loop up, and is the cheapest from memory. */
export type ReadMode = ReadWay | "now";

/** What is known of where the bytes that a reader comes upon are. */
export interface ReadPace {
  readonly place: "unknown" | "memory" | "device";
  /** Reads on the event loop in a row that took too long: one may have been interrupted. */
  readonly slowReads: number;
  /** Direct reads until the next look whether the system's cache has what comes now, and until the one after that. */
  readonly readsUntilProbe: number;
  readonly probeInterval: number;
  /** What direct reads take; 0 before the first one. */
  readonly directMsPerMegabyte: number;
}

export const unknownPace: ReadPace = {
  place: "unknown",
  slowReads: 0,
  readsUntilProbe: 0,
  probeInterval: 4,
  directMsPerMegabyte: 0,
};

const megabyte = 1_048_576;
/**
 * A direct read says nothing about the cache, which has the newest part of most logs: one in so many goes through it, and
 * more as long as a slow one may have been a mistake.
 */
const probeIntervalMax = 64;
/** Slower than any memory, and about as fast as a good disk. */
const memoryMsPerMegabyte = 1;
const callMs = 0.25;
const slowReadsMax = 2;

/**
 * @param canBeDirect the device has all of it, and can be read past the cache
 * @param wasReadLately somebody has read it directly not long ago: what is wanted twice goes into the cache
 */
export function nextReadMode(pace: ReadPace, canBeDirect: boolean, wasReadLately: boolean): ReadMode {
  if (pace.place === "memory") return "now";
  const isProbe = pace.place === "unknown" || pace.readsUntilProbe === 0;
  return canBeDirect && !wasReadLately && !isProbe ? "direct" : "cached";
}

/** What is known after a read. */
export function paceAfter(pace: ReadPace, mode: ReadMode, sizeBytes: number, tookMs: number): ReadPace {
  if (mode === "direct") {
    const msPerMegabyte = (tookMs * megabyte) / Math.max(sizeBytes, 1);
    const before = pace.directMsPerMegabyte;
    return {
      ...pace,
      readsUntilProbe: Math.max(0, pace.readsUntilProbe - 1),
      directMsPerMegabyte: before === 0 ? msPerMegabyte : before * 0.75 + msPerMegabyte * 0.25,
    };
  }
  const isFast = isFromMemory(pace, sizeBytes, tookMs);
  if (isFast) return { ...pace, place: "memory", slowReads: 0, probeInterval: unknownPace.probeInterval };
  const slowReads = mode === "now" ? pace.slowReads + 1 : slowReadsMax;
  if (slowReads < slowReadsMax) return { ...pace, slowReads };
  const { probeInterval } = pace;
  const next = Math.min(probeInterval * 2, probeIntervalMax);
  return { ...pace, place: "device", slowReads: 0, readsUntilProbe: probeInterval, probeInterval: next };
}

/** Off the event loop a read also takes as long as the loop is busy: then it is only told by reads of the device. */
function isFromMemory({ directMsPerMegabyte }: ReadPace, sizeBytes: number, tookMs: number): boolean {
  const msPerMegabyte = directMsPerMegabyte === 0 ? memoryMsPerMegabyte : directMsPerMegabyte / 2;
  return tookMs <= callMs + (sizeBytes / megabyte) * msPerMegabyte;
}
