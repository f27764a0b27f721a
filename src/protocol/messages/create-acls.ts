import { array, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const createAclsRequest = message(
  "CreateAclsRequest",
  { versions: "1-3", flexible: "2+", key: 30 },
  {
    creations: array(
      "0+",
      struct("AclCreation", {
        resourceType: int8("0+"),
        resourceName: string("0+"),
        resourcePatternType: int8("1+", { default: 3 }),
        principal: string("0+"),
        host: string("0+"),
        operation: int8("0+"),
        permissionType: int8("0+"),
      }),
    ),
  },
);
export type CreateAclsRequest = Infer<typeof createAclsRequest>;

export const createAclsResponse = message(
  "CreateAclsResponse",
  { versions: "1-3", flexible: "2+", key: 30 },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("AclCreationResult", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+" }),
      }),
    ),
  },
);
export type CreateAclsResponse = Infer<typeof createAclsResponse>;
