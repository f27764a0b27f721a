import { array, bool, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const alterConfigsRequest = message(
  "AlterConfigsRequest",
  { versions: "0-2", flexible: "2+", key: 33 },
  {
    resources: array(
      "0+",
      struct("AlterConfigsResource", {
        resourceType: int8("0+", { mapKey: true }),
        resourceName: string("0+", { mapKey: true }),
        configs: array(
          "0+",
          struct("AlterableConfig", {
            name: string("0+", { mapKey: true }),
            value: string("0+", { nullable: "0+" }),
          }),
        ),
      }),
    ),
    validateOnly: bool("0+"),
  },
);
export type AlterConfigsRequest = Infer<typeof alterConfigsRequest>;

export const alterConfigsResponse = message(
  "AlterConfigsResponse",
  { versions: "0-2", flexible: "2+", key: 33 },
  {
    throttleTimeMs: int32("0+"),
    responses: array(
      "0+",
      struct("AlterConfigsResourceResponse", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+" }),
        resourceType: int8("0+"),
        resourceName: string("0+"),
      }),
    ),
  },
);
export type AlterConfigsResponse = Infer<typeof alterConfigsResponse>;
