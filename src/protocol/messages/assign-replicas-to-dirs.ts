import { array, int16, int32, int64, message, struct, uuid, type Infer } from "../schema.ts";

export const assignReplicasToDirsRequest = message(
  "AssignReplicasToDirsRequest",
  { versions: "0", flexible: "0+", key: 73 },
  {
    brokerId: int32("0+"),
    brokerEpoch: int64("0+", { default: -1 }),
    directories: array(
      "0+",
      struct("DirectoryData", {
        id: uuid("0+"),
        topics: array(
          "0+",
          struct("TopicData", {
            topicId: uuid("0+"),
            partitions: array(
              "0+",
              struct("PartitionData", {
                partitionIndex: int32("0+"),
              }),
            ),
          }),
        ),
      }),
    ),
  },
);
export type AssignReplicasToDirsRequest = Infer<typeof assignReplicasToDirsRequest>;

export const assignReplicasToDirsResponse = message(
  "AssignReplicasToDirsResponse",
  { versions: "0", flexible: "0+", key: 73 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    directories: array(
      "0+",
      struct("DirectoryData", {
        id: uuid("0+"),
        topics: array(
          "0+",
          struct("TopicData", {
            topicId: uuid("0+"),
            partitions: array(
              "0+",
              struct("PartitionData", {
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
export type AssignReplicasToDirsResponse = Infer<typeof assignReplicasToDirsResponse>;
