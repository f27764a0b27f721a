import { array, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const streamsGroupMetadataKey = message(
  "StreamsGroupMetadataKey",
  { versions: "0", flexible: "none", key: 17 },
  {
    groupId: string("0"),
  },
);
export type StreamsGroupMetadataKey = Infer<typeof streamsGroupMetadataKey>;

const streamsGroupMetadataValueLastAssignmentConfig = struct("LastAssignmentConfig", {
  key: string("0+"),
  value: string("0+"),
});

export const streamsGroupMetadataValue = message(
  "StreamsGroupMetadataValue",
  { versions: "0", flexible: "0+", key: 17 },
  {
    epoch: int32("0+"),
    metadataHash: int64("0+"),
    validatedTopologyEpoch: int32("0+", { tagged: "0+", tag: 0, default: -1 }),
    lastAssignmentConfigs: array("0+", streamsGroupMetadataValueLastAssignmentConfig, {
      nullable: "0+",
      tagged: "0+",
      tag: 1,
    }),
  },
);
export type StreamsGroupMetadataValue = Infer<typeof streamsGroupMetadataValue>;
