import { array, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const listConfigResourcesRequest = message(
  "ListConfigResourcesRequest",
  { versions: "0-1", flexible: "0+", key: 74 },
  {
    resourceTypes: array("1+", "int8"),
  },
);
export type ListConfigResourcesRequest = Infer<typeof listConfigResourcesRequest>;

export const listConfigResourcesResponse = message(
  "ListConfigResourcesResponse",
  { versions: "0-1", flexible: "0+", key: 74 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    configResources: array(
      "0+",
      struct("ConfigResource", {
        resourceName: string("0+"),
        resourceType: int8("1+", { default: 16, ignorable: true }),
      }),
    ),
  },
);
export type ListConfigResourcesResponse = Infer<typeof listConfigResourcesResponse>;
