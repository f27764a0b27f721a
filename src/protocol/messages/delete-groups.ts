import { array, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const deleteGroupsRequest = message(
  "DeleteGroupsRequest",
  { versions: "0-2", flexible: "2+", key: 42 },
  {
    groupsNames: array("0+", "string"),
  },
);
export type DeleteGroupsRequest = Infer<typeof deleteGroupsRequest>;

export const deleteGroupsResponse = message(
  "DeleteGroupsResponse",
  { versions: "0-2", flexible: "2+", key: 42 },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("DeletableGroupResult", {
        groupId: string("0+", { mapKey: true }),
        errorCode: int16("0+"),
      }),
    ),
  },
);
export type DeleteGroupsResponse = Infer<typeof deleteGroupsResponse>;
