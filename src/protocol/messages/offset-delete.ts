import { array, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const offsetDeleteRequest = message(
  "OffsetDeleteRequest",
  { versions: "0", flexible: "none", key: 47 },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("OffsetDeleteRequestTopic", {
        name: string("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("OffsetDeleteRequestPartition", {
            partitionIndex: int32("0+"),
          }),
        ),
      }),
    ),
  },
);
export type OffsetDeleteRequest = Infer<typeof offsetDeleteRequest>;

export const offsetDeleteResponse = message(
  "OffsetDeleteResponse",
  { versions: "0", flexible: "none", key: 47 },
  {
    errorCode: int16("0+"),
    throttleTimeMs: int32("0+", { ignorable: true }),
    topics: array(
      "0+",
      struct("OffsetDeleteResponseTopic", {
        name: string("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("OffsetDeleteResponsePartition", {
            partitionIndex: int32("0+", { mapKey: true }),
            errorCode: int16("0+"),
          }),
        ),
      }),
    ),
  },
);
export type OffsetDeleteResponse = Infer<typeof offsetDeleteResponse>;
