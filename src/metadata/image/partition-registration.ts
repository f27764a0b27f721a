import { type LeaderEpoch, type NodeId, type Uuid } from "../../base/brand.ts";

/** The leader of a partition that has none. */
export const noLeader: NodeId = -1;

/** After an unclean election the leader may miss records until it has said that it recovered. */
export const leaderRecoveryStates = { recovered: 0, recovering: 1 } as const;

/** What the cluster knows about one partition. All lists are in the order of the record that set them. */
export interface PartitionRegistration {
  readonly replicas: readonly NodeId[];
  /** The log directory of each replica, parallel to `replicas`; the reserved ids of `directory-id.ts` when unknown. */
  readonly directories: readonly Uuid[];
  readonly isr: readonly NodeId[];
  readonly removingReplicas: readonly NodeId[];
  readonly addingReplicas: readonly NodeId[];
  /** KIP-966: left the ISR below min.insync.replicas, still complete up to the high watermark. */
  readonly elr: readonly NodeId[];
  /** KIP-966: the leader when ISR and ELR became empty. */
  readonly lastKnownElr: readonly NodeId[];
  /** `noLeader` when there is none. */
  readonly leader: NodeId;
  readonly leaderRecoveryState: number;
  /** Grows with every new leader. */
  readonly leaderEpoch: LeaderEpoch;
  /** Grows with every change of this registration. */
  readonly partitionEpoch: number;
}
