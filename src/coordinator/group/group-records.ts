import { zeroUuid } from "../../base/uuid.ts";
import { codecOf } from "../../protocol/codec.ts";
import {
  groupMetadataKey,
  groupMetadataValue,
  type GroupMetadataValue,
} from "../../protocol/group-records/group-metadata.ts";
import { legacyOffsetCommitKey, legacyOffsetCommitValue } from "../../protocol/group-records/legacy-offset-commit.ts";
import {
  offsetCommitKey,
  offsetCommitValue,
  type OffsetCommitValue,
} from "../../protocol/group-records/offset-commit.ts";
import { DecodeError, type Reader } from "../../protocol/reader.ts";
import { inRange, type Draft, type Message } from "../../protocol/schema.ts";
import { Writer } from "../../protocol/writer.ts";
import { decodeConsumerRecord, encodeConsumerRecord, type ConsumerGroupRecord } from "./consumer/records.ts";
import { foreignTypeOf, type ForeignType } from "./foreign-records.ts";

/** A record of `__consumer_offsets`; without a value it is a tombstone. */
export type GroupRecord =
  | {
      readonly type: "offsetCommit";
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: OffsetCommitValue | null;
    }
  | { readonly type: "groupMetadata"; readonly group: string; readonly value: GroupMetadataValue | null }
  | ConsumerGroupRecord
  | {
      /** A record of a kind of group that is not served yet: kept so that it can be told of, and deleted. */
      readonly type: "foreign";
      readonly group: string;
      readonly kind: ForeignType;
      readonly key: Buffer;
      readonly value: Buffer | null;
    };

/** The value versions that Kafka 4.3 writes. An expiry time exists in version 1 alone. */
const groupMetadataVersion = 3;
const offsetCommitVersion = 4;
const offsetCommitVersionWithExpiry = 1;

export function encodeGroupRecord(record: GroupRecord): { key: Buffer; value: Buffer | null } {
  switch (record.type) {
    case "offsetCommit": {
      const { group, topic, partition, value } = record;
      const hasExpiry = value !== null && value.expireTimestamp !== -1;
      return {
        key: encoded(offsetCommitKey.key, offsetCommitKey, 0, { group, topic, partition }),
        value: versioned(offsetCommitValue, hasExpiry ? offsetCommitVersionWithExpiry : offsetCommitVersion, value),
      };
    }
    case "groupMetadata":
      return {
        key: encoded(groupMetadataKey.key, groupMetadataKey, 0, { group: record.group }),
        value: versioned(groupMetadataValue, groupMetadataVersion, record.value),
      };
    case "foreign":
      return { key: record.key, value: record.value };
    default:
      return encodeConsumerRecord(record);
  }
}

/**
 * undefined when the type of the key is not known.
 * @throws DecodeError when key or value are malformed
 */
export function decodeGroupRecord(reader: Reader, value: Reader | null): GroupRecord | undefined {
  const keyStart = reader.offset;
  const type = reader.int16();
  switch (type) {
    case legacyOffsetCommitKey.key: {
      const decoded = codecOf(legacyOffsetCommitKey, 0).decode(reader);
      const legacy = decodeValue(legacyOffsetCommitValue, value);
      const current = legacy && { ...legacy, leaderEpoch: -1, expireTimestamp: -1, topicId: zeroUuid };
      return { type: "offsetCommit", ...decoded, value: current };
    }
    case offsetCommitKey.key: {
      const decoded = codecOf(offsetCommitKey, 0).decode(reader);
      return { type: "offsetCommit", ...decoded, value: decodeValue(offsetCommitValue, value) };
    }
    case groupMetadataKey.key: {
      const { group } = codecOf(groupMetadataKey, 0).decode(reader);
      return { type: "groupMetadata", group, value: decodeValue(groupMetadataValue, value) };
    }
    default: {
      const ofConsumers = decodeConsumerRecord(type, reader, value);
      if (ofConsumers !== undefined) return ofConsumers;
      const kind = foreignTypeOf(type);
      if (kind === undefined) return undefined;
      // The group's id comes first in all of these keys. The bytes outlive the buffer that was read.
      const group = reader.string(reader.shortLength());
      const key = Buffer.from(reader.buffer.subarray(keyStart, reader.end));
      return { type: "foreign", group, kind, key, value: value === null ? null : Buffer.from(value.rest()) };
    }
  }
}

/** The type of a key, or the version of a value, goes in front of the message. */
function encoded<T>(prefix: number, message: Message<T>, version: number, draft: Draft<T>): Buffer {
  const writer = new Writer();
  writer.int16(prefix);
  codecOf(message, version).encode(writer, draft);
  return writer.toBuffer();
}

function versioned<T>(message: Message<T>, version: number, draft: Draft<T> | null): Buffer | null {
  return draft === null ? null : encoded(version, message, version, draft);
}

function decodeValue<T>(message: Message<T>, reader: Reader | null): T | null {
  if (reader === null) return null;
  const version = reader.int16();
  if (!inRange(message.versions, version)) throw new DecodeError(`${message.name} has no version ${version}`);
  return codecOf(message, version).decode(reader);
}
