import { array, int32, message, nested, string, struct, uint16, type Infer } from "../schema.ts";

export const streamsGroupMemberMetadataKey = message(
  "StreamsGroupMemberMetadataKey",
  { versions: "0", flexible: "none", key: 19 },
  {
    groupId: string("0"),
    memberId: string("0"),
  },
);
export type StreamsGroupMemberMetadataKey = Infer<typeof streamsGroupMemberMetadataKey>;

const streamsGroupMemberMetadataValueEndpoint = struct("Endpoint", {
  host: string("0+"),
  port: uint16("0+"),
});

const streamsGroupMemberMetadataValueKeyValue = struct("KeyValue", {
  key: string("0+"),
  value: string("0+"),
});

export const streamsGroupMemberMetadataValue = message(
  "StreamsGroupMemberMetadataValue",
  { versions: "0", flexible: "0+", key: 19 },
  {
    instanceId: string("0+", { nullable: "0+" }),
    rackId: string("0+", { nullable: "0+" }),
    clientId: string("0+"),
    clientHost: string("0+"),
    rebalanceTimeoutMs: int32("0+", { default: -1 }),
    topologyEpoch: int32("0+"),
    processId: string("0+"),
    userEndpoint: nested("0+", streamsGroupMemberMetadataValueEndpoint, { nullable: "0+", default: null }),
    clientTags: array("0+", streamsGroupMemberMetadataValueKeyValue),
  },
);
export type StreamsGroupMemberMetadataValue = Infer<typeof streamsGroupMemberMetadataValue>;
