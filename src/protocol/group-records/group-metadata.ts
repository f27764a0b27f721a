import { array, bytes, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const groupMetadataKey = message(
  "GroupMetadataKey",
  { versions: "0", flexible: "none", key: 2 },
  {
    group: string("0"),
  },
);
export type GroupMetadataKey = Infer<typeof groupMetadataKey>;

const groupMetadataValueMemberMetadata = struct("MemberMetadata", {
  memberId: string("0+"),
  groupInstanceId: string("3+", { nullable: "3+", default: null, ignorable: true }),
  clientId: string("0+"),
  clientHost: string("0+"),
  rebalanceTimeout: int32("1+", { default: -1, ignorable: true }),
  sessionTimeout: int32("0+"),
  subscription: bytes("0+"),
  assignment: bytes("0+"),
});

export const groupMetadataValue = message(
  "GroupMetadataValue",
  { versions: "0-4", flexible: "4+", key: 2 },
  {
    protocolType: string("0+"),
    generation: int32("0+"),
    protocol: string("0+", { nullable: "0+" }),
    leader: string("0+", { nullable: "0+" }),
    currentStateTimestamp: int64("2+", { default: -1, ignorable: true }),
    members: array("0+", groupMetadataValueMemberMetadata),
  },
);
export type GroupMetadataValue = Infer<typeof groupMetadataValue>;
