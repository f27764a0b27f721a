import { type NodeId, type Uuid } from "../base/brand.ts";
import { zeroUuid } from "../base/uuid.ts";
import { type VotersRecord } from "../protocol/control-records/voters.ts";
import { type Draft } from "../protocol/schema.ts";

export interface VoterEndpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** One voter of the quorum (KIP-853): a node with a certain disk. */
export interface Voter {
  readonly id: NodeId;
  /** `zeroUuid` when the quorum is a static one, in which voters are known by their id alone. */
  readonly directoryId: Uuid;
  readonly endpoints: readonly VoterEndpoint[];
  readonly minKRaftVersion: number;
  readonly maxKRaftVersion: number;
}

/** Ordered by id. */
export type VoterSet = readonly Voter[];

/** Who is meant by "this replica": the same node with a new disk is another replica. */
export interface ReplicaKey {
  readonly id: NodeId;
  readonly directoryId: Uuid;
}

/** Whether the set holds this very replica; a static voter is known by its id alone. */
export function isVoter(voters: VoterSet, replica: ReplicaKey): boolean {
  return voters.some(
    (voter) =>
      voter.id === replica.id &&
      (voter.directoryId === zeroUuid || replica.directoryId === zeroUuid || voter.directoryId === replica.directoryId),
  );
}

/** The same replica at the same place. */
export function isSameVoter(a: Voter, b: Voter): boolean {
  const places = (voter: Voter) =>
    voter.endpoints
      .map(({ name, host, port }) => `${name}://${host}:${port}`)
      .sort()
      .join();
  return (
    a.id === b.id &&
    a.directoryId === b.directoryId &&
    a.minKRaftVersion === b.minKRaftVersion &&
    a.maxKRaftVersion === b.maxKRaftVersion &&
    places(a) === places(b)
  );
}

export function isOnlyVoter(voters: VoterSet, replica: ReplicaKey): boolean {
  return voters.length === 1 && isVoter(voters, replica);
}

/** How many voters must agree. */
export function majorityOf(voters: VoterSet): number {
  return Math.floor(voters.length / 2) + 1;
}

export function votersToRecord(voters: VoterSet): Draft<VotersRecord["voters"]> {
  return voters.map((voter) => ({
    voterId: voter.id,
    voterDirectoryId: voter.directoryId,
    endpoints: voter.endpoints,
    kRaftVersionFeature: { minSupportedVersion: voter.minKRaftVersion, maxSupportedVersion: voter.maxKRaftVersion },
  }));
}

export function votersFromRecord(voters: VotersRecord["voters"]): VoterSet {
  return voters
    .map((voter) => ({
      id: voter.voterId,
      directoryId: voter.voterDirectoryId,
      endpoints: voter.endpoints,
      minKRaftVersion: voter.kRaftVersionFeature.minSupportedVersion,
      maxKRaftVersion: voter.kRaftVersionFeature.maxSupportedVersion,
    }))
    .sort((a, b) => a.id - b.id);
}
