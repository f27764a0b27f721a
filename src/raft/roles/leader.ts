import { type NodeId, type Offset } from "../../base/brand.ts";
import { assert } from "../../base/assert.ts";
import { buildBatch } from "../../protocol/records/batch-builder.ts";
import { type ElectionState } from "../election-state.ts";
import { epochStartBatch } from "../epoch-start-batch.ts";
import { type RaftEffect, type RaftState, type RaftStep, type Role } from "../state.ts";
import { majorityOf } from "../voter-set.ts";

type Leader = Extract<Role, { kind: "leader" }>;

/** Records of earlier epochs are committed only together with one of this epoch, so the leader writes one at once. */
export function becomeLeader(state: RaftState, granted: readonly NodeId[], nowMs: number): RaftStep {
  const election: ElectionState = { epoch: state.election.epoch, leaderId: state.local.id, votedKey: undefined };
  const role: Leader = { kind: "leader", epochStartOffset: state.endOffset, durableOffsets: new Map() };
  const { batch, recordCount, voters } = epochStartBatch(state, granted, nowMs);
  const leader: RaftState = { ...state, election, role, voters, isBootstrap: false };
  const first = appended(leader, batch, recordCount, []);
  return {
    state: first.state,
    effects: [{ kind: "persistElection", election }, { kind: "startEpoch", epoch: election.epoch }, ...first.effects],
  };
}

/** Appends the values as one batch, which is committed as a whole or not at all. */
export function append(state: RaftState, values: readonly Buffer[], nowMs: number): RaftStep {
  assert(state.role.kind === "leader", "only the leader appends");
  assert(values.length > 0, "an empty batch cannot be appended");
  const batch = buildBatch({
    records: values.map((value) => ({ key: null, value, timestamp: nowMs })),
    baseOffset: state.endOffset,
    leaderEpoch: state.election.epoch,
  });
  return appended(state, batch, values.length, values);
}

function appended(state: RaftState, batch: Buffer, recordCount: number, values: readonly Buffer[]): RaftStep {
  const baseOffset = state.endOffset;
  return {
    state: { ...state, endOffset: baseOffset + recordCount },
    effects: [{ kind: "append", batch, values, baseOffset, epoch: state.election.epoch }, { kind: "flush" }],
  };
}

/** A voter has the log on disk up to `endOffset`; what a majority has, beyond the start of this epoch, is committed. */
export function voterFlushed(state: RaftState, voterId: NodeId, endOffset: Offset): RaftStep {
  if (state.role.kind !== "leader") return { state, effects: [] };
  const durableOffsets = new Map(state.role.durableOffsets).set(voterId, endOffset);
  const role: Leader = { ...state.role, durableOffsets };
  const agreed = majorityOffset({ ...state, role });
  if (agreed <= role.epochStartOffset || agreed <= state.highWatermark) {
    return { state: { ...state, role }, effects: [] };
  }
  const effects: RaftEffect[] = [{ kind: "commit", highWatermark: agreed }];
  if (state.highWatermark <= role.epochStartOffset) {
    effects.push({ kind: "leaderChange", leaderId: state.local.id, epoch: state.election.epoch });
  }
  return { state: { ...state, role, highWatermark: agreed }, effects };
}

/** The highest offset that a majority of the voters has; -1 when no majority has reported. */
function majorityOffset(state: RaftState & { readonly role: Leader }): Offset {
  const offsets = state.voters.map((voter) => state.role.durableOffsets.get(voter.id) ?? -1).sort((a, b) => b - a);
  return offsets[majorityOf(state.voters) - 1] ?? -1;
}
