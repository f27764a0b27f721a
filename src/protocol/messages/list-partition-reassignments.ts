import { array, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const listPartitionReassignmentsRequest = message(
  "ListPartitionReassignmentsRequest",
  { versions: "0", flexible: "0+", key: 46 },
  {
    timeoutMs: int32("0+", { default: 60000 }),
    topics: array(
      "0+",
      struct("ListPartitionReassignmentsTopics", {
        name: string("0+"),
        partitionIndexes: array("0+", "int32"),
      }),
      { nullable: "0+", default: null },
    ),
  },
);
export type ListPartitionReassignmentsRequest = Infer<typeof listPartitionReassignmentsRequest>;

export const listPartitionReassignmentsResponse = message(
  "ListPartitionReassignmentsResponse",
  { versions: "0", flexible: "0+", key: 46 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+" }),
    topics: array(
      "0+",
      struct("OngoingTopicReassignment", {
        name: string("0+"),
        partitions: array(
          "0+",
          struct("OngoingPartitionReassignment", {
            partitionIndex: int32("0+"),
            replicas: array("0+", "int32"),
            addingReplicas: array("0+", "int32"),
            removingReplicas: array("0+", "int32"),
          }),
        ),
      }),
    ),
  },
);
export type ListPartitionReassignmentsResponse = Infer<typeof listPartitionReassignmentsResponse>;
