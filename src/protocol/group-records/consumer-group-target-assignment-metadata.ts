import { int32, int64, message, string, type Infer } from "../schema.ts";

export const consumerGroupTargetAssignmentMetadataKey = message(
  "ConsumerGroupTargetAssignmentMetadataKey",
  { versions: "0", flexible: "none", key: 6 },
  {
    groupId: string("0"),
  },
);
export type ConsumerGroupTargetAssignmentMetadataKey = Infer<typeof consumerGroupTargetAssignmentMetadataKey>;

export const consumerGroupTargetAssignmentMetadataValue = message(
  "ConsumerGroupTargetAssignmentMetadataValue",
  { versions: "0", flexible: "0+", key: 6 },
  {
    assignmentEpoch: int32("0+"),
    assignmentTimestamp: int64("0+", { tagged: "0+", tag: 0, default: 0, ignorable: true }),
  },
);
export type ConsumerGroupTargetAssignmentMetadataValue = Infer<typeof consumerGroupTargetAssignmentMetadataValue>;
