import { array, bool, int16, int32, int64, int8, message, string, struct, type Infer } from "../schema.ts";

export const writeTxnMarkersRequest = message(
  "WriteTxnMarkersRequest",
  { versions: "1-2", flexible: "1+", key: 27 },
  {
    markers: array(
      "0+",
      struct("WritableTxnMarker", {
        producerId: int64("0+"),
        producerEpoch: int16("0+"),
        transactionResult: bool("0+"),
        topics: array(
          "0+",
          struct("WritableTxnMarkerTopic", {
            name: string("0+"),
            partitionIndexes: array("0+", "int32"),
          }),
        ),
        coordinatorEpoch: int32("0+"),
        transactionVersion: int8("2+", { default: 0, ignorable: true }),
      }),
    ),
  },
);
export type WriteTxnMarkersRequest = Infer<typeof writeTxnMarkersRequest>;

export const writeTxnMarkersResponse = message(
  "WriteTxnMarkersResponse",
  { versions: "1-2", flexible: "1+", key: 27 },
  {
    markers: array(
      "0+",
      struct("WritableTxnMarkerResult", {
        producerId: int64("0+"),
        topics: array(
          "0+",
          struct("WritableTxnMarkerTopicResult", {
            name: string("0+"),
            partitions: array(
              "0+",
              struct("WritableTxnMarkerPartitionResult", {
                partitionIndex: int32("0+"),
                errorCode: int16("0+"),
              }),
            ),
          }),
        ),
      }),
    ),
  },
);
export type WriteTxnMarkersResponse = Infer<typeof writeTxnMarkersResponse>;
