import { array, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const describeAclsRequest = message(
  "DescribeAclsRequest",
  { versions: "1-3", flexible: "2+", key: 29 },
  {
    resourceTypeFilter: int8("0+"),
    resourceNameFilter: string("0+", { nullable: "0+" }),
    patternTypeFilter: int8("1+", { default: 3 }),
    principalFilter: string("0+", { nullable: "0+" }),
    hostFilter: string("0+", { nullable: "0+" }),
    operation: int8("0+"),
    permissionType: int8("0+"),
  },
);
export type DescribeAclsRequest = Infer<typeof describeAclsRequest>;

export const describeAclsResponse = message(
  "DescribeAclsResponse",
  { versions: "1-3", flexible: "2+", key: 29 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+" }),
    resources: array(
      "0+",
      struct("DescribeAclsResource", {
        resourceType: int8("0+"),
        resourceName: string("0+"),
        patternType: int8("1+", { default: 3 }),
        acls: array(
          "0+",
          struct("AclDescription", {
            principal: string("0+"),
            host: string("0+"),
            operation: int8("0+"),
            permissionType: int8("0+"),
          }),
        ),
      }),
    ),
  },
);
export type DescribeAclsResponse = Infer<typeof describeAclsResponse>;
