import { type ConsumedRecord } from "../client/consumer/fetched-records.ts";
import { ClientError } from "../client/kafka-error.ts";
import { type ToolLog } from "../command/terminal.ts";
import { type Deserializer, deserializerNamed } from "./deserializers.ts";

/** Turns a record into what is printed. @throws ClientError when it cannot be read */
export type Formatter = (record: ConsumedRecord) => Buffer;

const source = "org.apache.kafka.tools.consumer.DefaultMessageFormatter";

/** Kafka's DefaultMessageFormatter: the columns that the properties ask for, a line for each record. */
export function defaultFormatter(properties: ReadonlyMap<string, string>, log: ToolLog): Formatter {
  const flag = (name: string, otherwise = false) =>
    properties.has(name) ? properties.get(name)?.trim().toLowerCase() === "true" : otherwise;
  const bytes = (name: string, otherwise: string) => Buffer.from(properties.get(name) ?? otherwise);
  const deserializer = (name: string) => loadDeserializer(properties.get(name), log);

  const separator = bytes("key.separator", "\t");
  const lineSeparator = bytes("line.separator", "\n");
  const headersSeparator = bytes("headers.separator", ",");
  const nullLiteral = bytes("null.literal", "null");
  const ofKey = deserializer("key.deserializer");
  const ofValue = deserializer("value.deserializer");
  const ofHeader = deserializer("headers.deserializer");

  const field = (data: Buffer | null, deserialize: Deserializer | undefined): Buffer => {
    const given = data ?? nullLiteral;
    return deserialize === undefined ? given : Buffer.from(deserialize(given));
  };
  const headersOf = ({ headers }: ConsumedRecord): Buffer =>
    headers.length === 0
      ? Buffer.from("NO_HEADERS")
      : Buffer.concat(
          headers.flatMap(({ key, value }, index) => [
            ...(index === 0 ? [] : [headersSeparator]),
            Buffer.from(`${key}:`),
            field(value, ofHeader),
          ]),
        );

  const columns: ((record: ConsumedRecord) => Buffer)[] = [];
  if (flag("print.timestamp")) columns.push((record) => Buffer.from(timestampOf(record)));
  if (flag("print.partition")) columns.push(({ partition }) => Buffer.from(`Partition:${partition}`));
  if (flag("print.offset")) columns.push(({ offset }) => Buffer.from(`Offset:${offset}`));
  // Kafka's console consumer does not hand these two to its formatter.
  if (flag("print.delivery")) columns.push(() => Buffer.from("Delivery:NOT_PRESENT"));
  if (flag("print.epoch")) columns.push(() => Buffer.from("Epoch:NOT_PRESENT"));
  if (flag("print.headers")) columns.push(headersOf);
  if (flag("print.key")) columns.push(({ key }) => field(key, ofKey));
  if (flag("print.value", true)) columns.push(({ value }) => field(value, ofValue));

  return (record) => {
    const pieces: Buffer[] = [];
    for (const [index, column] of columns.entries()) {
      pieces.push(column(record), index === columns.length - 1 ? lineSeparator : separator);
    }
    return Buffer.concat(pieces);
  };
}

function timestampOf({ timestamp, timestampType }: ConsumedRecord): string {
  if (timestampType === "none") return "NO_TIMESTAMP";
  return `${timestampType === "logAppendTime" ? "LogAppendTime" : "CreateTime"}:${timestamp}`;
}

function loadDeserializer(name: string | undefined, log: ToolLog): Deserializer | undefined {
  if (name === undefined) return undefined;
  try {
    return deserializerNamed(name);
  } catch (error) {
    // As in Kafka the bytes are then printed as they are.
    if (!(error instanceof ClientError)) throw error;
    log.error(source, `Unable to instantiate a deserializer from ${name}`, error);
    return undefined;
  }
}
