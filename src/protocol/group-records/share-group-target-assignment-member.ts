import { array, message, string, struct, uuid, type Infer } from "../schema.ts";

export const shareGroupTargetAssignmentMemberKey = message(
  "ShareGroupTargetAssignmentMemberKey",
  { versions: "0", flexible: "none", key: 13 },
  {
    groupId: string("0"),
    memberId: string("0"),
  },
);
export type ShareGroupTargetAssignmentMemberKey = Infer<typeof shareGroupTargetAssignmentMemberKey>;

export const shareGroupTargetAssignmentMemberValue = message(
  "ShareGroupTargetAssignmentMemberValue",
  { versions: "0", flexible: "0+", key: 13 },
  {
    topicPartitions: array(
      "0+",
      struct("TopicPartition", {
        topicId: uuid("0+"),
        partitions: array("0+", "int32"),
      }),
    ),
  },
);
export type ShareGroupTargetAssignmentMemberValue = Infer<typeof shareGroupTargetAssignmentMemberValue>;
