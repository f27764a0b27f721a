import { array, bool, int16, int32, int64, message, nested, string, struct, uint16, type Infer } from "../schema.ts";

export const streamsGroupDescribeRequest = message(
  "StreamsGroupDescribeRequest",
  { versions: "0", flexible: "0+", key: 89 },
  {
    groupIds: array("0+", "string"),
    includeAuthorizedOperations: bool("0+"),
  },
);
export type StreamsGroupDescribeRequest = Infer<typeof streamsGroupDescribeRequest>;

const streamsGroupDescribeResponseEndpoint = struct("Endpoint", {
  host: string("0+"),
  port: uint16("0+"),
});

const streamsGroupDescribeResponseTaskOffset = struct("TaskOffset", {
  subtopologyId: string("0+"),
  partition: int32("0+"),
  offset: int64("0+"),
});

const streamsGroupDescribeResponseTaskIds = struct("TaskIds", {
  subtopologyId: string("0+"),
  partitions: array("0+", "int32"),
});

const streamsGroupDescribeResponseAssignment = struct("Assignment", {
  activeTasks: array("0+", streamsGroupDescribeResponseTaskIds),
  standbyTasks: array("0+", streamsGroupDescribeResponseTaskIds),
  warmupTasks: array("0+", streamsGroupDescribeResponseTaskIds),
});

const streamsGroupDescribeResponseKeyValue = struct("KeyValue", {
  key: string("0+"),
  value: string("0+"),
});

const streamsGroupDescribeResponseTopicInfo = struct("TopicInfo", {
  name: string("0+"),
  partitions: int32("0+"),
  replicationFactor: int16("0+"),
  topicConfigs: array("0+", streamsGroupDescribeResponseKeyValue),
});

export const streamsGroupDescribeResponse = message(
  "StreamsGroupDescribeResponse",
  { versions: "0", flexible: "0+", key: 89 },
  {
    throttleTimeMs: int32("0+"),
    groups: array(
      "0+",
      struct("DescribedGroup", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+", default: null }),
        groupId: string("0+"),
        groupState: string("0+"),
        groupEpoch: int32("0+"),
        assignmentEpoch: int32("0+"),
        topology: nested(
          "0+",
          struct("Topology", {
            epoch: int32("0+"),
            subtopologies: array(
              "0+",
              struct("Subtopology", {
                subtopologyId: string("0+"),
                sourceTopics: array("0+", "string"),
                repartitionSinkTopics: array("0+", "string"),
                stateChangelogTopics: array("0+", streamsGroupDescribeResponseTopicInfo),
                repartitionSourceTopics: array("0+", streamsGroupDescribeResponseTopicInfo),
              }),
              { nullable: "0+", default: null },
            ),
          }),
          { nullable: "0+", default: null },
        ),
        members: array(
          "0+",
          struct("Member", {
            memberId: string("0+"),
            memberEpoch: int32("0+"),
            instanceId: string("0+", { nullable: "0+", default: null }),
            rackId: string("0+", { nullable: "0+", default: null }),
            clientId: string("0+"),
            clientHost: string("0+"),
            topologyEpoch: int32("0+"),
            processId: string("0+"),
            userEndpoint: nested("0+", streamsGroupDescribeResponseEndpoint, { nullable: "0+", default: null }),
            clientTags: array("0+", streamsGroupDescribeResponseKeyValue),
            taskOffsets: array("0+", streamsGroupDescribeResponseTaskOffset),
            taskEndOffsets: array("0+", streamsGroupDescribeResponseTaskOffset),
            assignment: nested("0+", streamsGroupDescribeResponseAssignment),
            targetAssignment: nested("0+", streamsGroupDescribeResponseAssignment),
            isClassic: bool("0+"),
          }),
        ),
        authorizedOperations: int32("0+", { default: -2147483648 }),
      }),
    ),
  },
);
export type StreamsGroupDescribeResponse = Infer<typeof streamsGroupDescribeResponse>;
