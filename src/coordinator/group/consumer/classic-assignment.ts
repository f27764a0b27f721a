import { type Uuid } from "../../../base/brand.ts";
import { codecOf } from "../../../protocol/codec.ts";
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  type ConsumerProtocolSubscription,
} from "../../../protocol/consumer-protocol.ts";
import { DecodeError, Reader } from "../../../protocol/reader.ts";
import { Writer } from "../../../protocol/writer.ts";
import { type Partitions } from "../assignor/partition-assignor.ts";
import { type GroupMetadata } from "./group-metadata.ts";
import { type ReportedPartitions } from "./reconcile.ts";

/* What consumers of the classic protocol tell each other, seen from the consumer protocol. */

const versionMax = consumerProtocolSubscription.versions.to;

/** The subscription that a consumer sends when it joins; undefined when the bytes are none. */
export function classicSubscription(metadata: Buffer): ConsumerProtocolSubscription | undefined {
  try {
    const reader = new Reader(metadata);
    const version = reader.int16();
    if (version < 0) return undefined;
    return codecOf(consumerProtocolSubscription, Math.min(version, versionMax)).decode(reader);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** An assignment in the bytes that a consumer takes, in the version of its subscription. */
export function classicAssignment(partitions: Partitions, subscription: Buffer, metadata: GroupMetadata): Buffer {
  const version = versionOf(subscription);
  const assignedPartitions = [];
  for (const [topicId, ofTopic] of partitions) {
    const topic = metadata.topicName(topicId);
    if (topic !== undefined) assignedPartitions.push({ topic, partitions: ofTopic });
  }
  const writer = new Writer();
  writer.int16(version);
  codecOf(consumerProtocolAssignment, version).encode(writer, { assignedPartitions });
  return writer.toBuffer();
}

/** What cannot be read may be chosen, too, when the group goes over to the classic protocol: the oldest version will do. */
function versionOf(subscription: Buffer): number {
  return subscription.length < 2 ? 0 : Math.min(Math.max(new Reader(subscription).int16(), 0), versionMax);
}

export interface AssignmentRead {
  readonly partitions: Partitions;
  /** A leader with an assignor of its own has left something for the next time. */
  readonly hasUserData: boolean;
}

/** The other way round; undefined when the bytes are no assignment. Topics that are gone do not count, nor partitions made up. */
export function assignmentRead(assignment: Buffer, metadata: GroupMetadata): AssignmentRead | undefined {
  if (assignment.length === 0) return { partitions: new Map(), hasUserData: false };
  try {
    const reader = new Reader(assignment);
    const version = reader.int16();
    if (version < 0) return undefined;
    const read = codecOf(consumerProtocolAssignment, Math.min(version, versionMax)).decode(reader);
    const partitions = new Map<Uuid, readonly number[]>();
    for (const { topic, partitions: ofTopic } of read.assignedPartitions) {
      const topicId = metadata.topicId(topic);
      const count = topicId === undefined ? 0 : (metadata.partitionCount(topicId) ?? 0);
      const exists = (partition: number) => partition >= 0 && partition < count;
      if (topicId !== undefined) partitions.set(topicId, [...new Set(ofTopic.filter(exists))]);
    }
    return { partitions, hasUserData: (read.userData?.length ?? 0) > 0 };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** What a classic member says it owns. */
export function ownedBy(subscription: ConsumerProtocolSubscription, metadata: GroupMetadata): ReportedPartitions {
  const owned = [];
  for (const { topic, partitions } of subscription.ownedPartitions) {
    const topicId = metadata.topicId(topic);
    if (topicId !== undefined) owned.push({ topicId, partitions });
  }
  return owned;
}
