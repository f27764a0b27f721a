import { type LeaderEpoch, type NodeId, type Offset } from "../base/brand.ts";
import { type ElectionState } from "./election-state.ts";
import { type Voter, type VoterSet } from "./voter-set.ts";

/**
 * The roles of a replica in an epoch.
 *
 * ```
 *                 ┌──────────── higher epoch seen ───────────┐
 *                 ▼                                          │
 * start ──▶ unattached ──▶ candidate ──▶ leader ──▶ resigned │
 *    └────▶ resigned ─────────▲  (votes of a majority)       │
 * ```
 * A node that was the leader when it stopped starts as resigned: it must not lead the same epoch again, since records that
 * it wrote there may be lost. Followers, observers and pre-votes come with quorums of several voters.
 */
export type Role =
  | { readonly kind: "unattached" }
  | { readonly kind: "resigned" }
  | { readonly kind: "candidate"; readonly granted: readonly NodeId[] }
  | {
      readonly kind: "leader";
      /** Offset of this epoch's first record: nothing is committed before it is. */
      readonly epochStartOffset: Offset;
      /** How far each voter has the log on disk. */
      readonly durableOffsets: ReadonlyMap<NodeId, Offset>;
    };

export interface RaftState {
  /** This replica, with the endpoints on which it listens now. */
  readonly local: Voter;
  readonly voters: VoterSet;
  /** 0: voters from the configuration; 1: from control records in the log (KIP-853). */
  readonly kraftVersion: number;
  /** The voters are known only from the snapshot that formatting left: the first leader copies them into the log. */
  readonly isBootstrap: boolean;
  readonly election: ElectionState;
  readonly role: Role;
  readonly endOffset: Offset;
  /** Everything below is committed: no later leader can take it back. -1 until this node knows. */
  readonly highWatermark: Offset;
}

export type RaftInput =
  /** The log is loaded; the election may begin. */
  | { readonly kind: "start" }
  /** The leader's client has records for the log: one atomic batch. */
  | { readonly kind: "append"; readonly values: readonly Buffer[] }
  /** The local log is on disk up to here. */
  | { readonly kind: "flushed"; readonly endOffset: Offset }
  /** The node stops and gives its leadership up. */
  | { readonly kind: "resign" };

/** What the driver has to do, in this order, each finished before the next begins. */
export type RaftEffect =
  /** Must be durable before anything that follows. */
  | { readonly kind: "persistElection"; readonly election: ElectionState }
  /** A new epoch begins at the end of the log. */
  | { readonly kind: "startEpoch"; readonly epoch: LeaderEpoch }
  | {
      readonly kind: "append";
      readonly batch: Buffer;
      /** Of the records in it; none when they are control records. */
      readonly values: readonly Buffer[];
      readonly baseOffset: Offset;
      readonly epoch: LeaderEpoch;
    }
  /** fsync, then report `flushed`. */
  | { readonly kind: "flush" }
  | { readonly kind: "commit"; readonly highWatermark: Offset }
  /** Whom this node takes for the leader; -1 for nobody. The new leader itself hears it after its first commit. */
  | { readonly kind: "leaderChange"; readonly leaderId: NodeId; readonly epoch: LeaderEpoch };

export interface RaftStep {
  readonly state: RaftState;
  readonly effects: readonly RaftEffect[];
}
