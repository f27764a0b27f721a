import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The lines of a file of reference facts about Apache Kafka 4.3.0 (`test/reference`). */
export function referenceLines<T>(name: string): T[] {
  const path = fileURLToPath(new URL(`../reference/${name}.jsonl`, import.meta.url));
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
