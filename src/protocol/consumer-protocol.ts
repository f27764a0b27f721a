import { array, bytes, int32, message, string, struct, type Infer } from "./schema.ts";

export const consumerProtocolAssignment = message(
  "ConsumerProtocolAssignment",
  { versions: "0-3", flexible: "none" },
  {
    assignedPartitions: array(
      "0+",
      struct("TopicPartition", {
        topic: string("0+", { mapKey: true }),
        partitions: array("0+", "int32"),
      }),
    ),
    userData: bytes("0+", { nullable: "0+", default: null }),
  },
);
export type ConsumerProtocolAssignment = Infer<typeof consumerProtocolAssignment>;

export const consumerProtocolSubscription = message(
  "ConsumerProtocolSubscription",
  { versions: "0-3", flexible: "none" },
  {
    topics: array("0+", "string"),
    userData: bytes("0+", { nullable: "0+", default: null }),
    ownedPartitions: array(
      "1+",
      struct("TopicPartition", {
        topic: string("1+", { mapKey: true }),
        partitions: array("1+", "int32"),
      }),
      { ignorable: true },
    ),
    generationId: int32("2+", { default: -1, ignorable: true }),
    rackId: string("3+", { nullable: "3+", default: null, ignorable: true }),
  },
);
export type ConsumerProtocolSubscription = Infer<typeof consumerProtocolSubscription>;
