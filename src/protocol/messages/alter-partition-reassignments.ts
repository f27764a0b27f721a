import { array, bool, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const alterPartitionReassignmentsRequest = message(
  "AlterPartitionReassignmentsRequest",
  { versions: "0-1", flexible: "0+", key: 45 },
  {
    timeoutMs: int32("0+", { default: 60000 }),
    allowReplicationFactorChange: bool("1+", { default: true }),
    topics: array(
      "0+",
      struct("ReassignableTopic", {
        name: string("0+"),
        partitions: array(
          "0+",
          struct("ReassignablePartition", {
            partitionIndex: int32("0+"),
            replicas: array("0+", "int32", { nullable: "0+", default: null }),
          }),
        ),
      }),
    ),
  },
);
export type AlterPartitionReassignmentsRequest = Infer<typeof alterPartitionReassignmentsRequest>;

export const alterPartitionReassignmentsResponse = message(
  "AlterPartitionReassignmentsResponse",
  { versions: "0-1", flexible: "0+", key: 45 },
  {
    throttleTimeMs: int32("0+"),
    allowReplicationFactorChange: bool("1+", { default: true, ignorable: true }),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+" }),
    responses: array(
      "0+",
      struct("ReassignableTopicResponse", {
        name: string("0+"),
        partitions: array(
          "0+",
          struct("ReassignablePartitionResponse", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullable: "0+" }),
          }),
        ),
      }),
    ),
  },
);
export type AlterPartitionReassignmentsResponse = Infer<typeof alterPartitionReassignmentsResponse>;
