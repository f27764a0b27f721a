import { array, int32, int8, message, string, struct, uuid, type Infer } from "../schema.ts";

export const consumerGroupCurrentMemberAssignmentKey = message(
  "ConsumerGroupCurrentMemberAssignmentKey",
  { versions: "0", flexible: "none", key: 8 },
  {
    groupId: string("0"),
    memberId: string("0"),
  },
);
export type ConsumerGroupCurrentMemberAssignmentKey = Infer<typeof consumerGroupCurrentMemberAssignmentKey>;

const consumerGroupCurrentMemberAssignmentValueTopicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: array("0+", "int32"),
  assignmentEpochs: array("0+", "int32", { nullable: "0+", tagged: "0+", tag: 0 }),
});

export const consumerGroupCurrentMemberAssignmentValue = message(
  "ConsumerGroupCurrentMemberAssignmentValue",
  { versions: "0", flexible: "0+", key: 8 },
  {
    memberEpoch: int32("0+"),
    previousMemberEpoch: int32("0+"),
    state: int8("0+"),
    assignedPartitions: array("0+", consumerGroupCurrentMemberAssignmentValueTopicPartitions),
    partitionsPendingRevocation: array("0+", consumerGroupCurrentMemberAssignmentValueTopicPartitions),
  },
);
export type ConsumerGroupCurrentMemberAssignmentValue = Infer<typeof consumerGroupCurrentMemberAssignmentValue>;
