import { type ApiName } from "../../../src/protocol/apis.ts";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";

/** What the requests are about: things that are there. */
export interface Scene {
  readonly topic: string;
  readonly topicId: string;
  readonly group: string;
  /** Different in each request, for what can be made once only. */
  readonly fresh: string;
}

type Body = (version: number, scene: Scene) => object;

const records = () =>
  buildBatch({ records: [{ key: Buffer.from("k"), value: Buffer.from("v"), timestamp: 1_790_000_000_000 }] });
const topicResource = { resourceType: 2 };

/**
 * A request of each API that the broker can carry out, with what the version has room for. The requests of members and of
 * commits are in `group-life.ts`, since they need each other.
 */
export const bodies: Partial<Record<ApiName, Body>> = {
  produce: (version, { topic, topicId }) => ({
    acks: -1,
    timeoutMs: 30_000,
    topicData: [
      { ...(version >= 13 ? { topicId } : { name: topic }), partitionData: [{ index: 0, records: records() }] },
    ],
  }),
  fetch: (version, { topic, topicId }) => ({
    maxWaitMs: 0,
    minBytes: 0,
    topics: [
      {
        ...(version >= 13 ? { topicId } : { topic }),
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }],
      },
    ],
  }),
  listOffsets: (version, { topic }) => ({
    replicaId: -1,
    topics: [0, 1].map((partitionIndex) => ({
      name: topic,
      partitions: [{ partitionIndex, timestamp: partitionIndex === 0 ? 0 : version >= 7 ? -3 : -1 }],
    })),
  }),
  metadata: (version, { topic }) => ({ topics: version === 0 ? [] : [{ name: topic }] }),
  apiVersions: (version) => (version >= 3 ? { clientSoftwareName: "test", clientSoftwareVersion: "1" } : {}),
  createTopics: (_, { fresh }) => ({
    topics: [
      { name: fresh, numPartitions: 1, replicationFactor: 1, configs: [{ name: "retention.ms", value: "1000" }] },
    ],
  }),
  deleteTopics: (version) => (version >= 6 ? { topics: [] } : { topicNames: [] }),
  deleteRecords: (_, { topic }) => ({
    timeoutMs: 30_000,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 0 }] }],
  }),
  initProducerId: () => ({ transactionalId: null, transactionTimeoutMs: 1_000 }),
  offsetForLeaderEpoch: (_, { topic }) => ({
    replicaId: -1,
    topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  }),
  describeConfigs: (_, { topic }) => ({
    resources: [
      { ...topicResource, resourceName: topic, configurationKeys: null },
      { resourceType: 4, resourceName: "1", configurationKeys: ["log.retention.ms"] },
    ],
    includeSynonyms: true,
  }),
  alterConfigs: (_, { topic }) => ({
    resources: [{ ...topicResource, resourceName: topic, configs: [{ name: "retention.ms", value: "3600000" }] }],
  }),
  incrementalAlterConfigs: (_, { topic }) => ({
    resources: [
      {
        ...topicResource,
        resourceName: topic,
        configs: [{ name: "retention.ms", configOperation: 0, value: "7200000" }],
      },
    ],
  }),
  describeLogDirs: () => ({ topics: null }),
  alterReplicaLogDirs: () => ({ dirs: [] }),
  createPartitions: (_, { topic }) => ({ topics: [{ name: topic, count: 3, assignments: null }], validateOnly: true }),
  findCoordinator: (version, { group }) => (version >= 4 ? { coordinatorKeys: [group] } : { key: group }),
  consumerGroupHeartbeat: (version, { topic, fresh }) => ({
    groupId: fresh,
    memberId: version === 0 ? "" : "a",
    rebalanceTimeoutMs: 60_000,
    subscribedTopicNames: [topic],
    ...(version === 0 ? {} : { subscribedTopicRegex: "every.*" }),
    topicPartitions: [],
  }),
  consumerGroupDescribe: () => ({ groupIds: [], includeAuthorizedOperations: true }),
  describeGroups: (_, { group }) => ({ groups: [group] }),
  listGroups: () => ({}),
  deleteGroups: () => ({ groupsNames: [] }),
  describeCluster: () => ({}),
  describeProducers: (_, { topic }) => ({ topics: [{ name: topic, partitionIndexes: [0] }] }),
  describeTopicPartitions: (_, { topic }) => ({ topics: [{ name: topic }] }),
  describeQuorum: () => ({ topics: [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }] }),
  listConfigResources: () => ({}),
  listPartitionReassignments: () => ({ topics: null }),
  alterPartitionReassignments: () => ({ topics: [] }),
  updateFeatures: () => ({ featureUpdates: [] }),
  describeAcls: () => ({ resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }),
  describeClientQuotas: () => ({ components: [] }),
  describeUserScramCredentials: () => ({ users: null }),
  listTransactions: () => ({}),
  electLeaders: (_, { topic }) => ({ topicPartitions: [{ topic, partitions: [0] }] }),
};
