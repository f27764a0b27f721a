import { array, bool, int16, int32, message, nested, string, struct, uuid, type Infer } from "../schema.ts";

export const shareGroupDescribeRequest = message(
  "ShareGroupDescribeRequest",
  { versions: "1", flexible: "0+", key: 77 },
  {
    groupIds: array("0+", "string"),
    includeAuthorizedOperations: bool("0+"),
  },
);
export type ShareGroupDescribeRequest = Infer<typeof shareGroupDescribeRequest>;

const shareGroupDescribeResponseTopicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  topicName: string("0+"),
  partitions: array("0+", "int32"),
});

const shareGroupDescribeResponseAssignment = struct("Assignment", {
  topicPartitions: array("0+", shareGroupDescribeResponseTopicPartitions),
});

export const shareGroupDescribeResponse = message(
  "ShareGroupDescribeResponse",
  { versions: "1", flexible: "0+", key: 77 },
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
            rackId: string("0+", { nullable: "0+", default: null }),
            memberEpoch: int32("0+"),
            clientId: string("0+"),
            clientHost: string("0+"),
            subscribedTopicNames: array("0+", "string"),
            assignment: nested("0+", shareGroupDescribeResponseAssignment),
          }),
        ),
        authorizedOperations: int32("0+", { default: -2147483648 }),
      }),
    ),
  },
);
export type ShareGroupDescribeResponse = Infer<typeof shareGroupDescribeResponse>;
