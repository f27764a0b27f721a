import { int8, message, string, uuid, type Infer } from "../schema.ts";

export const accessControlEntryRecord = message(
  "AccessControlEntryRecord",
  { versions: "0", flexible: "0+", key: 18 },
  {
    id: uuid("0+"),
    resourceType: int8("0+"),
    resourceName: string("0+"),
    patternType: int8("0+"),
    principal: string("0+"),
    host: string("0+"),
    operation: int8("0+"),
    permissionType: int8("0+"),
  },
);
export type AccessControlEntryRecord = Infer<typeof accessControlEntryRecord>;
