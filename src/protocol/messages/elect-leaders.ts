import { array, int16, int32, int8, message, string, struct, type Infer } from "../schema.ts";

export const electLeadersRequest = message(
  "ElectLeadersRequest",
  { versions: "0-2", flexible: "2+", key: 43 },
  {
    electionType: int8("1+"),
    topicPartitions: array(
      "0+",
      struct("TopicPartitions", {
        topic: string("0+", { mapKey: true }),
        partitions: array("0+", "int32"),
      }),
      { nullable: "0+" },
    ),
    timeoutMs: int32("0+", { default: 60000 }),
  },
);
export type ElectLeadersRequest = Infer<typeof electLeadersRequest>;

export const electLeadersResponse = message(
  "ElectLeadersResponse",
  { versions: "0-2", flexible: "2+", key: 43 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("1+"),
    replicaElectionResults: array(
      "0+",
      struct("ReplicaElectionResult", {
        topic: string("0+"),
        partitionResult: array(
          "0+",
          struct("PartitionResult", {
            partitionId: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullable: "0+" }),
          }),
        ),
      }),
    ),
  },
);
export type ElectLeadersResponse = Infer<typeof electLeadersResponse>;
