import { int32, int64, message, string, type Infer } from "../schema.ts";

export const shareGroupTargetAssignmentMetadataKey = message(
  "ShareGroupTargetAssignmentMetadataKey",
  { versions: "0", flexible: "none", key: 12 },
  {
    groupId: string("0"),
  },
);
export type ShareGroupTargetAssignmentMetadataKey = Infer<typeof shareGroupTargetAssignmentMetadataKey>;

export const shareGroupTargetAssignmentMetadataValue = message(
  "ShareGroupTargetAssignmentMetadataValue",
  { versions: "0", flexible: "0+", key: 12 },
  {
    assignmentEpoch: int32("0+"),
    assignmentTimestamp: int64("0+", { tagged: "0+", tag: 0, default: 0, ignorable: true }),
  },
);
export type ShareGroupTargetAssignmentMetadataValue = Infer<typeof shareGroupTargetAssignmentMetadataValue>;
