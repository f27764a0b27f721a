import { type TimestampMs } from "../../base/brand.ts";
import { metadataTopicName } from "../../metadata/directory-id.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type RaftState } from "../../raft/state.ts";
import { type Handler } from "../handler.ts";

export interface DescribeQuorumDeps {
  readonly raft: { readonly state: RaftState };
  readonly wallMs: () => TimestampMs;
}

type Request = ApiRequest<"describeQuorum">;
type Response = Draft<ApiResponse<"describeQuorum">>;

const unknownPartition = "This server does not host this topic-partition.";
const notLeader =
  "For requests intended only for the leader, this error indicates that the broker is not the current leader. For requests intended for any replica, this error indicates that the broker is not a replica of the topic partition.";

/**
 * The state of the metadata quorum as its leader sees it: how far each voter has the log (KIP-595, KIP-836).
 *
 * - v1: when a voter last fetched and was last caught up; the leader always is, now.
 * - v2: directory ids, and where the voters listen (KIP-853).
 * - Only `__cluster_metadata` has a quorum: UNKNOWN_TOPIC_OR_PARTITION for anything else.
 */
export function describeQuorumHandler({ raft, wallMs }: DescribeQuorumDeps): Handler<"describeQuorum"> {
  return {
    api: "describeQuorum",
    handle(request, { apiVersion }) {
      if (!asksForMetadata(request)) return failed(request, Errors.UNKNOWN_TOPIC_OR_PARTITION, unknownPartition);
      const { role, local, voters, election, highWatermark } = raft.state;
      if (role.kind !== "leader") return failed(request, Errors.NOT_LEADER_OR_FOLLOWER, notLeader);
      const nowMs = wallMs();
      const currentVoters = voters.map(({ id, directoryId }) => {
        const seenMs = id === local.id ? nowMs : -1;
        return {
          replicaId: id,
          ...(apiVersion >= 2 ? { replicaDirectoryId: directoryId } : {}),
          logEndOffset: id === local.id ? raft.state.endOffset : (role.durableOffsets.get(id) ?? -1),
          lastFetchTimestamp: seenMs,
          lastCaughtUpTimestamp: seenMs,
        };
      });
      const partition = { leaderId: local.id, leaderEpoch: election.epoch, highWatermark, currentVoters };
      const topics = [{ topicName: metadataTopicName, partitions: [partition] }];
      if (apiVersion < 2) return { topics };
      const nodes = voters.map(({ id, endpoints }) => ({ nodeId: id, listeners: endpoints }));
      return { topics, nodes };
    },
  };
}

function asksForMetadata({ topics }: Request): boolean {
  const [topic] = topics;
  const [partition] = topic?.partitions ?? [];
  if (topics.length !== 1 || topic?.partitions.length !== 1) return false;
  return topic.topicName === metadataTopicName && partition?.partitionIndex === 0;
}

function failed({ topics }: Request, errorCode: ErrorCode, errorMessage: string): Response {
  return {
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, errorMessage })),
    })),
  };
}
