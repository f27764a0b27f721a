import { codecOf } from "../../../protocol/codec.ts";
import { consumerProtocolAssignment, consumerProtocolSubscription } from "../../../protocol/consumer-protocol.ts";
import { Reader } from "../../../protocol/reader.ts";
import { Writer } from "../../../protocol/writer.ts";
import { byTopic, type TopicPartition } from "../topic-partition.ts";
import { type MemberSubscription } from "./assignors/assignor.ts";

/** Of what classic members tell one another through the coordinator, which does not look into it. */
const { to: newest } = consumerProtocolSubscription.versions;

export interface OwnSubscription {
  readonly topics: readonly string[];
  readonly userData: Buffer | null;
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
  readonly rack: string | null;
}

export function encodeSubscription({ topics, userData, owned, generation, rack }: OwnSubscription): Buffer {
  const writer = new Writer();
  writer.int16(newest);
  codecOf(consumerProtocolSubscription, newest).encode(writer, {
    topics: [...topics].sort(),
    userData,
    ownedPartitions: grouped(owned),
    generationId: generation,
    rackId: rack,
  });
  return writer.toBuffer();
}

export function decodeSubscription(memberId: string, instanceId: string | null, bytes: Buffer): MemberSubscription {
  const reader = new Reader(bytes);
  const version = Math.min(reader.int16(), newest);
  const { topics, userData, ownedPartitions, generationId, rackId } = codecOf(
    consumerProtocolSubscription,
    version,
  ).decode(reader);
  return {
    memberId,
    instanceId,
    rack: rackId,
    topics,
    userData,
    owned: ungrouped(ownedPartitions),
    generation: generationId,
  };
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const writer = new Writer();
  writer.int16(0);
  codecOf(consumerProtocolAssignment, 0).encode(writer, { assignedPartitions: grouped(partitions) });
  return writer.toBuffer();
}

export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return [];
  const reader = new Reader(bytes);
  const version = Math.min(reader.int16(), consumerProtocolAssignment.versions.to);
  return ungrouped(codecOf(consumerProtocolAssignment, version).decode(reader).assignedPartitions);
}

function grouped(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  return [...byTopic(partitions)].map(([topic, its]) => ({ topic, partitions: its.map(({ partition }) => partition) }));
}

function ungrouped(topics: readonly { topic: string; partitions: readonly number[] }[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}
