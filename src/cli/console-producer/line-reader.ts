import { ClientError } from "../client/kafka-error.ts";
import { type OutgoingRecord } from "../client/producer/producer-settings.ts";

/** How a line becomes a record: the properties of Kafka's LineMessageReader. */
export interface LineFormat {
  readonly parsesKey: boolean;
  readonly keySeparator: string;
  readonly parsesHeaders: boolean;
  readonly headersDelimiter: string;
  readonly headersSeparator: string;
  readonly headersKeySeparator: string;
  readonly ignoresErrors: boolean;
  /** A key, a value, all headers or a header's value that is equal to this is null. */
  readonly nullMarker: string | undefined;
}

/** @throws ClientError when two separators are the same */
export function lineFormatOf(properties: ReadonlyMap<string, string>): LineFormat {
  const flag = (name: string) => properties.get(name)?.trim().toLowerCase() === "true";
  const separators = new Map([
    ["headers.delimiter", properties.get("headers.delimiter") ?? "\t"],
    ["headers.separator", properties.get("headers.separator") ?? ","],
    ["headers.key.separator", properties.get("headers.key.separator") ?? ":"],
    ["null.marker", properties.get("null.marker")],
    ["key.separator", properties.get("key.separator") ?? "\t"],
  ]);
  for (const [one, other] of mustDiffer) {
    if (separators.get(one) === separators.get(other)) throw lineError(`${one} and ${other} may not be equal`);
  }
  return {
    parsesKey: flag("parse.key"),
    keySeparator: separators.get("key.separator") ?? "",
    parsesHeaders: flag("parse.headers"),
    headersDelimiter: separators.get("headers.delimiter") ?? "",
    headersSeparator: separators.get("headers.separator") ?? "",
    headersKeySeparator: separators.get("headers.key.separator") ?? "",
    ignoresErrors: flag("ignore.error"),
    nullMarker: separators.get("null.marker"),
  };
}

const mustDiffer = [
  ["headers.delimiter", "headers.separator"],
  ["headers.delimiter", "headers.key.separator"],
  ["headers.separator", "headers.key.separator"],
  ["null.marker", "key.separator"],
  ["null.marker", "headers.separator"],
  ["null.marker", "headers.delimiter"],
  ["null.marker", "headers.key.separator"],
] as const;

/**
 * The record of a line: `headers TAB key TAB value`, of which headers and key may be missing.
 * @throws ClientError when a part is missing, unless errors are ignored
 */
export function recordOf(line: string, lineNumber: number, format: LineFormat): OutgoingRecord {
  /** The text up to a separator; null when that part is not there. */
  const partUpTo = (separator: string, start: number, what: string): string | null => {
    const end = line.indexOf(separator, start);
    if (end >= 0) return line.slice(start, end);
    if (format.ignoresErrors) return null;
    throw lineError(`No ${what} found on line number ${lineNumber}: '${line}'`);
  };
  const bytesOf = (text: string | null) => (text === null || text === format.nullMarker ? null : Buffer.from(text));

  const headers = format.parsesHeaders ? partUpTo(format.headersDelimiter, 0, "headers delimiter") : null;
  const keyStart = headers === null ? 0 : headers.length + format.headersDelimiter.length;
  const key = format.parsesKey ? partUpTo(format.keySeparator, keyStart, "key separator") : null;
  const valueStart = key === null ? keyStart : keyStart + key.length + format.keySeparator.length;
  const record = { key: bytesOf(key), value: bytesOf(line.slice(valueStart)) };
  if (headers === null || headers === format.nullMarker) return record;
  return { ...record, headers: headersOf(headers, lineNumber, format) };
}

function headersOf(text: string, lineNumber: number, format: LineFormat): { key: string; value: Buffer | null }[] {
  // The separator is a regular expression, and empty pairs at the end are dropped, as Java's split does.
  const pairs = text.split(new RegExp(format.headersSeparator, "u"));
  while (pairs.length > 1 && pairs.at(-1) === "") pairs.pop();
  return pairs.map((pair) => {
    const end = pair.indexOf(format.headersKeySeparator);
    if (end < 0) {
      if (format.ignoresErrors) return { key: pair, value: null };
      throw lineError(`No header key separator found in pair '${pair}' on line number ${lineNumber}`);
    }
    const key = pair.slice(0, end);
    if (key === format.nullMarker) {
      throw lineError(
        `Header keys should not be equal to the null marker '${format.nullMarker}' as they can't be null`,
      );
    }
    const value = pair.slice(end + format.headersKeySeparator.length);
    return { key, value: value === format.nullMarker ? null : Buffer.from(value) };
  });
}

function lineError(message: string): ClientError {
  return new ClientError("org.apache.kafka.common.KafkaException", message);
}

/** The lines of a stream, each ended by LF, CR or CRLF; the last may have no end. Bytes that are not UTF-8 are replaced. */
export async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "";
  for await (const chunk of input) {
    const text = rest + decoder.decode(chunk, { stream: true });
    // A CR at the end may be the first half of a CRLF.
    const end = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + text.slice(end);
    if (lines.length > 0) yield lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield [rest.replace(/\r$/, "")];
}
