import { type NodeId } from "../base/brand.ts";
import { buildBatch } from "../protocol/records/batch-builder.ts";
import { controlRecord, ControlType, type ControlRecordDraft } from "../protocol/records/control-records.ts";
import { type RaftState } from "./state.ts";
import { isSameVoter, type VoterSet, votersToRecord } from "./voter-set.ts";

export interface EpochStart {
  readonly batch: Buffer;
  readonly recordCount: number;
  /** In force from this batch on. */
  readonly voters: VoterSet;
}

/**
 * The control batch with which a leader opens its epoch. In a dynamic quorum it also brings the voters when the log does
 * not have them yet, or when the leader listens somewhere else than they say.
 */
export function epochStartBatch(state: RaftState, granted: readonly NodeId[], nowMs: number): EpochStart {
  const controls: ControlRecordDraft[] = [
    {
      type: ControlType.LEADER_CHANGE,
      message: {
        leaderId: state.local.id,
        voters: state.voters.map(({ id }) => ({ voterId: id })),
        grantingVoters: granted.map((voterId) => ({ voterId })),
      },
    },
  ];
  let voters = state.voters;
  const known = voters.find(({ id }) => id === state.local.id);
  if (state.kraftVersion > 0 && (state.isBootstrap || known === undefined || !isSameVoter(known, state.local))) {
    voters = voters.map((voter) => (voter.id === state.local.id ? state.local : voter));
    controls.push(
      { type: ControlType.KRAFT_VERSION, message: { kRaftVersion: state.kraftVersion } },
      { type: ControlType.KRAFT_VOTERS, message: { voters: votersToRecord(voters) } },
    );
  }
  const batch = buildBatch({
    records: controls.map((control) => ({ ...controlRecord(control), timestamp: nowMs })),
    baseOffset: state.endOffset,
    leaderEpoch: state.election.epoch,
    isControl: true,
  });
  return { batch, recordCount: controls.length, voters };
}
