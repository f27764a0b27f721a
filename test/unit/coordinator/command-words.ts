import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { codecOf } from "../../../src/protocol/codec.ts";
import { consumerProtocolAssignment, consumerProtocolSubscription } from "../../../src/protocol/consumer-protocol.ts";
import { Writer } from "../../../src/protocol/writer.ts";

/** A consumer's subscription in the bytes that consumers send, or other bytes: "range(a,b)" or "connect:text". */
export function parseProtocol(text: string): { name: string; metadata: Buffer } {
  const match = /^([^(:]+)(?:\((.*)\)|:(.*))?$/.exec(text)!;
  const name = match[1]!;
  if (match[2] === undefined) return { name, metadata: Buffer.from(match[3] ?? "") };
  const writer = new Writer();
  writer.int16(1);
  codecOf(consumerProtocolSubscription, 1).encode(writer, {
    topics: match[2].split(",").filter((topic) => topic !== ""),
  });
  return { name, metadata: writer.toBuffer() };
}

/** What a leader gives in the bytes that consumers send, or other bytes: "t(0,1)" or "text". */
export function parseAssignment(text: string): Buffer {
  const match = /^([^(]+)\((.*)\)$/.exec(text);
  if (match === null) return Buffer.from(text);
  const writer = new Writer();
  writer.int16(1);
  const assignedPartitions = [{ topic: match[1]!, partitions: match[2]!.split(",").map(Number) }];
  codecOf(consumerProtocolAssignment, 1).encode(writer, { assignedPartitions });
  return writer.toBuffer();
}

/** "topic-0" or "topic-0:10" or "topic-0:10:metadata" or "topic-0:10:metadata:epoch". */
function parsePartition(text: string): {
  topic: string;
  partition: number;
  offset: number;
  metadata: string;
  epoch: number;
} {
  const [name = "", offset = "-1", metadata = "", epoch = "-1"] = text.split(":");
  const dash = name.lastIndexOf("-");
  const partition = Number(name.slice(dash + 1));
  return { topic: name.slice(0, dash), partition, offset: Number(offset), metadata, epoch: Number(epoch) };
}

export function committedTopics(words: readonly string[]): ApiRequest<"offsetCommit">["topics"] {
  const topics = new Map<string, ApiRequest<"offsetCommit">["topics"][number]>();
  for (const { topic, partition, offset, metadata, epoch } of words.map(parsePartition)) {
    const entry = topics.get(topic) ?? { name: topic, topicId: topicId(topic), partitions: [] };
    topics.set(topic, entry);
    entry.partitions.push({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: epoch,
      committedMetadata: metadata === "" ? null : metadata,
    });
  }
  return [...topics.values()];
}

export function topicsOf(words: readonly string[]): { name: string; partitions: { partitionIndex: number }[] }[] {
  const topics = new Map<string, { partitionIndex: number }[]>();
  for (const { topic, partition } of words.map(parsePartition)) {
    topics.set(topic, [...(topics.get(topic) ?? []), { partitionIndex: partition }]);
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}

/** Any id will do, as long as it is that of the topic. */
export function topicId(topic: string): string {
  return Buffer.from(topic.padEnd(16, "_").slice(0, 16)).toString("base64url");
}
