import { array, int32, int8, message, string, struct, uuid, type Infer } from "../schema.ts";

export const shareGroupCurrentMemberAssignmentKey = message(
  "ShareGroupCurrentMemberAssignmentKey",
  { versions: "0", flexible: "none", key: 14 },
  {
    groupId: string("0"),
    memberId: string("0"),
  },
);
export type ShareGroupCurrentMemberAssignmentKey = Infer<typeof shareGroupCurrentMemberAssignmentKey>;

const shareGroupCurrentMemberAssignmentValueTopicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: array("0+", "int32"),
});

export const shareGroupCurrentMemberAssignmentValue = message(
  "ShareGroupCurrentMemberAssignmentValue",
  { versions: "0", flexible: "0+", key: 14 },
  {
    memberEpoch: int32("0+"),
    previousMemberEpoch: int32("0+"),
    state: int8("0+"),
    assignedPartitions: array("0+", shareGroupCurrentMemberAssignmentValueTopicPartitions),
  },
);
export type ShareGroupCurrentMemberAssignmentValue = Infer<typeof shareGroupCurrentMemberAssignmentValue>;
