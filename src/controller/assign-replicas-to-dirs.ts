import { type Uuid } from "../base/brand.ts";
import { metadataVersionWith } from "../metadata/features/metadata-version.ts";
import { type BrokerRegistration } from "../metadata/image/cluster-image.ts";
import { type PartitionRegistration } from "../metadata/image/partition-registration.ts";
import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";
import { ApiError } from "./api-error.ts";
import { brokerEpochProblem, hasOnlineDirectory } from "./brokers.ts";
import { type ControllerView, hasEligibleLeaderReplicas, metadataVersionOf } from "./controller-view.ts";
import { isAcceptableLeader, leadershipRecords, topicSettings } from "./leadership.ts";
import { partitionChange } from "./partition-change.ts";
import { type Deciding } from "./result.ts";

type Request = ApiRequest<"assignReplicasToDirs">;
type Response = Draft<ApiResponse<"assignReplicasToDirs">>;

/**
 * A broker says in which of its log directories replicas are (KIP-858); each partition succeeds or fails by itself. One that
 * lands in a directory which the registration does not have any more loses its leadership here.
 */
export function* assignReplicasToDirs(view: ControllerView, request: Request): Deciding<Response | ApiError> {
  const { image } = view;
  if (metadataVersionOf(image) < metadataVersionWith.directoryAssignment) {
    const message = "Directory assignment is not supported yet.";
    return { records: [], response: new ApiError(Errors.UNSUPPORTED_VERSION, message) };
  }
  const problem = brokerEpochProblem(image.cluster, request.brokerId, request.brokerEpoch);
  if (problem !== undefined) return { records: [], response: problem };
  const broker = image.cluster.brokers.get(request.brokerId) as BrokerRegistration;
  const records: MetadataRecordDraft[] = [];
  const offline = new Set<PartitionRegistration>();
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => {
        const assigned = assign(view, broker, id, topicId, partitionIndex);
        if (typeof assigned === "number") return { partitionIndex, errorCode: assigned };
        if (assigned.record !== undefined) records.push(assigned.record);
        if (!hasOnlineDirectory(broker, id)) offline.add(assigned.partition);
        return { partitionIndex, errorCode: Errors.NONE };
      }),
    })),
  }));
  if (offline.size > 0) {
    records.push(...(yield* leadershipRecords(view, { remove: broker.id }, (partition) => offline.has(partition))));
  }
  return { records, response: { errorCode: Errors.NONE, directories } };
}

interface Assigned {
  readonly partition: PartitionRegistration;
  /** Undefined when nothing changes. */
  readonly record: MetadataRecordDraft | undefined;
}

function assign(
  view: ControllerView,
  broker: BrokerRegistration,
  directory: Uuid,
  topicId: Uuid,
  partitionId: number,
): Assigned | ErrorCode {
  const { image } = view;
  const topic = image.topics.byId.get(topicId);
  if (topic === undefined) return Errors.UNKNOWN_TOPIC_ID;
  const partition = topic.partitions[partitionId];
  if (partition === undefined) return Errors.UNKNOWN_TOPIC_OR_PARTITION;
  if (!partition.replicas.includes(broker.id)) return Errors.NOT_LEADER_OR_FOLLOWER;
  const record = partitionChange({
    topicId,
    partitionId,
    partition,
    targetIsr: partition.isr,
    targetDirectories: partition.replicas.map((id, index) =>
      id === broker.id ? directory : (partition.directories[index] ?? directory),
    ),
    isAcceptableLeader: (id) => isAcceptableLeader(view, partition, id),
    uncleanReplicas: [],
    hasElr: hasEligibleLeaderReplicas(image),
    metadataVersion: metadataVersionOf(image),
    ...topicSettings(view, topic.name),
  });
  return { partition, record };
}
