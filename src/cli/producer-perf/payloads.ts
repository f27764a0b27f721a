import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ClientError } from "../client/kafka-error.ts";
import { SplittableRandom } from "./splittable-random.ts";

const letters = 26;
const firstLetter = 65;

/**
 * What the records hold, by their number: one of these payloads, or so many random letters, or else the number itself.
 * The random ones are those of the Java tool.
 */
export function payloadsOf(payloads: readonly Buffer[], recordSize: number | undefined): (index: number) => Buffer {
  const random = new SplittableRandom(0);
  if (payloads.length > 0) return () => payloads[random.below(payloads.length)] ?? Buffer.alloc(0);
  if (recordSize === undefined) return (index) => Buffer.from(String(index));
  return () => {
    const payload = Buffer.allocUnsafe(recordSize);
    for (let at = 0; at < recordSize; at++) payload[at] = firstLetter + random.below(letters);
    return payload;
  };
}

/** @throws ClientError when the file is missing or empty */
export function readPayloads(file: string, delimiter: string, print: (text: string) => void): Buffer[] {
  print(`Reading payloads from: ${resolve(file)}\n`);
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // As if it were empty.
  }
  if (text === "") {
    throw new ClientError("java.lang.IllegalArgumentException", "File does not exist or empty file provided.");
  }
  // The delimiter is a pattern; one at either end of the file encloses nothing.
  const pieces = text.split(new RegExp(delimiter, "u"));
  if (pieces[0] === "" && pieces.length > 1) pieces.shift();
  if (pieces.at(-1) === "") pieces.pop();
  print(`Number of records read: ${pieces.length}\n`);
  return pieces.map((piece) => Buffer.from(piece));
}
