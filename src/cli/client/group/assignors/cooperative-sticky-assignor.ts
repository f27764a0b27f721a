import { partitionName } from "../../topic-partition.ts";
import { type Assignor, type MemberSubscription } from "./assignor.ts";
import { stickyShares } from "./sticky-shares.ts";

const generationBytes = 4;
const noGeneration = -1;

/**
 * Kafka's cooperative sticky assignment: the sticky one, but what another member still reads is given to nobody yet. That
 * member lets go of it and joins again, and then it is free.
 */
export const cooperativeStickyAssignor: Assignor = {
  name: "cooperative-sticky",
  isCooperative: true,
  userData(last) {
    const bytes = Buffer.alloc(generationBytes);
    bytes.writeInt32BE(last?.generation ?? noGeneration);
    return bytes;
  },
  assign(members, counts) {
    const { shares, claims } = stickyShares(members, counts, (member) => ({
      generation: generationOf(member),
      partitions: member.owned,
    }));
    const readers = new Map(
      [...claims.kept].flatMap(([memberId, kept]) => kept.map((partition) => [partitionName(partition), memberId])),
    );
    for (const [memberId, share] of shares) {
      const isFree = (name: string) => !claims.disputed.has(name) && (readers.get(name) ?? memberId) === memberId;
      shares.set(
        memberId,
        share.filter((partition) => isFree(partitionName(partition))),
      );
    }
    return shares;
  },
};

function generationOf({ generation, userData }: MemberSubscription): number {
  if (generation >= 0 || userData === null || userData.length < generationBytes) return generation;
  return userData.readInt32BE(0);
}
