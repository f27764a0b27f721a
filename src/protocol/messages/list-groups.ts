import { array, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const listGroupsRequest = message(
  "ListGroupsRequest",
  { versions: "0-5", flexible: "3+", key: 16 },
  {
    statesFilter: array("4+", "string"),
    typesFilter: array("5+", "string"),
  },
);
export type ListGroupsRequest = Infer<typeof listGroupsRequest>;

export const listGroupsResponse = message(
  "ListGroupsResponse",
  { versions: "0-5", flexible: "3+", key: 16 },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    errorCode: int16("0+"),
    groups: array(
      "0+",
      struct("ListedGroup", {
        groupId: string("0+"),
        protocolType: string("0+"),
        groupState: string("4+", { ignorable: true }),
        groupType: string("5+", { ignorable: true }),
      }),
    ),
  },
);
export type ListGroupsResponse = Infer<typeof listGroupsResponse>;
