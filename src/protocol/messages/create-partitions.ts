import { array, bool, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const createPartitionsRequest = message(
  "CreatePartitionsRequest",
  { versions: "0-3", flexible: "2+", key: 37 },
  {
    topics: array(
      "0+",
      struct("CreatePartitionsTopic", {
        name: string("0+", { mapKey: true }),
        count: int32("0+"),
        assignments: array(
          "0+",
          struct("CreatePartitionsAssignment", {
            brokerIds: array("0+", "int32"),
          }),
          { nullable: "0+" },
        ),
      }),
    ),
    timeoutMs: int32("0+"),
    validateOnly: bool("0+"),
  },
);
export type CreatePartitionsRequest = Infer<typeof createPartitionsRequest>;

export const createPartitionsResponse = message(
  "CreatePartitionsResponse",
  { versions: "0-3", flexible: "2+", key: 37 },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("CreatePartitionsTopicResult", {
        name: string("0+"),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullable: "0+", default: null }),
      }),
    ),
  },
);
export type CreatePartitionsResponse = Infer<typeof createPartitionsResponse>;
