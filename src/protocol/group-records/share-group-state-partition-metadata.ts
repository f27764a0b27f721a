import { array, message, string, struct, uuid, type Infer } from "../schema.ts";

export const shareGroupStatePartitionMetadataKey = message(
  "ShareGroupStatePartitionMetadataKey",
  { versions: "0", flexible: "none", key: 15 },
  {
    groupId: string("0"),
  },
);
export type ShareGroupStatePartitionMetadataKey = Infer<typeof shareGroupStatePartitionMetadataKey>;

const shareGroupStatePartitionMetadataValueTopicPartitionsInfo = struct("TopicPartitionsInfo", {
  topicId: uuid("0+"),
  topicName: string("0+"),
  partitions: array("0+", "int32"),
});

const shareGroupStatePartitionMetadataValueTopicInfo = struct("TopicInfo", {
  topicId: uuid("0+"),
  topicName: string("0+"),
});

export const shareGroupStatePartitionMetadataValue = message(
  "ShareGroupStatePartitionMetadataValue",
  { versions: "0", flexible: "0+", key: 15 },
  {
    initializingTopics: array("0+", shareGroupStatePartitionMetadataValueTopicPartitionsInfo),
    initializedTopics: array("0+", shareGroupStatePartitionMetadataValueTopicPartitionsInfo),
    deletingTopics: array("0+", shareGroupStatePartitionMetadataValueTopicInfo),
  },
);
export type ShareGroupStatePartitionMetadataValue = Infer<typeof shareGroupStatePartitionMetadataValue>;
