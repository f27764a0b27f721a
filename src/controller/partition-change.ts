import { type NodeId, type Uuid } from "../base/brand.ts";
import { noLeaderChange } from "../metadata/delta/partition-change.ts";
import { partitionRecordVersion } from "../metadata/features/metadata-version.ts";
import {
  leaderRecoveryStates,
  noLeader,
  type PartitionRegistration,
} from "../metadata/image/partition-registration.ts";
import { type MetadataRecordData, type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { type Draft } from "../protocol/schema.ts";

export interface PartitionChange {
  readonly topicId: Uuid;
  readonly partitionId: number;
  readonly partition: PartitionRegistration;
  /** The ISR that is wanted. */
  readonly targetIsr: readonly NodeId[];
  /** The log directory of each replica, when that changes too. */
  readonly targetDirectories?: readonly Uuid[];
  readonly isAcceptableLeader: (id: NodeId) => boolean;
  /** Brokers that may have lost records when they stopped: they leave the ELR too. */
  readonly uncleanReplicas: readonly NodeId[];
  /** `unclean.leader.election.enable` */
  readonly allowsUnclean: boolean;
  /** `min.insync.replicas` */
  readonly minIsr: number;
  readonly hasElr: boolean;
  readonly metadataVersion: number;
}

type ChangeRecord = {
  -readonly [K in keyof Draft<MetadataRecordData<"partitionChange">>]: Draft<MetadataRecordData<"partitionChange">>[K];
};

/**
 * The record that brings a partition to a wanted ISR and to a leader, or undefined when nothing changes.
 *
 * With eligible leader replicas (KIP-966) an ISR below min.insync.replicas moves those that left into the ELR: they have
 * everything up to the high watermark, which stands still meanwhile. When ISR and ELR are both empty, the last leader is
 * remembered and may lead again, in the state "recovering", since it may miss records.
 */
export function partitionChange(change: PartitionChange): MetadataRecordDraft | undefined {
  const { topicId, partitionId, partition, hasElr, metadataVersion } = change;
  const record: ChangeRecord = { topicId, partitionId };
  const elr = hasElr ? targetElr(change) : [];
  const target = { isr: change.targetIsr, elr };
  elect(change, target, record);
  const isUnclean = record.isr !== undefined;
  const newElr = isUnclean ? [] : target.elr;
  if (!sameIds(newElr, partition.elr)) record.eligibleLeaderReplicas = newElr;
  // Without ELR the ISR never becomes empty: its last member stays, leaderless.
  if (!isUnclean && (target.isr.length > 0 || hasElr) && !sameIds(target.isr, partition.isr)) record.isr = target.isr;
  if (hasElr) rememberLastLeader(partition, record);
  const { targetDirectories } = change;
  if (targetDirectories !== undefined && !sameIds(targetDirectories, partition.directories)) {
    record.directories = [...targetDirectories];
  }
  if (Object.keys(record).length === 2) return undefined;
  return { type: "partitionChange", version: partitionRecordVersion(metadataVersion), data: record };
}

function targetElr(change: PartitionChange): readonly NodeId[] {
  const { partition, targetIsr, minIsr, uncleanReplicas } = change;
  if (targetIsr.length >= minIsr) return [];
  const candidates = new Set([...partition.elr, ...partition.isr]);
  return [...candidates].filter((id) => !targetIsr.includes(id) && !uncleanReplicas.includes(id)).sort((a, b) => a - b);
}

/** Chooses the leader and says so in the record; an ELR member that leads makes up the ISR. */
function elect(
  change: PartitionChange,
  target: { isr: readonly NodeId[]; elr: readonly NodeId[] },
  record: ChangeRecord,
): void {
  const { partition } = change;
  const { leader, isUnclean } = electLeader(change, target.isr, target.elr);
  if (leader === partition.leader) return;
  if (target.elr.includes(leader)) {
    target.isr = [leader];
    target.elr = target.elr.filter((id) => id !== leader);
  }
  record.leader = leader;
  if (!isUnclean) return;
  record.isr = [leader];
  if (partition.leaderRecoveryState !== leaderRecoveryStates.recovering) {
    record.leaderRecoveryState = leaderRecoveryStates.recovering;
  }
}

function electLeader(
  change: PartitionChange,
  isr: readonly NodeId[],
  elr: readonly NodeId[],
): { leader: NodeId; isUnclean: boolean } {
  const { partition, isAcceptableLeader } = change;
  const mayLead = (id: NodeId) =>
    (isr.includes(id) || (isr.length === 0 && elr.includes(id))) && isAcceptableLeader(id);
  if (mayLead(partition.leader)) return { leader: partition.leader, isUnclean: false };
  const clean = partition.replicas.find(mayLead);
  if (clean !== undefined) return { leader: clean, isUnclean: false };
  const lastLeader = partition.lastKnownElr.length === 1 ? partition.lastKnownElr[0] : undefined;
  if (
    change.hasElr &&
    isr.length === 0 &&
    elr.length === 0 &&
    lastLeader !== undefined &&
    isAcceptableLeader(lastLeader)
  ) {
    return { leader: lastLeader, isUnclean: true };
  }
  const unclean = change.allowsUnclean ? partition.replicas.find(isAcceptableLeader) : undefined;
  return { leader: unclean ?? noLeader, isUnclean: unclean !== undefined };
}

function rememberLastLeader(partition: PartitionRegistration, record: ChangeRecord): void {
  const leader = record.leader ?? noLeaderChange;
  if (leader === noLeader && partition.lastKnownElr.length === 0) record.lastKnownElr = [partition.leader];
  else if (leader >= 0 && partition.lastKnownElr.length > 0) record.lastKnownElr = [];
}

function sameIds<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
