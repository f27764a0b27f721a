import { array, message, string, struct, uuid, type Infer } from "../schema.ts";

export const consumerGroupTargetAssignmentMemberKey = message(
  "ConsumerGroupTargetAssignmentMemberKey",
  { versions: "0", flexible: "none", key: 7 },
  {
    groupId: string("0"),
    memberId: string("0"),
  },
);
export type ConsumerGroupTargetAssignmentMemberKey = Infer<typeof consumerGroupTargetAssignmentMemberKey>;

export const consumerGroupTargetAssignmentMemberValue = message(
  "ConsumerGroupTargetAssignmentMemberValue",
  { versions: "0", flexible: "0+", key: 7 },
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
export type ConsumerGroupTargetAssignmentMemberValue = Infer<typeof consumerGroupTargetAssignmentMemberValue>;
