import { javaHashOrder, javaStringHash } from "../../../../base/java-hash.ts";
import { partitionName, type TopicPartition } from "../../topic-partition.ts";
import { type LastAssignment, type MemberSubscription } from "./assignor.ts";

/** A member, and what it says to have been given last. */
export interface Claimant {
  readonly member: MemberSubscription;
  readonly last: LastAssignment;
}

/** What members may keep. */
export interface Claims {
  /** By member, in the order in which they are gone through. */
  readonly kept: ReadonlyMap<string, readonly TopicPartition[]>;
  /** Partitions that two members of one generation claim: neither is to be believed. */
  readonly disputed: ReadonlySet<string>;
}

/**
 * Settles who owned what. Of two members that claim a partition the one of the later generation is right; members are
 * gone through as Kafka's hash map has them, since the result depends on the order.
 * @param counts topics that are not there any more cannot be kept
 */
export function settleClaims(claimants: readonly Claimant[], counts: ReadonlyMap<string, number>): Claims {
  const kept = new Map<string, TopicPartition[]>();
  const disputed = new Set<string>();
  const owners = new Map<string, MemberSubscription>();
  const take = (name: string, from: MemberSubscription): void => {
    const its = kept.get(from.memberId) ?? [];
    kept.set(
      from.memberId,
      its.filter((partition) => partitionName(partition) !== name),
    );
  };
  for (const { member, last } of javaHashOrder(claimants, ({ member: { memberId } }) => javaStringHash(memberId))) {
    kept.set(member.memberId, []);
    for (const partition of last.partitions) {
      if (!counts.has(partition.topic)) continue;
      const name = partitionName(partition);
      const other = owners.get(name);
      if (other !== undefined && last.generation < other.generation) continue;
      if (other !== undefined) take(name, other);
      owners.set(name, member);
      if (other !== undefined && last.generation === other.generation) disputed.add(name);
      else kept.get(member.memberId)?.push(partition);
    }
  }
  return { kept, disputed };
}
