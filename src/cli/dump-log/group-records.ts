import { consumerProtocolAssignment, consumerProtocolSubscription } from "../../protocol/consumer-protocol.ts";
import { codecOf } from "../../protocol/codec.ts";
import {
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupCurrentMemberAssignmentValue,
} from "../../protocol/group-records/consumer-group-current-member-assignment.ts";
import {
  consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue,
} from "../../protocol/group-records/consumer-group-member-metadata.ts";
import {
  consumerGroupMetadataKey,
  consumerGroupMetadataValue,
} from "../../protocol/group-records/consumer-group-metadata.ts";
import {
  consumerGroupPartitionMetadataKey,
  consumerGroupPartitionMetadataValue,
} from "../../protocol/group-records/consumer-group-partition-metadata.ts";
import {
  consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue,
} from "../../protocol/group-records/consumer-group-regular-expression.ts";
import {
  consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue,
} from "../../protocol/group-records/consumer-group-target-assignment-member.ts";
import {
  consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
} from "../../protocol/group-records/consumer-group-target-assignment-metadata.ts";
import { groupMetadataKey, groupMetadataValue } from "../../protocol/group-records/group-metadata.ts";
import { legacyOffsetCommitKey, legacyOffsetCommitValue } from "../../protocol/group-records/legacy-offset-commit.ts";
import { offsetCommitKey, offsetCommitValue } from "../../protocol/group-records/offset-commit.ts";
import {
  shareGroupCurrentMemberAssignmentKey,
  shareGroupCurrentMemberAssignmentValue,
} from "../../protocol/group-records/share-group-current-member-assignment.ts";
import {
  shareGroupMemberMetadataKey,
  shareGroupMemberMetadataValue,
} from "../../protocol/group-records/share-group-member-metadata.ts";
import { shareGroupMetadataKey, shareGroupMetadataValue } from "../../protocol/group-records/share-group-metadata.ts";
import {
  shareGroupStatePartitionMetadataKey,
  shareGroupStatePartitionMetadataValue,
} from "../../protocol/group-records/share-group-state-partition-metadata.ts";
import {
  shareGroupTargetAssignmentMemberKey,
  shareGroupTargetAssignmentMemberValue,
} from "../../protocol/group-records/share-group-target-assignment-member.ts";
import {
  shareGroupTargetAssignmentMetadataKey,
  shareGroupTargetAssignmentMetadataValue,
} from "../../protocol/group-records/share-group-target-assignment-metadata.ts";
import {
  streamsGroupCurrentMemberAssignmentKey,
  streamsGroupCurrentMemberAssignmentValue,
} from "../../protocol/group-records/streams-group-current-member-assignment.ts";
import {
  streamsGroupMemberMetadataKey,
  streamsGroupMemberMetadataValue,
} from "../../protocol/group-records/streams-group-member-metadata.ts";
import {
  streamsGroupMetadataKey,
  streamsGroupMetadataValue,
} from "../../protocol/group-records/streams-group-metadata.ts";
import {
  streamsGroupTargetAssignmentMemberKey,
  streamsGroupTargetAssignmentMemberValue,
} from "../../protocol/group-records/streams-group-target-assignment-member.ts";
import {
  streamsGroupTargetAssignmentMetadataKey,
  streamsGroupTargetAssignmentMetadataValue,
} from "../../protocol/group-records/streams-group-target-assignment-metadata.ts";
import {
  streamsGroupTopologyKey,
  streamsGroupTopologyValue,
} from "../../protocol/group-records/streams-group-topology.ts";
import { messageJson, RawJson } from "../../protocol/message-json.ts";
import { Reader } from "../../protocol/reader.ts";
import { inRange, type Message } from "../../protocol/schema.ts";
import { type CoordinatorRecord } from "./coordinator-decoder.ts";

/** What `__consumer_offsets` holds. */
export const groupRecords: readonly CoordinatorRecord[] = [
  { key: legacyOffsetCommitKey, value: legacyOffsetCommitValue },
  { key: offsetCommitKey, value: offsetCommitValue },
  { key: groupMetadataKey, value: groupMetadataValue, replace: consumerFields },
  { key: consumerGroupMetadataKey, value: consumerGroupMetadataValue },
  { key: consumerGroupPartitionMetadataKey, value: consumerGroupPartitionMetadataValue },
  { key: consumerGroupMemberMetadataKey, value: consumerGroupMemberMetadataValue },
  { key: consumerGroupTargetAssignmentMetadataKey, value: consumerGroupTargetAssignmentMetadataValue },
  { key: consumerGroupTargetAssignmentMemberKey, value: consumerGroupTargetAssignmentMemberValue },
  { key: consumerGroupCurrentMemberAssignmentKey, value: consumerGroupCurrentMemberAssignmentValue },
  { key: shareGroupMemberMetadataKey, value: shareGroupMemberMetadataValue },
  { key: shareGroupMetadataKey, value: shareGroupMetadataValue },
  { key: shareGroupTargetAssignmentMetadataKey, value: shareGroupTargetAssignmentMetadataValue },
  { key: shareGroupTargetAssignmentMemberKey, value: shareGroupTargetAssignmentMemberValue },
  { key: shareGroupCurrentMemberAssignmentKey, value: shareGroupCurrentMemberAssignmentValue },
  { key: shareGroupStatePartitionMetadataKey, value: shareGroupStatePartitionMetadataValue },
  { key: consumerGroupRegularExpressionKey, value: consumerGroupRegularExpressionValue },
  { key: streamsGroupMetadataKey, value: streamsGroupMetadataValue },
  { key: streamsGroupMemberMetadataKey, value: streamsGroupMemberMetadataValue },
  { key: streamsGroupTargetAssignmentMetadataKey, value: streamsGroupTargetAssignmentMetadataValue },
  { key: streamsGroupTargetAssignmentMemberKey, value: streamsGroupTargetAssignmentMemberValue },
  { key: streamsGroupCurrentMemberAssignmentKey, value: streamsGroupCurrentMemberAssignmentValue },
  { key: streamsGroupTopologyKey, value: streamsGroupTopologyValue },
];

const consumerMessages: Readonly<Record<string, Message<unknown>>> = {
  subscription: consumerProtocolSubscription,
  assignment: consumerProtocolAssignment,
};

/** Of a classic group of consumers, what the members said of themselves is printed decoded. */
function consumerFields(group: unknown): (name: string, field: unknown) => RawJson | undefined {
  const isConsumers = (group as { protocolType: string }).protocolType === "consumer";
  return (name, field) => {
    const message = isConsumers ? consumerMessages[name] : undefined;
    return message === undefined ? undefined : decodedField(message, field as Buffer);
  };
}

/** Undefined when the bytes are something else: they are printed as they are. */
function decodedField(message: Message<unknown>, bytes: Buffer): RawJson | undefined {
  try {
    const reader = new Reader(bytes);
    const version = reader.int16();
    if (!inRange(message.versions, version)) return undefined;
    return new RawJson(messageJson(message, version, codecOf(message, version).decode(reader)));
  } catch {
    return undefined;
  }
}
