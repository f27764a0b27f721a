import { codecOf } from "../../protocol/codec.ts";
import { jsonString, messageJson, type RawJson } from "../../protocol/message-json.ts";
import { type Reader } from "../../protocol/reader.ts";
import { inRange, type Message } from "../../protocol/schema.ts";
import { ClientError } from "../client/kafka-error.ts";
import { ExactReader } from "../../protocol/exact-reader.ts";
import { type RecordDecoder } from "./record-decoder.ts";

/** A kind of record of a coordinator's log. */
export interface CoordinatorRecord {
  readonly key: Message<unknown>;
  readonly value: Message<unknown>;
  /** Prints some fields of the value in another way. */
  readonly replace?: (value: unknown) => (name: string, field: unknown) => RawJson | undefined;
}

/** Prints the records of a coordinator: keys begin with the record's type, values with their version, both int16. */
export function coordinatorDecoder(records: readonly CoordinatorRecord[]): RecordDecoder {
  const byType = new Map(records.map((record) => [record.key.key, record]));
  return ({ key, value, offset }) => {
    if (key === null) {
      throw new ClientError(
        "java.lang.RuntimeException",
        `Failed to decode message at offset ${offset} using the specified decoder (message had a missing key)`,
      );
    }
    try {
      const reader = new ExactReader(key);
      const type = prefixOf(reader, "key");
      const known = byType.get(type);
      if (known === undefined) return skipped(`Unknown record type ${type} at offset ${offset}, skipping.`);
      const decodedKey = decode(known.key, 0, type, reader, "key");
      return {
        key: `{"type":${jsonString(String(type))},"data":${messageJson(known.key, 0, decodedKey)}}`,
        value: value === null ? "<DELETE>" : valueText(known, type, value),
      };
    } catch (error) {
      return skipped(`Error at offset ${offset}, skipping. ${(error as Error).message}`);
    }
  };
}

function skipped(text: string): { key: string; value: undefined } {
  return { key: text, value: undefined };
}

function valueText({ value: message, replace }: CoordinatorRecord, type: number, bytes: Buffer): string {
  const reader = new ExactReader(bytes);
  const version = prefixOf(reader, "value");
  if (!inRange(message.versions, version)) {
    throw new Error(`Found an unknown record version ${version} for ${type} type`);
  }
  const decoded = decode(message, version, version, reader, "value");
  const json = messageJson(message, version, decoded, replace?.(decoded));
  return `{"version":${jsonString(String(version))},"data":${json}}`;
}

function prefixOf(reader: Reader, part: string): number {
  if (reader.remaining() < 2) throw new Error(`Could not read version from ${part}'s buffer.`);
  return reader.int16();
}

/** @param spoken the version as Kafka's message calls it: of a key it is the type */
function decode(message: Message<unknown>, version: number, spoken: number, reader: Reader, part: string): unknown {
  try {
    return codecOf(message, version).decode(reader);
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`Could not read record with version ${spoken} from ${part}'s buffer due to: ${reason}.`, {
      cause: error,
    });
  }
}
