import { array, int16, int32, message, string, struct, type Infer } from "../schema.ts";

export const alterReplicaLogDirsRequest = message(
  "AlterReplicaLogDirsRequest",
  { versions: "1-2", flexible: "2+", key: 34 },
  {
    dirs: array(
      "0+",
      struct("AlterReplicaLogDir", {
        path: string("0+", { mapKey: true }),
        topics: array(
          "0+",
          struct("AlterReplicaLogDirTopic", {
            name: string("0+", { mapKey: true }),
            partitions: array("0+", "int32"),
          }),
        ),
      }),
    ),
  },
);
export type AlterReplicaLogDirsRequest = Infer<typeof alterReplicaLogDirsRequest>;

export const alterReplicaLogDirsResponse = message(
  "AlterReplicaLogDirsResponse",
  { versions: "1-2", flexible: "2+", key: 34 },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("AlterReplicaLogDirTopicResult", {
        topicName: string("0+"),
        partitions: array(
          "0+",
          struct("AlterReplicaLogDirPartitionResult", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
          }),
        ),
      }),
    ),
  },
);
export type AlterReplicaLogDirsResponse = Infer<typeof alterReplicaLogDirsResponse>;
