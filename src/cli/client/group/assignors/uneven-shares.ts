import { partitionName, type TopicPartition } from "../../topic-partition.ts";
import { compare, type MemberSubscription } from "./assignor.ts";
import { type Claims } from "./sticky-claims.ts";

/**
 * Shares out partitions among members that subscribe to different topics, as evenly as their subscriptions allow: what is
 * owned stays, what is free goes to whoever has the fewest, and then partitions move as long as that evens things out.
 * Kafka's assignor gets to shares as even by another way, so single partitions may lie elsewhere.
 */
export function unevenShares(
  claims: Claims,
  counts: ReadonlyMap<string, number>,
  members: readonly MemberSubscription[],
): Map<string, TopicPartition[]> {
  const shares = new Map<string, TopicPartition[]>();
  const given = new Set<string>();
  for (const { memberId, topics } of members) {
    const own = (claims.kept.get(memberId) ?? []).filter(
      (partition) => topics.includes(partition.topic) && !claims.disputed.has(partitionName(partition)),
    );
    shares.set(memberId, own);
    for (const partition of own) given.add(partitionName(partition));
  }
  const sizeOf = (memberId: string): number => shares.get(memberId)?.length ?? 0;
  const readersOf = (topic: string): string[] =>
    members
      .filter(({ topics }) => topics.includes(topic))
      .map(({ memberId }) => memberId)
      .sort((one, other) => sizeOf(one) - sizeOf(other) || compare(one, other));
  // Those that few can read first: the others can still even out what they do.
  const topics = [...counts.keys()].sort(
    (one, other) => readersOf(one).length - readersOf(other).length || compare(one, other),
  );
  for (const topic of topics) {
    for (let partition = 0; partition < (counts.get(topic) ?? 0); partition++) {
      const [poorest] = readersOf(topic);
      if (poorest !== undefined && !given.has(partitionName({ topic, partition })))
        shares.get(poorest)?.push({ topic, partition });
    }
  }
  while (moveOne(shares, readersOf, sizeOf));
  return shares;
}

/** Moves a partition to a member that has two fewer; each move makes the sum of squares smaller, so they come to an end. */
function moveOne(
  shares: Map<string, TopicPartition[]>,
  readersOf: (topic: string) => string[],
  sizeOf: (memberId: string) => number,
): boolean {
  const richest = [...shares.keys()].sort((one, other) => sizeOf(other) - sizeOf(one) || compare(one, other));
  for (const memberId of richest) {
    const share = shares.get(memberId) ?? [];
    for (const partition of share) {
      const [poorest] = readersOf(partition.topic);
      if (poorest === undefined || sizeOf(poorest) + 1 >= share.length) continue;
      share.splice(share.indexOf(partition), 1);
      shares.get(poorest)?.push(partition);
      return true;
    }
  }
  return false;
}
