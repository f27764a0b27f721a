import { type NodeId } from "../../base/brand.ts";
import { type ElectionState } from "../election-state.ts";
import { type RaftState, type RaftStep } from "../state.ts";
import { majorityOf } from "../voter-set.ts";
import { becomeLeader } from "./leader.ts";

/** Opens a new epoch and votes for itself; a quorum of one has elected it with that. */
export function becomeCandidate(state: RaftState, nowMs: number): RaftStep {
  const { id, directoryId } = state.local;
  const election: ElectionState = { epoch: state.election.epoch + 1, leaderId: -1, votedKey: { id, directoryId } };
  const candidate: RaftState = { ...state, election, role: { kind: "candidate", granted: [] } };
  const elected = voteGranted(candidate, id, nowMs);
  // Whoever is elected at once persists that it leads the epoch, which says all that the vote would have said.
  if (elected.state.role.kind === "leader") return elected;
  return { state: elected.state, effects: [{ kind: "persistElection", election }, ...elected.effects] };
}

/** A voter gave its vote for this epoch. */
function voteGranted(state: RaftState, voterId: NodeId, nowMs: number): RaftStep {
  if (state.role.kind !== "candidate") return { state, effects: [] };
  const granted = [...new Set([...state.role.granted, voterId])];
  const candidate: RaftState = { ...state, role: { kind: "candidate", granted } };
  if (granted.length < majorityOf(state.voters)) return { state: candidate, effects: [] };
  return becomeLeader(candidate, granted, nowMs);
}
