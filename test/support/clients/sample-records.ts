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

/** Records without a place, in the order in which they were made: what went in and what came out compare equal. */
export function contents(records: readonly (SentRecord | ReceivedRecord)[]): SentRecord[] {
  const order = (record: SentRecord) =>
    Object.fromEntries(record.headers.map(([name, value]) => [name, Buffer.from(value, "base64").toString()]));
  return records
    .map(({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp }))
    .sort((left, right) => {
      const [a, b] = [order(left), order(right)];
      return a["label"]!.localeCompare(b["label"]!) || Number(a["index"]) - Number(b["index"]);
    });
}
