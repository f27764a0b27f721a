import { array, bool, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const incrementalAlterConfigsRequest = message(
  "IncrementalAlterConfigsRequest",
  { versions: "0-1", flexible: "1+", key: 44 },
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
            configOperation: int8("0+", { mapKey: true }),
            value: string("0+", { nullable: "0+" }),
          }),
        ),
      }),
    ),
    validateOnly: bool("0+"),
  },
);
export type IncrementalAlterConfigsRequest = Infer<typeof incrementalAlterConfigsRequest>;

export const incrementalAlterConfigsResponse = message(
  "IncrementalAlterConfigsResponse",
  { versions: "0-1", flexible: "1+", key: 44 },
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
export type IncrementalAlterConfigsResponse = Infer<typeof incrementalAlterConfigsResponse>;
