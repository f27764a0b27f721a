import {
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  message,
  nested,
  string,
  struct,
  uint16,
  type Infer,
} from "../schema.ts";

const streamsGroupHeartbeatRequestKeyValue = struct("KeyValue", {
  key: string("0+"),
  value: string("0+"),
});

const streamsGroupHeartbeatRequestTopicInfo = struct("TopicInfo", {
  name: string("0+"),
  partitions: int32("0+"),
  replicationFactor: int16("0+"),
  topicConfigs: array("0+", streamsGroupHeartbeatRequestKeyValue),
});

const streamsGroupHeartbeatRequestEndpoint = struct("Endpoint", {
  host: string("0+"),
  port: uint16("0+"),
});

const streamsGroupHeartbeatRequestTaskOffset = struct("TaskOffset", {
  subtopologyId: string("0+"),
  partition: int32("0+"),
  offset: int64("0+"),
});

const streamsGroupHeartbeatRequestTaskIds = struct("TaskIds", {
  subtopologyId: string("0+"),
  partitions: array("0+", "int32"),
});

export const streamsGroupHeartbeatRequest = message(
  "StreamsGroupHeartbeatRequest",
  { versions: "0", flexible: "0+", key: 88 },
  {
    groupId: string("0+"),
    memberId: string("0+"),
    memberEpoch: int32("0+"),
    endpointInformationEpoch: int32("0+"),
    instanceId: string("0+", { nullable: "0+", default: null }),
    rackId: string("0+", { nullable: "0+", default: null }),
    rebalanceTimeoutMs: int32("0+", { default: -1 }),
    topology: nested(
      "0+",
      struct("Topology", {
        epoch: int32("0+"),
        subtopologies: array(
          "0+",
          struct("Subtopology", {
            subtopologyId: string("0+"),
            sourceTopics: array("0+", "string"),
            sourceTopicRegex: array("0+", "string"),
            stateChangelogTopics: array("0+", streamsGroupHeartbeatRequestTopicInfo),
            repartitionSinkTopics: array("0+", "string"),
            repartitionSourceTopics: array("0+", streamsGroupHeartbeatRequestTopicInfo),
            copartitionGroups: array(
              "0+",
              struct("CopartitionGroup", {
                sourceTopics: array("0+", "int16"),
                sourceTopicRegex: array("0+", "int16"),
                repartitionSourceTopics: array("0+", "int16"),
              }),
            ),
          }),
        ),
      }),
      { nullable: "0+", default: null },
    ),
    activeTasks: array("0+", streamsGroupHeartbeatRequestTaskIds, { nullable: "0+", default: null }),
    standbyTasks: array("0+", streamsGroupHeartbeatRequestTaskIds, { nullable: "0+", default: null }),
    warmupTasks: array("0+", streamsGroupHeartbeatRequestTaskIds, { nullable: "0+", default: null }),
    processId: string("0+", { nullable: "0+", default: null }),
    userEndpoint: nested("0+", streamsGroupHeartbeatRequestEndpoint, { nullable: "0+", default: null }),
    clientTags: array("0+", streamsGroupHeartbeatRequestKeyValue, { nullable: "0+", default: null }),
    taskOffsets: array("0+", streamsGroupHeartbeatRequestTaskOffset, { nullable: "0+", default: null }),
    taskEndOffsets: array("0+", streamsGroupHeartbeatRequestTaskOffset, { nullable: "0+", default: null }),
    shutdownApplication: bool("0+", { default: false }),
  },
);
export type StreamsGroupHeartbeatRequest = Infer<typeof streamsGroupHeartbeatRequest>;

const streamsGroupHeartbeatResponseStatus = struct("Status", {
  statusCode: int8("0+"),
  statusDetail: string("0+"),
});

const streamsGroupHeartbeatResponseTopicPartition = struct("TopicPartition", {
  topic: string("0+"),
  partitions: array("0+", "int32"),
});

const streamsGroupHeartbeatResponseTaskIds = struct("TaskIds", {
  subtopologyId: string("0+"),
  partitions: array("0+", "int32"),
});

const streamsGroupHeartbeatResponseEndpoint = struct("Endpoint", {
  host: string("0+"),
  port: uint16("0+"),
});

export const streamsGroupHeartbeatResponse = message(
  "StreamsGroupHeartbeatResponse",
  { versions: "0", flexible: "0+", key: 88 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+", default: null }),
    memberId: string("0+"),
    memberEpoch: int32("0+"),
    heartbeatIntervalMs: int32("0+"),
    acceptableRecoveryLag: int32("0+"),
    taskOffsetIntervalMs: int32("0+"),
    status: array("0+", streamsGroupHeartbeatResponseStatus, { nullable: "0+" }),
    activeTasks: array("0+", streamsGroupHeartbeatResponseTaskIds, { nullable: "0+", default: null }),
    standbyTasks: array("0+", streamsGroupHeartbeatResponseTaskIds, { nullable: "0+", default: null }),
    warmupTasks: array("0+", streamsGroupHeartbeatResponseTaskIds, { nullable: "0+", default: null }),
    endpointInformationEpoch: int32("0+"),
    partitionsByUserEndpoint: array(
      "0+",
      struct("EndpointToPartitions", {
        userEndpoint: nested("0+", streamsGroupHeartbeatResponseEndpoint),
        activePartitions: array("0+", streamsGroupHeartbeatResponseTopicPartition),
        standbyPartitions: array("0+", streamsGroupHeartbeatResponseTopicPartition),
      }),
      { nullable: "0+", default: null },
    ),
  },
);
export type StreamsGroupHeartbeatResponse = Infer<typeof streamsGroupHeartbeatResponse>;
