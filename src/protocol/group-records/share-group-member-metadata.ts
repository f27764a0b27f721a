import { array, message, string, type Infer } from "../schema.ts";

export const shareGroupMemberMetadataKey = message(
  "ShareGroupMemberMetadataKey",
  { versions: "0", flexible: "none", key: 10 },
  {
    groupId: string("0"),
    memberId: string("0"),
  },
);
export type ShareGroupMemberMetadataKey = Infer<typeof shareGroupMemberMetadataKey>;

export const shareGroupMemberMetadataValue = message(
  "ShareGroupMemberMetadataValue",
  { versions: "0", flexible: "0+", key: 10 },
  {
    rackId: string("0+", { nullable: "0+" }),
    clientId: string("0+"),
    clientHost: string("0+"),
    subscribedTopicNames: array("0+", "string"),
  },
);
export type ShareGroupMemberMetadataValue = Infer<typeof shareGroupMemberMetadataValue>;
