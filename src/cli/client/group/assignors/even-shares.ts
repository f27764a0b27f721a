import { partitionName, type TopicPartition } from "../../topic-partition.ts";
import { compare } from "./assignor.ts";
import { type Claims } from "./sticky-claims.ts";

/**
 * Shares out all partitions among members that subscribe to the same topics: each gets the average, rounded down or up,
 * and keeps of its own what fits; the others go round those that have too few.
 */
export function evenShares(claims: Claims, counts: ReadonlyMap<string, number>): Map<string, TopicPartition[]> {
  const all = [...counts.keys()]
    .sort(compare)
    .flatMap((topic) => Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })));
  const memberCount = claims.kept.size;
  const least = Math.floor(all.length / memberCount);
  const most = Math.ceil(all.length / memberCount);
  /** Members that may still get one more than the least. */
  let extras = all.length % memberCount;
  const shares = new Map<string, TopicPartition[]>();
  const poor: string[] = [];
  let even: string[] = [];
  for (const [memberId, claimed] of claims.kept) {
    const own = claimed.filter((partition) => !claims.disputed.has(partitionName(partition)));
    own.sort((one, other) => one.partition - other.partition || compare(one.topic, other.topic));
    if (own.length < least) {
      poor.push(memberId);
      shares.set(memberId, own);
    } else if (own.length >= most && extras > 0) {
      shares.set(memberId, own.slice(0, most));
      if (--extras === 0) even = [];
    } else {
      shares.set(memberId, own.slice(0, least));
      if (extras > 0) even.push(memberId);
    }
  }
  const given = new Set([...shares.values()].flat().map(partitionName));
  const free = all.filter((partition) => !given.has(partitionName(partition)));
  giveRound(free, shares, poor.sort(compare), even.sort(compare), least);
  return shares;
}

/** First everybody gets the least that is due to it, in turns; then those that have no more than that one each. */
function giveRound(
  free: readonly TopicPartition[],
  shares: ReadonlyMap<string, TopicPartition[]>,
  poor: string[],
  even: string[],
  least: number,
): void {
  let turn = 0;
  for (const partition of free) {
    if (turn >= poor.length) turn = 0;
    const memberId = poor[turn] ?? even.shift() ?? "";
    const share = shares.get(memberId);
    share?.push(partition);
    if (poor.length === 0) continue;
    if (share?.length === least) {
      poor.splice(turn, 1);
      even.push(memberId);
    } else turn++;
  }
}
