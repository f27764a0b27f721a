import { type TopicPartition } from "../../topic-partition.ts";
import { type LastAssignment, type MemberSubscription } from "./assignor.ts";
import { evenShares } from "./even-shares.ts";
import { type Claims, settleClaims } from "./sticky-claims.ts";
import { unevenShares } from "./uneven-shares.ts";

export interface StickyShares {
  readonly shares: Map<string, TopicPartition[]>;
  readonly claims: Claims;
}

/** What both sticky assignors share. @param lastOf what a member says to have been given last */
export function stickyShares(
  members: readonly MemberSubscription[],
  counts: ReadonlyMap<string, number>,
  lastOf: (member: MemberSubscription) => LastAssignment,
): StickyShares {
  const claims = settleClaims(
    members.map((member) => ({ member, last: lastOf(member) })),
    counts,
  );
  const subscriptions = new Set(members.map(({ topics }) => [...topics].sort().join()));
  const shares = subscriptions.size > 1 ? unevenShares(claims, counts, members) : evenShares(claims, counts);
  return { shares, claims };
}
