import { codecOf } from "../../../protocol/codec.ts";
import { ExactReader } from "../../../protocol/exact-reader.ts";
import {
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupCurrentMemberAssignmentValue,
  type ConsumerGroupCurrentMemberAssignmentValue,
} from "../../../protocol/group-records/consumer-group-current-member-assignment.ts";
import {
  consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue,
  type ConsumerGroupMemberMetadataValue,
} from "../../../protocol/group-records/consumer-group-member-metadata.ts";
import {
  consumerGroupMetadataKey,
  consumerGroupMetadataValue,
} from "../../../protocol/group-records/consumer-group-metadata.ts";
import {
  consumerGroupPartitionMetadataKey,
  consumerGroupPartitionMetadataValue,
  type ConsumerGroupPartitionMetadataValue,
} from "../../../protocol/group-records/consumer-group-partition-metadata.ts";
import {
  consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue,
  type ConsumerGroupRegularExpressionValue,
} from "../../../protocol/group-records/consumer-group-regular-expression.ts";
import {
  consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue,
  type ConsumerGroupTargetAssignmentMemberValue,
} from "../../../protocol/group-records/consumer-group-target-assignment-member.ts";
import {
  consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
  type ConsumerGroupTargetAssignmentMetadataValue,
} from "../../../protocol/group-records/consumer-group-target-assignment-metadata.ts";
import { DecodeError, type Reader } from "../../../protocol/reader.ts";
import { inRange, type Draft, type Message } from "../../../protocol/schema.ts";
import { Writer } from "../../../protocol/writer.ts";

/** The hash needs all of its 64 bits. */
export interface ConsumerGroupValue {
  readonly epoch: number;
  readonly metadataHash: bigint;
}

/** A record of a consumer group; without a value it is a tombstone. */
export type ConsumerGroupRecord =
  | { readonly type: "consumerGroup"; readonly group: string; readonly value: ConsumerGroupValue | null }
  | {
      readonly type: "consumerGroupPartitions";
      readonly group: string;
      readonly value: ConsumerGroupPartitionMetadataValue | null;
    }
  | {
      readonly type: "consumerGroupMember";
      readonly group: string;
      readonly member: string;
      readonly value: ConsumerGroupMemberMetadataValue | null;
    }
  | {
      readonly type: "consumerGroupTarget";
      readonly group: string;
      readonly value: ConsumerGroupTargetAssignmentMetadataValue | null;
    }
  | {
      readonly type: "consumerGroupTargetMember";
      readonly group: string;
      readonly member: string;
      readonly value: ConsumerGroupTargetAssignmentMemberValue | null;
    }
  | {
      readonly type: "consumerGroupCurrent";
      readonly group: string;
      readonly member: string;
      readonly value: ConsumerGroupCurrentMemberAssignmentValue | null;
    }
  | {
      readonly type: "consumerGroupRegex";
      readonly group: string;
      readonly regex: string;
      readonly value: ConsumerGroupRegularExpressionValue | null;
    };

/** Keys and values have version 0 only. */
export function encodeConsumerRecord(record: ConsumerGroupRecord): { key: Buffer; value: Buffer | null } {
  const groupId = record.group;
  switch (record.type) {
    case "consumerGroup": {
      const { value } = record;
      // The writer takes a bigint; the type of the field does not know of it.
      const draft = value && { epoch: value.epoch, metadataHash: value.metadataHash as unknown as number };
      return pair(consumerGroupMetadataKey, { groupId }, consumerGroupMetadataValue, draft);
    }
    case "consumerGroupPartitions":
      return pair(consumerGroupPartitionMetadataKey, { groupId }, consumerGroupPartitionMetadataValue, record.value);
    case "consumerGroupMember": {
      const key = { groupId, memberId: record.member };
      return pair(consumerGroupMemberMetadataKey, key, consumerGroupMemberMetadataValue, record.value);
    }
    case "consumerGroupTarget": {
      const { value } = record;
      return pair(
        consumerGroupTargetAssignmentMetadataKey,
        { groupId },
        consumerGroupTargetAssignmentMetadataValue,
        value,
      );
    }
    case "consumerGroupTargetMember": {
      const key = { groupId, memberId: record.member };
      return pair(consumerGroupTargetAssignmentMemberKey, key, consumerGroupTargetAssignmentMemberValue, record.value);
    }
    case "consumerGroupCurrent": {
      const key = { groupId, memberId: record.member };
      return pair(
        consumerGroupCurrentMemberAssignmentKey,
        key,
        consumerGroupCurrentMemberAssignmentValue,
        record.value,
      );
    }
    case "consumerGroupRegex": {
      const key = { groupId, regularExpression: record.regex };
      return pair(consumerGroupRegularExpressionKey, key, consumerGroupRegularExpressionValue, record.value);
    }
  }
}

