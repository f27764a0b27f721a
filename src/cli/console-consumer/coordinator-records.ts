import { codecOf } from "../../protocol/codec.ts";
import { fieldPlans, isStruct } from "../../protocol/field-plan.ts";
import { groupMetadataKey, groupMetadataValue } from "../../protocol/group-records/group-metadata.ts";
import { legacyOffsetCommitKey, legacyOffsetCommitValue } from "../../protocol/group-records/legacy-offset-commit.ts";
import { offsetCommitKey, offsetCommitValue } from "../../protocol/group-records/offset-commit.ts";
import { Reader } from "../../protocol/reader.ts";
import { type ElementType, type Fields, type Message, type Struct } from "../../protocol/schema.ts";
import { transactionLogKey, transactionLogValue } from "../../protocol/transaction-records/transaction-log.ts";
import { type ConsumedRecord } from "../client/fetched-records.ts";
import { ClientError } from "../client/kafka-error.ts";

interface RecordType {
  readonly type: number;
  readonly key: Message<unknown>;
  readonly value: Message<unknown>;
}

/** The records that each of Kafka's formatters for its internal topics prints; others are left out. */
const recordTypes = {
  offsets: [
    { type: 0, key: legacyOffsetCommitKey, value: legacyOffsetCommitValue },
    { type: 1, key: offsetCommitKey, value: offsetCommitValue },
  ],
  groupMetadata: [{ type: 2, key: groupMetadataKey, value: groupMetadataValue }],
  transactions: [{ type: 0, key: transactionLogKey, value: transactionLogValue }],
} as const satisfies Record<string, readonly RecordType[]>;

/** A record of a coordinator's log as JSON; nothing for a record of another kind. @throws ClientError */
export function formatCoordinatorRecord(
  { key, value, offset }: ConsumedRecord,
  kind: keyof typeof recordTypes,
): string {
  if (key === null) return "";
  try {
    const keyReader = new Reader(key);
    const type = keyReader.int16();
    const known: RecordType | undefined = recordTypes[kind].find((candidate) => candidate.type === type);
    if (known === undefined) return "";
    const data = toJson(known.key.struct, known.key, 0, codecOf(known.key, 0).decode(keyReader));
    return JSON.stringify({ key: { type, data }, value: value === null ? null : valueJson(known.value, value) });
  } catch (error) {
    throw new ClientError(
      "java.lang.RuntimeException",
      `Could not read record at offset ${offset} due to: ${(error as Error).message}`,
    );
  }
}

function valueJson(message: Message<unknown>, bytes: Buffer): unknown {
  const reader = new Reader(bytes);
  const version = Math.min(reader.int16(), message.versions.to);
  return { version, data: toJson(message.struct, message, version, codecOf(message, version).decode(reader)) };
}

/** The fields that the version carries, in the schema's order; tagged ones only when they are not the default. */
function toJson(struct: Struct<Fields>, message: Message<unknown>, version: number, value: unknown): unknown {
  const fields = value as Readonly<Record<string, unknown>>;
  const json: Record<string, unknown> = {};
  for (const { name, field, place } of fieldPlans(struct, message, version)) {
    if (place === "absent" || (place === "tagged" && fields[name] === field.defaultValue)) continue;
    const element = (item: unknown) => elementJson(field.type, message, version, item);
    json[name] = field.isArray && Array.isArray(fields[name]) ? fields[name].map(element) : element(fields[name]);
  }
  return json;
}

function elementJson(type: ElementType, message: Message<unknown>, version: number, value: unknown): unknown {
  if (value === null) return null;
  if (isStruct(type)) return toJson(type, message, version, value);
  return Buffer.isBuffer(value) ? value.toString("base64") : value;
}
