import { assert, unreachable } from "../base/assert.ts";
import { type NodeId, type Offset } from "../base/brand.ts";
import { type ElectionState } from "./election-state.ts";
import { becomeCandidate } from "./roles/candidate.ts";
import { append, voterFlushed } from "./roles/leader.ts";
import { type RaftInput, type RaftState, type RaftStep, type Role } from "./state.ts";
import { isOnlyVoter, isVoter, type Voter, type VoterSet } from "./voter-set.ts";

export interface InitialRaftState {
  readonly local: Voter;
  readonly voters: VoterSet;
  readonly kraftVersion: number;
  readonly isBootstrap: boolean;
  readonly election: ElectionState;
  readonly endOffset: Offset;
  /** Epoch of the log's last record. */
  readonly lastEpoch: number;
}

/** The state of a replica that has read its log and its last vote. */
export function initialState(from: InitialRaftState): RaftState {
  // The log may know a later epoch than the file, never the other way round in what matters: no vote was given in it.
  const election =
    from.election.epoch < from.lastEpoch
      ? { epoch: from.lastEpoch, leaderId: -1 as NodeId, votedKey: undefined }
      : from.election;
  const role: Role = { kind: election.leaderId === from.local.id ? "resigned" : "unattached" };
  const { local, voters, kraftVersion, isBootstrap, endOffset } = from;
  return { local, voters, kraftVersion, isBootstrap, election, role, endOffset, highWatermark: -1 };
}

/** The state machine of one replica: no clock, no disk, no network; the driver performs the effects. */
export function step(state: RaftState, input: RaftInput, nowMs: number): RaftStep {
  switch (input.kind) {
    case "start":
      assert(isVoter(state.voters, state.local), `node ${state.local.id} is not a voter of the metadata quorum`);
      // With other voters the node would first wait for one of them to lead.
      assert(isOnlyVoter(state.voters, state.local), "metadata quorums of several voters are not supported yet");
      return becomeCandidate(state, nowMs);
    case "append":
      return append(state, input.values, nowMs);
    case "flushed":
      return voterFlushed(state, state.local.id, input.endOffset);
    case "resign":
      return resign(state);
    default:
      return unreachable(input);
  }
}

function resign(state: RaftState): RaftStep {
  if (state.role.kind !== "leader") return { state, effects: [] };
  return {
    state: { ...state, role: { kind: "resigned" } },
    effects: [{ kind: "leaderChange", leaderId: -1, epoch: state.election.epoch }],
  };
}
