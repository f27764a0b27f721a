import { produceRequest, produceResponse } from "./messages/produce.ts";
import { fetchRequest, fetchResponse } from "./messages/fetch.ts";
import { listOffsetsRequest, listOffsetsResponse } from "./messages/list-offsets.ts";
import { metadataRequest, metadataResponse } from "./messages/metadata.ts";
import { offsetCommitRequest, offsetCommitResponse } from "./messages/offset-commit.ts";
import { offsetFetchRequest, offsetFetchResponse } from "./messages/offset-fetch.ts";
import { findCoordinatorRequest, findCoordinatorResponse } from "./messages/find-coordinator.ts";
import { joinGroupRequest, joinGroupResponse } from "./messages/join-group.ts";
import { heartbeatRequest, heartbeatResponse } from "./messages/heartbeat.ts";
import { leaveGroupRequest, leaveGroupResponse } from "./messages/leave-group.ts";
import { syncGroupRequest, syncGroupResponse } from "./messages/sync-group.ts";
import { describeGroupsRequest, describeGroupsResponse } from "./messages/describe-groups.ts";
import { listGroupsRequest, listGroupsResponse } from "./messages/list-groups.ts";
import { saslHandshakeRequest, saslHandshakeResponse } from "./messages/sasl-handshake.ts";
import { apiVersionsRequest, apiVersionsResponse } from "./messages/api-versions.ts";
import { createTopicsRequest, createTopicsResponse } from "./messages/create-topics.ts";
import { deleteTopicsRequest, deleteTopicsResponse } from "./messages/delete-topics.ts";
import { deleteRecordsRequest, deleteRecordsResponse } from "./messages/delete-records.ts";
import { initProducerIdRequest, initProducerIdResponse } from "./messages/init-producer-id.ts";
import { offsetForLeaderEpochRequest, offsetForLeaderEpochResponse } from "./messages/offset-for-leader-epoch.ts";
import { addPartitionsToTxnRequest, addPartitionsToTxnResponse } from "./messages/add-partitions-to-txn.ts";
import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from "./messages/add-offsets-to-txn.ts";
import { endTxnRequest, endTxnResponse } from "./messages/end-txn.ts";
import { writeTxnMarkersRequest, writeTxnMarkersResponse } from "./messages/write-txn-markers.ts";
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from "./messages/txn-offset-commit.ts";
import { describeAclsRequest, describeAclsResponse } from "./messages/describe-acls.ts";
import { createAclsRequest, createAclsResponse } from "./messages/create-acls.ts";
import { deleteAclsRequest, deleteAclsResponse } from "./messages/delete-acls.ts";
import { describeConfigsRequest, describeConfigsResponse } from "./messages/describe-configs.ts";
import { alterConfigsRequest, alterConfigsResponse } from "./messages/alter-configs.ts";
import { alterReplicaLogDirsRequest, alterReplicaLogDirsResponse } from "./messages/alter-replica-log-dirs.ts";
import { describeLogDirsRequest, describeLogDirsResponse } from "./messages/describe-log-dirs.ts";
import { saslAuthenticateRequest, saslAuthenticateResponse } from "./messages/sasl-authenticate.ts";
import { createPartitionsRequest, createPartitionsResponse } from "./messages/create-partitions.ts";
import { createDelegationTokenRequest, createDelegationTokenResponse } from "./messages/create-delegation-token.ts";
import { renewDelegationTokenRequest, renewDelegationTokenResponse } from "./messages/renew-delegation-token.ts";
import { expireDelegationTokenRequest, expireDelegationTokenResponse } from "./messages/expire-delegation-token.ts";
import {
  describeDelegationTokenRequest,
  describeDelegationTokenResponse,
} from "./messages/describe-delegation-token.ts";
import { deleteGroupsRequest, deleteGroupsResponse } from "./messages/delete-groups.ts";
import { electLeadersRequest, electLeadersResponse } from "./messages/elect-leaders.ts";
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from "./messages/incremental-alter-configs.ts";
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from "./messages/alter-partition-reassignments.ts";
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from "./messages/list-partition-reassignments.ts";
import { offsetDeleteRequest, offsetDeleteResponse } from "./messages/offset-delete.ts";
import { describeClientQuotasRequest, describeClientQuotasResponse } from "./messages/describe-client-quotas.ts";
import { alterClientQuotasRequest, alterClientQuotasResponse } from "./messages/alter-client-quotas.ts";
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
} from "./messages/describe-user-scram-credentials.ts";
import {
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from "./messages/alter-user-scram-credentials.ts";
import { voteRequest, voteResponse } from "./messages/vote.ts";
import { beginQuorumEpochRequest, beginQuorumEpochResponse } from "./messages/begin-quorum-epoch.ts";
import { endQuorumEpochRequest, endQuorumEpochResponse } from "./messages/end-quorum-epoch.ts";
import { describeQuorumRequest, describeQuorumResponse } from "./messages/describe-quorum.ts";
import { alterPartitionRequest, alterPartitionResponse } from "./messages/alter-partition.ts";
import { updateFeaturesRequest, updateFeaturesResponse } from "./messages/update-features.ts";
import { envelopeRequest, envelopeResponse } from "./messages/envelope.ts";
import { fetchSnapshotRequest, fetchSnapshotResponse } from "./messages/fetch-snapshot.ts";
import { describeClusterRequest, describeClusterResponse } from "./messages/describe-cluster.ts";
import { describeProducersRequest, describeProducersResponse } from "./messages/describe-producers.ts";
import { brokerRegistrationRequest, brokerRegistrationResponse } from "./messages/broker-registration.ts";
import { brokerHeartbeatRequest, brokerHeartbeatResponse } from "./messages/broker-heartbeat.ts";
import { unregisterBrokerRequest, unregisterBrokerResponse } from "./messages/unregister-broker.ts";
import { describeTransactionsRequest, describeTransactionsResponse } from "./messages/describe-transactions.ts";
import { listTransactionsRequest, listTransactionsResponse } from "./messages/list-transactions.ts";
import { allocateProducerIdsRequest, allocateProducerIdsResponse } from "./messages/allocate-producer-ids.ts";
import { consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse } from "./messages/consumer-group-heartbeat.ts";
import { consumerGroupDescribeRequest, consumerGroupDescribeResponse } from "./messages/consumer-group-describe.ts";
import { controllerRegistrationRequest, controllerRegistrationResponse } from "./messages/controller-registration.ts";
import {
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
} from "./messages/get-telemetry-subscriptions.ts";
import { pushTelemetryRequest, pushTelemetryResponse } from "./messages/push-telemetry.ts";
import { assignReplicasToDirsRequest, assignReplicasToDirsResponse } from "./messages/assign-replicas-to-dirs.ts";
import { listConfigResourcesRequest, listConfigResourcesResponse } from "./messages/list-config-resources.ts";
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from "./messages/describe-topic-partitions.ts";
import { shareGroupHeartbeatRequest, shareGroupHeartbeatResponse } from "./messages/share-group-heartbeat.ts";
import { shareGroupDescribeRequest, shareGroupDescribeResponse } from "./messages/share-group-describe.ts";
import { shareFetchRequest, shareFetchResponse } from "./messages/share-fetch.ts";
import { shareAcknowledgeRequest, shareAcknowledgeResponse } from "./messages/share-acknowledge.ts";
import { addRaftVoterRequest, addRaftVoterResponse } from "./messages/add-raft-voter.ts";
import { removeRaftVoterRequest, removeRaftVoterResponse } from "./messages/remove-raft-voter.ts";
import { updateRaftVoterRequest, updateRaftVoterResponse } from "./messages/update-raft-voter.ts";
import {
  initializeShareGroupStateRequest,
  initializeShareGroupStateResponse,
} from "./messages/initialize-share-group-state.ts";
import { readShareGroupStateRequest, readShareGroupStateResponse } from "./messages/read-share-group-state.ts";
import { writeShareGroupStateRequest, writeShareGroupStateResponse } from "./messages/write-share-group-state.ts";
import { deleteShareGroupStateRequest, deleteShareGroupStateResponse } from "./messages/delete-share-group-state.ts";
import {
  readShareGroupStateSummaryRequest,
  readShareGroupStateSummaryResponse,
} from "./messages/read-share-group-state-summary.ts";
import { streamsGroupHeartbeatRequest, streamsGroupHeartbeatResponse } from "./messages/streams-group-heartbeat.ts";
import { streamsGroupDescribeRequest, streamsGroupDescribeResponse } from "./messages/streams-group-describe.ts";
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
} from "./messages/describe-share-group-offsets.ts";
import { alterShareGroupOffsetsRequest, alterShareGroupOffsetsResponse } from "./messages/alter-share-group-offsets.ts";
import {
  deleteShareGroupOffsetsRequest,
  deleteShareGroupOffsetsResponse,
} from "./messages/delete-share-group-offsets.ts";
import { type Message } from "./schema.ts";

