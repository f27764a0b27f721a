import { array, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

export const describeProducersRequest = message(
  "DescribeProducersRequest",
  { versions: "0", flexible: "0+", key: 61 },
  {
    topics: array(
      "0+",
      struct("TopicRequest", {
        name: string("0+"),
        partitionIndexes: array("0+", "int32"),
      }),
    ),
  },
);
export type DescribeProducersRequest = Infer<typeof describeProducersRequest>;

export const describeProducersResponse = message(
  "DescribeProducersResponse",
  { versions: "0", flexible: "0+", key: 61 },
  {
    throttleTimeMs: int32("0+"),
    topics: array(
      "0+",
      struct("TopicResponse", {
        name: string("0+"),
        partitions: array(
          "0+",
          struct("PartitionResponse", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullable: "0+", default: null }),
            activeProducers: array(
              "0+",
              struct("ProducerState", {
                producerId: int64("0+"),
                producerEpoch: int32("0+"),
                lastSequence: int32("0+", { default: -1 }),
                lastTimestamp: int64("0+", { default: -1 }),
                coordinatorEpoch: int32("0+"),
                currentTxnStartOffset: int64("0+", { default: -1 }),
              }),
            ),
          }),
        ),
      }),
    ),
  },
);
export type DescribeProducersResponse = Infer<typeof describeProducersResponse>;
