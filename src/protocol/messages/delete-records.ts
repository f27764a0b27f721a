import { array, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const deleteRecordsRequest = message(
  "DeleteRecordsRequest",
  { versions: "0-2", flexible: "2+", key: 21 },
  {
    topics: array(
      "0+",
      struct("DeleteRecordsTopic", {
        name: string("0+"),
        partitions: array(
          "0+",
          struct("DeleteRecordsPartition", {
            partitionIndex: int32("0+"),
            offset: int64("0+"),
          }),
        ),
      }),
    ),
    timeoutMs: int32("0+"),
  },
);
export type DeleteRecordsRequest = Infer<typeof deleteRecordsRequest>;

export const deleteRecordsResponse = message(
  "DeleteRecordsResponse",
  { versions: "0-2", flexible: "2+", key: 21 },
  {
    throttleTimeMs: int32("0+"),
    topics: array(
      "0+",
      struct("DeleteRecordsTopicResult", {
        name: string("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("DeleteRecordsPartitionResult", {
            partitionIndex: int32("0+", { mapKey: true }),
            lowWatermark: int64("0+"),
            errorCode: int16("0+"),
          }),
        ),
      }),
    ),
  },
);
export type DeleteRecordsResponse = Infer<typeof deleteRecordsResponse>;
