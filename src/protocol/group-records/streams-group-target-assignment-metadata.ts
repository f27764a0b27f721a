import { int32, int64, message, string, type Infer } from "../schema.ts";

export const streamsGroupTargetAssignmentMetadataKey = message(
  "StreamsGroupTargetAssignmentMetadataKey",
  { versions: "0", flexible: "none", key: 20 },
  {
    groupId: string("0"),
  },
);
export type StreamsGroupTargetAssignmentMetadataKey = Infer<typeof streamsGroupTargetAssignmentMetadataKey>;

export const streamsGroupTargetAssignmentMetadataValue = message(
  "StreamsGroupTargetAssignmentMetadataValue",
  { versions: "0", flexible: "0+", key: 20 },
  {
    assignmentEpoch: int32("0+"),
    assignmentTimestamp: int64("0+", { tagged: "0+", tag: 0, default: 0, ignorable: true }),
  },
);
export type StreamsGroupTargetAssignmentMetadataValue = Infer<typeof streamsGroupTargetAssignmentMetadataValue>;
