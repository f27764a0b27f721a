import { codecOf } from "../../protocol/codec.ts";
import { groupMetadataKey, groupMetadataValue } from "../../protocol/group-records/group-metadata.ts";
import { legacyOffsetCommitKey, legacyOffsetCommitValue } from "../../protocol/group-records/legacy-offset-commit.ts";
import { offsetCommitKey, offsetCommitValue } from "../../protocol/group-records/offset-commit.ts";
import { messageJson } from "../../protocol/message-json.ts";
import { Reader } from "../../protocol/reader.ts";
import { type Message } from "../../protocol/schema.ts";
import { transactionLogKey, transactionLogValue } from "../../protocol/transaction-records/transaction-log.ts";
import { type ConsumedRecord } from "../client/consumer/fetched-records.ts";
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
    const data = messageJson(known.key, 0, codecOf(known.key, 0).decode(keyReader));
    return `{"key":{"type":${type},"data":${data}},"value":${value === null ? "null" : valueJson(known.value, value)}}`;
  } catch (error) {
    throw new ClientError(
      "java.lang.RuntimeException",
      `Could not read record at offset ${offset} due to: ${(error as Error).message}`,
    );
  }
}

function valueJson(message: Message<unknown>, bytes: Buffer): string {
  const reader = new Reader(bytes);
  const version = Math.min(reader.int16(), message.versions.to);
  return `{"version":${version},"data":${messageJson(message, version, codecOf(message, version).decode(reader))}}`;
}
