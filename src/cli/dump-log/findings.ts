import { javaComputedOrder, javaStringHash } from "../../base/java-hash.ts";
import { longText } from "../../protocol/message-json.ts";

type Pair = readonly [number, number];

/** What is wrong with the files, by their absolute paths; printed when all have been read. */
export class Findings {
  /** Index offset → offset in the log. */
  readonly #offsetMismatches = new Map<string, Map<number, number>>();
  readonly #timeMismatches = new Map<string, Pair[]>();
  readonly #timesOutOfOrder = new Map<string, Pair[]>();
  readonly #offsetsNotFound = new Map<string, Pair[]>();
  /** Offset → the one that follows it. */
  readonly #gaps = new Map<string, Map<number, number>>();

  offsetMismatch(path: string, indexOffset: number, logOffset: number): void {
    mapOf(this.#offsetMismatches, path).set(indexOffset, logOffset);
  }

  timeMismatch(path: string, indexTimestamp: number, logTimestamp: number): void {
    listOf(this.#timeMismatches, path).push([indexTimestamp, logTimestamp]);
  }

  timeOutOfOrder(path: string, timestamp: number, previous: number): void {
    listOf(this.#timesOutOfOrder, path).push([timestamp, previous]);
  }

  /** @param logOffset the offset that was found in its place, -1 for none */
  offsetNotFound(path: string, indexOffset: number, logOffset: number): void {
    listOf(this.#offsetsNotFound, path).push([indexOffset, logOffset]);
  }

  gap(path: string, offset: number, next: number): void {
    mapOf(this.#gaps, path).set(offset, next);
  }

  text(): string {
    return [
      ...section(this.#offsetMismatches, "Mismatches in :", (pairs) =>
        [...pairs]
          .sort(([a], [b]) => b - a)
          .map(([index, log]) => `  Index offset: ${longText(index)}, log offset: ${longText(log)}`),
      ),
      ...section(this.#timeMismatches, "Found timestamp mismatch in :", (pairs) =>
        pairs.map(([index, log]) => `  Index timestamp: ${longText(index)}, log timestamp: ${longText(log)}`),
      ),
      ...section(this.#timesOutOfOrder, "Found out of order timestamp in :", (pairs) =>
        pairs.map(
          ([index, previous]) =>
            `  Index timestamp: ${longText(index)}, Previously indexed timestamp: ${longText(previous)}`,
        ),
      ),
      ...section(this.#offsetsNotFound, "The following indexed offsets are not found in :", (pairs) =>
        pairs.map(([index, log]) => `Indexed offset: ${longText(index)}, found log offset: ${longText(log)}`),
      ),
      ...section(this.#gaps, "Non-consecutive offsets in ", (pairs) =>
        [...pairs]
          .sort(([a], [b]) => a - b)
          .map(([offset, next]) => `  ${longText(offset)} is followed by ${longText(next)}`),
      ),
    ]
      .map((line) => `${line}\n`)
      .join("");
  }
}

/** The files stand in the order of the Java tool's map. */
function section<T>(files: ReadonlyMap<string, T>, title: string, linesOf: (found: T) => string[]): string[] {
  const paths = javaComputedOrder([...files.keys()], javaStringHash);
  return paths.flatMap((path) => [`${title}${path}`, ...linesOf(files.get(path) as T)]);
}

function mapOf(files: Map<string, Map<number, number>>, path: string): Map<number, number> {
  const found = files.get(path) ?? new Map<number, number>();
  files.set(path, found);
  return found;
}

function listOf(files: Map<string, Pair[]>, path: string): Pair[] {
  const found = files.get(path) ?? [];
  files.set(path, found);
  return found;
}