export type ListenerScope = "broker" | "controller";

/** One API of the protocol. Routing, ApiVersions, documentation and fuzzing derive from the table below. */
export interface Api<Request = unknown, Response = unknown> {
  readonly key: number;
  readonly name: string;
  /** The kinds of listener that serve it. */
  readonly scopes: readonly ListenerScope[];
  readonly request: Message<Request>;
  readonly response: Message<Response>;
}

function api<Request, Response>(
  key: number,
  name: string,
  scopes: readonly ListenerScope[],
  request: Message<Request>,
  response: Message<Response>,
): Api<Request, Response> {
  return { key, name, scopes, request, response };
}

export const apis = {
  produce: api(0, "Produce", ["broker"], produceRequest, produceResponse),
  fetch: api(1, "Fetch", ["broker", "controller"], fetchRequest, fetchResponse),
  listOffsets: api(2, "ListOffsets", ["broker"], listOffsetsRequest, listOffsetsResponse),
  metadata: api(3, "Metadata", ["broker"], metadataRequest, metadataResponse),
  offsetCommit: api(8, "OffsetCommit", ["broker"], offsetCommitRequest, offsetCommitResponse),
  offsetFetch: api(9, "OffsetFetch", ["broker"], offsetFetchRequest, offsetFetchResponse),
  findCoordinator: api(10, "FindCoordinator", ["broker"], findCoordinatorRequest, findCoordinatorResponse),
  joinGroup: api(11, "JoinGroup", ["broker"], joinGroupRequest, joinGroupResponse),
  heartbeat: api(12, "Heartbeat", ["broker"], heartbeatRequest, heartbeatResponse),
  leaveGroup: api(13, "LeaveGroup", ["broker"], leaveGroupRequest, leaveGroupResponse),
  syncGroup: api(14, "SyncGroup", ["broker"], syncGroupRequest, syncGroupResponse),
  describeGroups: api(15, "DescribeGroups", ["broker"], describeGroupsRequest, describeGroupsResponse),
  listGroups: api(16, "ListGroups", ["broker"], listGroupsRequest, listGroupsResponse),
  saslHandshake: api(17, "SaslHandshake", ["broker", "controller"], saslHandshakeRequest, saslHandshakeResponse),
  apiVersions: api(18, "ApiVersions", ["broker", "controller"], apiVersionsRequest, apiVersionsResponse),
  createTopics: api(19, "CreateTopics", ["broker", "controller"], createTopicsRequest, createTopicsResponse),
  deleteTopics: api(20, "DeleteTopics", ["broker", "controller"], deleteTopicsRequest, deleteTopicsResponse),
  deleteRecords: api(21, "DeleteRecords", ["broker"], deleteRecordsRequest, deleteRecordsResponse),
  initProducerId: api(22, "InitProducerId", ["broker"], initProducerIdRequest, initProducerIdResponse),
  offsetForLeaderEpoch: api(
    23,
    "OffsetForLeaderEpoch",
    ["broker"],
    offsetForLeaderEpochRequest,
    offsetForLeaderEpochResponse,
  ),
  addPartitionsToTxn: api(24, "AddPartitionsToTxn", ["broker"], addPartitionsToTxnRequest, addPartitionsToTxnResponse),
  addOffsetsToTxn: api(25, "AddOffsetsToTxn", ["broker"], addOffsetsToTxnRequest, addOffsetsToTxnResponse),
  endTxn: api(26, "EndTxn", ["broker"], endTxnRequest, endTxnResponse),
  writeTxnMarkers: api(27, "WriteTxnMarkers", ["broker"], writeTxnMarkersRequest, writeTxnMarkersResponse),
  txnOffsetCommit: api(28, "TxnOffsetCommit", ["broker"], txnOffsetCommitRequest, txnOffsetCommitResponse),
  describeAcls: api(29, "DescribeAcls", ["broker", "controller"], describeAclsRequest, describeAclsResponse),
  createAcls: api(30, "CreateAcls", ["broker", "controller"], createAclsRequest, createAclsResponse),
  deleteAcls: api(31, "DeleteAcls", ["broker", "controller"], deleteAclsRequest, deleteAclsResponse),
  describeConfigs: api(
    32,
    "DescribeConfigs",
    ["broker", "controller"],
    describeConfigsRequest,
    describeConfigsResponse,
  ),
  alterConfigs: api(33, "AlterConfigs", ["broker", "controller"], alterConfigsRequest, alterConfigsResponse),
  alterReplicaLogDirs: api(
    34,
    "AlterReplicaLogDirs",
    ["broker"],
    alterReplicaLogDirsRequest,
    alterReplicaLogDirsResponse,
  ),
  describeLogDirs: api(35, "DescribeLogDirs", ["broker"], describeLogDirsRequest, describeLogDirsResponse),
  saslAuthenticate: api(
    36,
    "SaslAuthenticate",
    ["broker", "controller"],
    saslAuthenticateRequest,
    saslAuthenticateResponse,
  ),
  createPartitions: api(
    37,
    "CreatePartitions",
    ["broker", "controller"],
    createPartitionsRequest,
    createPartitionsResponse,
  ),
  createDelegationToken: api(
    38,
    "CreateDelegationToken",
    ["broker", "controller"],
    createDelegationTokenRequest,
    createDelegationTokenResponse,
  ),
  renewDelegationToken: api(
    39,
    "RenewDelegationToken",
    ["broker", "controller"],
    renewDelegationTokenRequest,
    renewDelegationTokenResponse,
  ),
  expireDelegationToken: api(
    40,
    "ExpireDelegationToken",
    ["broker", "controller"],
    expireDelegationTokenRequest,
    expireDelegationTokenResponse,
  ),
  describeDelegationToken: api(
    41,
    "DescribeDelegationToken",
    ["broker", "controller"],
    describeDelegationTokenRequest,
    describeDelegationTokenResponse,
  ),
  deleteGroups: api(42, "DeleteGroups", ["broker"], deleteGroupsRequest, deleteGroupsResponse),
  electLeaders: api(43, "ElectLeaders", ["broker", "controller"], electLeadersRequest, electLeadersResponse),
  incrementalAlterConfigs: api(
    44,
    "IncrementalAlterConfigs",
    ["broker", "controller"],
    incrementalAlterConfigsRequest,
    incrementalAlterConfigsResponse,
  ),
  alterPartitionReassignments: api(
    45,
    "AlterPartitionReassignments",
    ["broker", "controller"],
    alterPartitionReassignmentsRequest,
    alterPartitionReassignmentsResponse,
  ),
  listPartitionReassignments: api(
    46,
    "ListPartitionReassignments",
    ["broker", "controller"],
    listPartitionReassignmentsRequest,
    listPartitionReassignmentsResponse,
  ),
  offsetDelete: api(47, "OffsetDelete", ["broker"], offsetDeleteRequest, offsetDeleteResponse),
  describeClientQuotas: api(
    48,
    "DescribeClientQuotas",
    ["broker"],
    describeClientQuotasRequest,
    describeClientQuotasResponse,
  ),
  alterClientQuotas: api(
    49,
    "AlterClientQuotas",
    ["broker", "controller"],
    alterClientQuotasRequest,
    alterClientQuotasResponse,
  ),
  describeUserScramCredentials: api(
    50,
    "DescribeUserScramCredentials",
    ["broker", "controller"],
    describeUserScramCredentialsRequest,
    describeUserScramCredentialsResponse,
  ),
  alterUserScramCredentials: api(
    51,
    "AlterUserScramCredentials",
    ["broker", "controller"],
    alterUserScramCredentialsRequest,
    alterUserScramCredentialsResponse,
  ),
  vote: api(52, "Vote", ["controller"], voteRequest, voteResponse),
  beginQuorumEpoch: api(53, "BeginQuorumEpoch", ["controller"], beginQuorumEpochRequest, beginQuorumEpochResponse),
  endQuorumEpoch: api(54, "EndQuorumEpoch", ["controller"], endQuorumEpochRequest, endQuorumEpochResponse),
  describeQuorum: api(55, "DescribeQuorum", ["broker", "controller"], describeQuorumRequest, describeQuorumResponse),
  alterPartition: api(56, "AlterPartition", ["controller"], alterPartitionRequest, alterPartitionResponse),
  updateFeatures: api(57, "UpdateFeatures", ["broker", "controller"], updateFeaturesRequest, updateFeaturesResponse),
  envelope: api(58, "Envelope", ["controller"], envelopeRequest, envelopeResponse),
  fetchSnapshot: api(59, "FetchSnapshot", ["controller"], fetchSnapshotRequest, fetchSnapshotResponse),
  describeCluster: api(
    60,
    "DescribeCluster",
    ["broker", "controller"],
    describeClusterRequest,
    describeClusterResponse,
  ),
  describeProducers: api(61, "DescribeProducers", ["broker"], describeProducersRequest, describeProducersResponse),
  brokerRegistration: api(
    62,
    "BrokerRegistration",
    ["controller"],
    brokerRegistrationRequest,
    brokerRegistrationResponse,
  ),
  brokerHeartbeat: api(63, "BrokerHeartbeat", ["controller"], brokerHeartbeatRequest, brokerHeartbeatResponse),
  unregisterBroker: api(
    64,
    "UnregisterBroker",
    ["broker", "controller"],
    unregisterBrokerRequest,
    unregisterBrokerResponse,
  ),
  describeTransactions: api(
    65,
    "DescribeTransactions",
    ["broker"],
    describeTransactionsRequest,
    describeTransactionsResponse,
  ),
  listTransactions: api(66, "ListTransactions", ["broker"], listTransactionsRequest, listTransactionsResponse),
  allocateProducerIds: api(
    67,
    "AllocateProducerIds",
    ["controller"],
    allocateProducerIdsRequest,
    allocateProducerIdsResponse,
  ),
  consumerGroupHeartbeat: api(
    68,
    "ConsumerGroupHeartbeat",
    ["broker"],
    consumerGroupHeartbeatRequest,
    consumerGroupHeartbeatResponse,
  ),
  consumerGroupDescribe: api(
    69,
    "ConsumerGroupDescribe",
    ["broker"],
    consumerGroupDescribeRequest,
    consumerGroupDescribeResponse,
  ),
  controllerRegistration: api(
    70,
    "ControllerRegistration",
    ["controller"],
    controllerRegistrationRequest,
    controllerRegistrationResponse,
  ),
  getTelemetrySubscriptions: api(
    71,
    "GetTelemetrySubscriptions",
    ["broker"],
    getTelemetrySubscriptionsRequest,
    getTelemetrySubscriptionsResponse,
  ),
  pushTelemetry: api(72, "PushTelemetry", ["broker"], pushTelemetryRequest, pushTelemetryResponse),
  assignReplicasToDirs: api(
    73,
    "AssignReplicasToDirs",
    ["controller"],
    assignReplicasToDirsRequest,
    assignReplicasToDirsResponse,
  ),
  listConfigResources: api(
    74,
    "ListConfigResources",
    ["broker"],
    listConfigResourcesRequest,
    listConfigResourcesResponse,
  ),
  describeTopicPartitions: api(
    75,
    "DescribeTopicPartitions",
    ["broker"],
    describeTopicPartitionsRequest,
    describeTopicPartitionsResponse,
  ),
  shareGroupHeartbeat: api(
    76,
    "ShareGroupHeartbeat",
    ["broker"],
    shareGroupHeartbeatRequest,
    shareGroupHeartbeatResponse,
  ),
  shareGroupDescribe: api(77, "ShareGroupDescribe", ["broker"], shareGroupDescribeRequest, shareGroupDescribeResponse),
  shareFetch: api(78, "ShareFetch", ["broker"], shareFetchRequest, shareFetchResponse),
  shareAcknowledge: api(79, "ShareAcknowledge", ["broker"], shareAcknowledgeRequest, shareAcknowledgeResponse),
  addRaftVoter: api(80, "AddRaftVoter", ["controller", "broker"], addRaftVoterRequest, addRaftVoterResponse),
  removeRaftVoter: api(
    81,
    "RemoveRaftVoter",
    ["controller", "broker"],
    removeRaftVoterRequest,
    removeRaftVoterResponse,
  ),
  updateRaftVoter: api(82, "UpdateRaftVoter", ["controller"], updateRaftVoterRequest, updateRaftVoterResponse),
  initializeShareGroupState: api(
    83,
    "InitializeShareGroupState",
    ["broker"],
    initializeShareGroupStateRequest,
    initializeShareGroupStateResponse,
  ),
  readShareGroupState: api(
    84,
    "ReadShareGroupState",
    ["broker"],
    readShareGroupStateRequest,
    readShareGroupStateResponse,
  ),
  writeShareGroupState: api(
    85,
    "WriteShareGroupState",
    ["broker"],
    writeShareGroupStateRequest,
    writeShareGroupStateResponse,
  ),
  deleteShareGroupState: api(
    86,
    "DeleteShareGroupState",
    ["broker"],
    deleteShareGroupStateRequest,
    deleteShareGroupStateResponse,
  ),
  readShareGroupStateSummary: api(
    87,
    "ReadShareGroupStateSummary",
    ["broker"],
    readShareGroupStateSummaryRequest,
    readShareGroupStateSummaryResponse,
  ),
  streamsGroupHeartbeat: api(
    88,
    "StreamsGroupHeartbeat",
    ["broker"],
    streamsGroupHeartbeatRequest,
    streamsGroupHeartbeatResponse,
  ),
  streamsGroupDescribe: api(
    89,
    "StreamsGroupDescribe",
    ["broker"],
    streamsGroupDescribeRequest,
    streamsGroupDescribeResponse,
  ),
  describeShareGroupOffsets: api(
    90,
    "DescribeShareGroupOffsets",
    ["broker"],
    describeShareGroupOffsetsRequest,
    describeShareGroupOffsetsResponse,
  ),
  alterShareGroupOffsets: api(
    91,
    "AlterShareGroupOffsets",
    ["broker"],
    alterShareGroupOffsetsRequest,
    alterShareGroupOffsetsResponse,
  ),
  deleteShareGroupOffsets: api(
    92,
    "DeleteShareGroupOffsets",
    ["broker"],
    deleteShareGroupOffsetsRequest,
    deleteShareGroupOffsetsResponse,
  ),
} as const;

export type ApiName = keyof typeof apis;
export type ApiRequest<N extends ApiName> = (typeof apis)[N] extends Api<infer Request, unknown> ? Request : never;
export type ApiResponse<N extends ApiName> = (typeof apis)[N] extends Api<unknown, infer Response> ? Response : never;

const byKey = new Map<number, Api>(Object.values(apis).map((row) => [row.key, row as Api]));

/** The row of an API key; undefined when Kafka 4.3 has no such API. */
export function apiByKey(key: number): Api | undefined {
  return byKey.get(key);
}
