import { type NodeId, type Offset } from "../base/brand.ts";

/** How far one replica is known to have the log. */
export interface ReplicaProgress {
  readonly id: NodeId;
  readonly endOffset: Offset;
}

/**
 * The offset below which every member of the ISR has the log; never lower than `current`. `maximalIsr` is the committed
 * ISR and those that are about to join it: leaving them out would acknowledge what a leader elected from them lacks.
 *
 * @param leaderWrittenOffset what the leader has handed to its operating system
 */
export function highWatermarkOf(
  current: Offset,
  leaderId: NodeId,
  leaderWrittenOffset: Offset,
  maximalIsr: readonly NodeId[],
  followers: readonly ReplicaProgress[],
): Offset {
  let lowest = leaderWrittenOffset;
  for (const id of maximalIsr) {
    if (id === leaderId) continue;
    lowest = Math.min(lowest, followers.find((follower) => follower.id === id)?.endOffset ?? current);
  }
  return Math.max(current, lowest);
}