/**
 * undefined when the type is none of a consumer group's.
 * @param reader stands behind the type
 * @throws DecodeError when key or value are malformed
 */
export function decodeConsumerRecord(
  type: number,
  reader: Reader,
  value: Reader | null,
): ConsumerGroupRecord | undefined {
  switch (type) {
    case consumerGroupMetadataKey.key: {
      const { groupId } = codecOf(consumerGroupMetadataKey, 0).decode(reader);
      const exactReader = value && new ExactReader(value.buffer, value.offset, value.end);
      const content = decoded(consumerGroupMetadataValue, exactReader);
      const exact = content && { epoch: content.epoch, metadataHash: BigInt(content.metadataHash) };
      return { type: "consumerGroup", group: groupId, value: exact };
    }
    case consumerGroupPartitionMetadataKey.key: {
      const { groupId } = codecOf(consumerGroupPartitionMetadataKey, 0).decode(reader);
      const content = decoded(consumerGroupPartitionMetadataValue, value);
      return { type: "consumerGroupPartitions", group: groupId, value: content };
    }
    case consumerGroupMemberMetadataKey.key: {
      const { groupId, memberId } = codecOf(consumerGroupMemberMetadataKey, 0).decode(reader);
      const content = decoded(consumerGroupMemberMetadataValue, value);
      return { type: "consumerGroupMember", group: groupId, member: memberId, value: content };
    }
    case consumerGroupTargetAssignmentMetadataKey.key: {
      const { groupId } = codecOf(consumerGroupTargetAssignmentMetadataKey, 0).decode(reader);
      const content = decoded(consumerGroupTargetAssignmentMetadataValue, value);
      return { type: "consumerGroupTarget", group: groupId, value: content };
    }
    case consumerGroupTargetAssignmentMemberKey.key: {
      const { groupId, memberId } = codecOf(consumerGroupTargetAssignmentMemberKey, 0).decode(reader);
      const content = decoded(consumerGroupTargetAssignmentMemberValue, value);
      return { type: "consumerGroupTargetMember", group: groupId, member: memberId, value: content };
    }
    case consumerGroupCurrentMemberAssignmentKey.key: {
      const { groupId, memberId } = codecOf(consumerGroupCurrentMemberAssignmentKey, 0).decode(reader);
      const content = decoded(consumerGroupCurrentMemberAssignmentValue, value);
      return { type: "consumerGroupCurrent", group: groupId, member: memberId, value: content };
    }
    case consumerGroupRegularExpressionKey.key: {
      const { groupId, regularExpression } = codecOf(consumerGroupRegularExpressionKey, 0).decode(reader);
      const content = decoded(consumerGroupRegularExpressionValue, value);
      return { type: "consumerGroupRegex", group: groupId, regex: regularExpression, value: content };
    }
    default:
      return undefined;
  }
}

/** The type of a key, or the version of a value, goes in front of the message. */
function pair<K, V>(
  key: Message<K>,
  keyDraft: Draft<K>,
  value: Message<V>,
  valueDraft: Draft<V> | null,
): { key: Buffer; value: Buffer | null } {
  return {
    key: prefixed(key.key, key, keyDraft),
    value: valueDraft === null ? null : prefixed(0, value, valueDraft),
  };
}

function prefixed<T>(prefix: number, message: Message<T>, draft: Draft<T>): Buffer {
  const writer = new Writer();
  writer.int16(prefix);
  codecOf(message, 0).encode(writer, draft);
  return writer.toBuffer();
}

function decoded<T>(message: Message<T>, reader: Reader | null): T | null {
  if (reader === null) return null;
  const version = reader.int16();
  if (!inRange(message.versions, version)) throw new DecodeError(`${message.name} has no version ${version}`);
  return codecOf(message, version).decode(reader);
}
