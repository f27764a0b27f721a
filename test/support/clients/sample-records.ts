import { createHash } from "node:crypto";
import { type Codec, type ReceivedRecord, type SentRecord } from "./test-client.ts";

function base64(content: string | Buffer): string {
  return Buffer.from(content).toString("base64");
}

/** Bytes that hardly compress, the same in every run. */
function noise(size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  let state = 12_345;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    buffer[at] = state >>> 16;
  }
  return buffer;
}

/** Keyed records with headers; text beyond ASCII, a tombstone, an empty value, a large value, records without a key. */
export function sampleRecords(label: Codec | string, count: number): SentRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    key: index % 13 === 12 ? null : base64(`key-${index % 7}`),
    value: valueAt(label, index),
    headers: [
      ["label", base64(label)],
      ["index", base64(String(index))],
      ["größe", base64(Buffer.from([0, 255, 128, index]))],
      ["empty", ""],
    ],
    timestamp: 1_790_000_000_000 + index,
  }));
}

function valueAt(label: string, index: number): string | null {
  if (index === 9) return null;
  if (index === 11) return "";
  if (index === 14) return base64(noise(20_000));
  return base64(`${label} ${index} – ${"zażółć gęślą jaźń ".repeat(index)}`);
}

/** A record without its place, legible where a test fails: text as text, and a hash for what is long or binary. */
export interface Content {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly string[];
  readonly timestamp: number;
}

/** Records in the order in which they were made: what went in and what came out compare equal. */
export function contents(records: readonly (SentRecord | ReceivedRecord)[]): Content[] {
  return records
    .map(({ key, value, headers, timestamp }) => ({
      key: legible(key),
      value: legible(value),
      headers: headers.map(([name, content]) => `${name}=${legible(content)}`),
      timestamp,
    }))
    .sort((left, right) => {
      const [labelOfLeft = "", labelOfRight = ""] = [left.headers[0], right.headers[0]];
      return labelOfLeft.localeCompare(labelOfRight) || left.timestamp - right.timestamp;
    });
}

function legible(content: string | null): string | null {
  if (content === null) return null;
  const bytes = Buffer.from(content, "base64");
  const text = bytes.toString();
  if (bytes.length < 60 && Buffer.from(text).equals(bytes)) return text;
  return `${bytes.length} bytes, sha1 ${createHash("sha1").update(bytes).digest("hex")}`;
}
