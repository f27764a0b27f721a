import { type NodeId, type ProducerId } from "../base/brand.ts";
import { type LeaderAndEpoch } from "../metadata/publisher.ts";
import { type ApiRequest, type ApiResponse } from "../protocol/apis.ts";
import { type ErrorCode } from "../protocol/errors.ts";
import { type Draft } from "../protocol/schema.ts";

/** Who asks, and what they may see. */
export interface ControllerRequestContext {
  /** "User:ANONYMOUS" without authentication. */
  readonly principal: string;
  /** Whether the caller may create topics of this name; without an authorizer always. */
  readonly mayCreateTopic?: (name: string) => boolean;
  /** Whether the answer to CreateTopics may show the topic's configuration; without an authorizer always. */
  readonly mayDescribeConfigs?: (name: string) => boolean;
  /** Whether the answer may admit that the topic exists; without an authorizer always. */
  readonly mayDescribeTopic?: (name: string) => boolean;
  /** Whether the caller may delete the topic, or change its partitions; without an authorizer always. */
  readonly mayDeleteTopic?: (name: string) => boolean;
}

export interface ProducerIdBlock {
  readonly errorCode: ErrorCode;
  /** First id of the block, and how many follow. */
  readonly firstProducerId: ProducerId;
  readonly count: number;
}

/**
 * The changes of the cluster's metadata. A promise resolves when the records are committed and the local image that holds
 * them has been published, so a request that follows sees them; a failure is an error code in the answer, as Kafka gives it.
 * While this node is not the active controller every answer carries NOT_CONTROLLER.
 */
export interface Controller {
  /** The quorum's leader as this node knows it. */
  readonly leader: LeaderAndEpoch;
  readonly isActive: boolean;

  registerBroker(request: ApiRequest<"brokerRegistration">): Promise<Draft<ApiResponse<"brokerRegistration">>>;
  brokerHeartbeat(request: ApiRequest<"brokerHeartbeat">): Promise<Draft<ApiResponse<"brokerHeartbeat">>>;
  registerController(
    request: ApiRequest<"controllerRegistration">,
  ): Promise<Draft<ApiResponse<"controllerRegistration">>>;
  assignReplicasToDirs(
    request: ApiRequest<"assignReplicasToDirs">,
  ): Promise<Draft<ApiResponse<"assignReplicasToDirs">>>;

  createTopics(
    request: ApiRequest<"createTopics">,
    context: ControllerRequestContext,
  ): Promise<Draft<ApiResponse<"createTopics">>>;
  deleteTopics(
    request: ApiRequest<"deleteTopics">,
    context: ControllerRequestContext,
  ): Promise<Draft<ApiResponse<"deleteTopics">>>;
  createPartitions(
    request: ApiRequest<"createPartitions">,
    context: ControllerRequestContext,
  ): Promise<Draft<ApiResponse<"createPartitions">>>;

  alterPartitionReassignments(
    request: ApiRequest<"alterPartitionReassignments">,
  ): Promise<Draft<ApiResponse<"alterPartitionReassignments">>>;
  listPartitionReassignments(
    request: ApiRequest<"listPartitionReassignments">,
  ): Promise<Draft<ApiResponse<"listPartitionReassignments">>>;

  /** The legacy form: what is given replaces all overrides of the resource. */
  alterConfigs(request: ApiRequest<"alterConfigs">): Promise<Draft<ApiResponse<"alterConfigs">>>;
  incrementalAlterConfigs(
    request: ApiRequest<"incrementalAlterConfigs">,
  ): Promise<Draft<ApiResponse<"incrementalAlterConfigs">>>;

  updateFeatures(request: ApiRequest<"updateFeatures">): Promise<Draft<ApiResponse<"updateFeatures">>>;

  /** A fresh block of producer ids for the broker; its epoch is its registration's. */
  allocateProducerIds(brokerId: NodeId, brokerEpoch: number): Promise<ProducerIdBlock>;
}
