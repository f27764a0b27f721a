import { array, bytes, int32, message, nested, string, struct, type Infer } from "../schema.ts";

export const consumerGroupMemberMetadataKey = message(
  "ConsumerGroupMemberMetadataKey",
  { versions: "0", flexible: "none", key: 5 },
  {
    groupId: string("0"),
    memberId: string("0"),
  },
);
export type ConsumerGroupMemberMetadataKey = Infer<typeof consumerGroupMemberMetadataKey>;

export const consumerGroupMemberMetadataValue = message(
  "ConsumerGroupMemberMetadataValue",
  { versions: "0", flexible: "0+", key: 5 },
  {
    instanceId: string("0+", { nullable: "0+" }),
    rackId: string("0+", { nullable: "0+" }),
    clientId: string("0+"),
    clientHost: string("0+"),
    subscribedTopicNames: array("0+", "string"),
    subscribedTopicRegex: string("0+", { nullable: "0+" }),
    rebalanceTimeoutMs: int32("0+", { default: -1 }),
    serverAssignor: string("0+", { nullable: "0+" }),
    classicMemberMetadata: nested(
      "0+",
      struct("ClassicMemberMetadata", {
        sessionTimeoutMs: int32("0+"),
        supportedProtocols: array(
          "0+",
          struct("ClassicProtocol", {
            name: string("0+"),
            metadata: bytes("0+"),
          }),
        ),
      }),
      { nullable: "0+", tagged: "0+", tag: 0 },
    ),
  },
);
export type ConsumerGroupMemberMetadataValue = Infer<typeof consumerGroupMemberMetadataValue>;
