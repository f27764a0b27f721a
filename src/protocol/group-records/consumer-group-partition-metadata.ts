import { array, int32, message, string, struct, uuid, type Infer } from "../schema.ts";

export const consumerGroupPartitionMetadataKey = message(
  "ConsumerGroupPartitionMetadataKey",
  { versions: "0", flexible: "none", key: 4 },
  {
    groupId: string("0"),
  },
);
export type ConsumerGroupPartitionMetadataKey = Infer<typeof consumerGroupPartitionMetadataKey>;

export const consumerGroupPartitionMetadataValue = message(
  "ConsumerGroupPartitionMetadataValue",
  { versions: "0", flexible: "0+", key: 4 },
  {
    topics: array(
      "0+",
      struct("TopicMetadata", {
        topicId: uuid("0+"),
        topicName: string("0+"),
        numPartitions: int32("0+"),
        partitionMetadata: array(
          "0+",
          struct("PartitionMetadata", {
            partition: int32("0+"),
            racks: array("0+", "string"),
          }),
        ),
      }),
    ),
  },
);
export type ConsumerGroupPartitionMetadataValue = Infer<typeof consumerGroupPartitionMetadataValue>;
