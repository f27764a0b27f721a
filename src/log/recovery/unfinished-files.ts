import { type Offset } from "../../base/brand.ts";
import { type Disk } from "../../io/ports.ts";
import { scanHeaders } from "../batch-scan.ts";
import {
  cleanedSuffix,
  deletedSuffix,
  logSuffix,
  offsetOfFileName,
  segmentFileName,
  segmentSuffixes,
  swapSuffix,
  transactionIndexSuffix,
} from "../log-files.ts";

/** Brings to its end what a crash interrupted of deletions and of the cleaner; returns the names of the files then. */
export function finishFiles(disk: Disk, directory: string): ReadonlySet<string> {
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
