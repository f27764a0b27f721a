import { type LeaderEpoch, type NodeId } from "../base/brand.ts";
import { zeroUuid } from "../base/uuid.ts";
import { type QuorumStateData } from "../protocol/raft-records/quorum-state.ts";
import { type ReplicaKey } from "./voter-set.ts";

/** What a node must remember of elections so as never to vote twice in one epoch. */
export interface ElectionState {
  readonly epoch: LeaderEpoch;
  /** -1 when the epoch has no known leader. */
  readonly leaderId: NodeId;
  readonly votedKey: ReplicaKey | undefined;
}

export const noElection: ElectionState = { epoch: 0, leaderId: -1, votedKey: undefined };

/** The file's version: static quorums (kraft.version 0) write 0, dynamic ones 1. */
export type QuorumStateVersion = 0 | 1;

/**
 * The text of the `quorum-state` file: one line of JSON, fields in the schema's order, then `data_version`.
 *
 * ```
 * {"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}
 * ```
 */
export function formatQuorumState(
  state: ElectionState,
  version: QuorumStateVersion,
  voterIds: readonly NodeId[],
): string {
  const votedId = state.votedKey?.id ?? -1;
  const { leaderId, epoch: leaderEpoch } = state;
  if (version === 1) {
    const votedDirectoryId = state.votedKey?.directoryId ?? zeroUuid;
    return JSON.stringify({ leaderId, leaderEpoch, votedId, votedDirectoryId, data_version: 1 });
  }
  const currentVoters = voterIds.map((voterId) => ({ voterId }));
  return JSON.stringify({
    clusterId: "",
    leaderId,
    leaderEpoch,
    votedId,
    appliedOffset: 0,
    currentVoters,
    data_version: 0,
  });
}

/** @throws Error when the text is not a quorum state; a node that cannot read its vote must not take part */
export function parseQuorumState(text: string): ElectionState {
  const line = text.split("\n", 1)[0] ?? "";
  let data: Partial<Record<keyof QuorumStateData | "data_version", unknown>>;
  try {
    data = JSON.parse(line) as typeof data;
  } catch {
    throw new Error("the quorum-state file is not JSON");
  }
  if (data === null || typeof data !== "object") throw new Error("the quorum-state file holds no object");
  if (data.data_version !== 0 && data.data_version !== 1) {
    throw new Error(`the quorum-state file has data_version ${String(data.data_version)}; known are 0 and 1`);
  }
  const votedId = integer(data, "votedId");
  const directoryId = data.votedDirectoryId;
  return {
    epoch: integer(data, "leaderEpoch"),
    leaderId: integer(data, "leaderId"),
    votedKey:
      votedId === -1
        ? undefined
        : { id: votedId, directoryId: typeof directoryId === "string" ? directoryId : zeroUuid },
  };
}

function integer(data: Readonly<Record<string, unknown>>, name: string): number {
  const value = data[name];
  if (!Number.isSafeInteger(value)) throw new Error(`the quorum-state file has no number ${name}`);
  return value as number;
}
