import { type Uuid } from "../../../base/brand.ts";
import { xxh3 } from "../../../base/xxh3.ts";

/** The version of the way a topic is hashed. */
const hashVersion = 0;

/** What of a topic decides on assignments. */
export interface HashedTopic {
  readonly id: Uuid;
  readonly name: string;
  /** The racks of each partition's replicas. */
  readonly racks: readonly (readonly string[])[];
}

/** As Kafka 4.3 hashes a topic, to see later whether it has changed. */
export function topicHash({ id, name, racks }: HashedTopic): bigint {
  const uuid = Buffer.from(id, "base64url");
  const parts = [
    Buffer.from([hashVersion]),
    // Two numbers of 64 bits, which are hashed with their lowest byte first.
    uuid.subarray(0, 8).reverse(),
    uuid.subarray(8).reverse(),
    hashedText(name),
    int32(racks.length),
  ];
  for (const [partition, ofPartition] of racks.entries()) {
    parts.push(int32(partition));
    for (const rack of [...ofPartition].sort()) parts.push(int32(rack.length), hashedText(rack));
  }
  return xxh3(Buffer.concat(parts));
}

/** The hash of the topics that a group is subscribed to, from theirs; 0 when there are none. */
export function groupHash(hashByTopic: ReadonlyMap<string, bigint>): bigint {
  if (hashByTopic.size === 0) return 0n;
  const bytes = Buffer.alloc(8 * hashByTopic.size);
  const names = [...hashByTopic.keys()].sort();
  for (const [index, name] of names.entries()) bytes.writeBigInt64LE(hashByTopic.get(name)!, 8 * index);
  return xxh3(bytes);
}

function hashedText(text: string): Buffer {
  return Buffer.concat([Buffer.from(text, "utf16le"), int32(text.length)]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
