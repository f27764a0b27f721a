import { array, bool, int16, int32, int8, message, nested, string, struct, uuid, type Infer } from "../schema.ts";

export const consumerGroupDescribeRequest = message(
  "ConsumerGroupDescribeRequest",
  { versions: "0-1", flexible: "0+", key: 69 },
  {
    groupIds: array("0+", "string"),
    includeAuthorizedOperations: bool("0+"),
  },
);
export type ConsumerGroupDescribeRequest = Infer<typeof consumerGroupDescribeRequest>;

const consumerGroupDescribeResponseTopicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  topicName: string("0+"),
  partitions: array("0+", "int32"),
});

const consumerGroupDescribeResponseAssignment = struct("Assignment", {
  topicPartitions: array("0+", consumerGroupDescribeResponseTopicPartitions),
});

export const consumerGroupDescribeResponse = message(
  "ConsumerGroupDescribeResponse",
  { versions: "0-1", flexible: "0+", key: 69 },
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
        assignorName: string("0+"),
        members: array(
          "0+",
          struct("Member", {
            memberId: string("0+"),
            instanceId: string("0+", { nullable: "0+", default: null }),
            rackId: string("0+", { nullable: "0+", default: null }),
            memberEpoch: int32("0+"),
            clientId: string("0+"),
            clientHost: string("0+"),
            subscribedTopicNames: array("0+", "string"),
            subscribedTopicRegex: string("0+", { nullable: "0+", default: null }),
            assignment: nested("0+", consumerGroupDescribeResponseAssignment),
            targetAssignment: nested("0+", consumerGroupDescribeResponseAssignment),
            memberType: int8("1+", { default: -1, ignorable: true }),
          }),
        ),
        authorizedOperations: int32("0+", { default: -2147483648 }),
      }),
    ),
  },
);
export type ConsumerGroupDescribeResponse = Infer<typeof consumerGroupDescribeResponse>;
