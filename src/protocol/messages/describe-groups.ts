import { array, bool, bytes, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const describeGroupsRequest = message(
  "DescribeGroupsRequest",
  { versions: "0-6", flexible: "5+", key: 15 },
  {
    groups: array("0+", "string"),
    includeAuthorizedOperations: bool("3+"),
  },
);
export type DescribeGroupsRequest = Infer<typeof describeGroupsRequest>;

export const describeGroupsResponse = message(
  "DescribeGroupsResponse",
  { versions: "0-6", flexible: "5+", key: 15 },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    groups: array(
      "0+",
      struct("DescribedGroup", {
        errorCode: int16("0+"),
        errorMessage: string("6+", { nullable: "6+", default: null }),
        groupId: string("0+"),
        groupState: string("0+"),
        protocolType: string("0+"),
        protocolData: string("0+"),
        members: array(
          "0+",
          struct("DescribedGroupMember", {
            memberId: string("0+"),
            groupInstanceId: string("4+", { nullable: "4+", default: null, ignorable: true }),
            clientId: string("0+"),
            clientHost: string("0+"),
            memberMetadata: bytes("0+"),
            memberAssignment: bytes("0+"),
          }),
        ),
        authorizedOperations: int32("3+", { default: -2147483648 }),
      }),
    ),
  },
);
export type DescribeGroupsResponse = Infer<typeof describeGroupsResponse>;
