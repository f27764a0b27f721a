import { array, int32, int8, message, uuid, type Infer } from "../schema.ts";

export const partitionRecord = message(
  "PartitionRecord",
  { versions: "0-2", flexible: "0+", key: 3 },
  {
    partitionId: int32("0+", { default: -1 }),
    topicId: uuid("0+"),
    replicas: array("0+", "int32"),
    isr: array("0+", "int32"),
    removingReplicas: array("0+", "int32"),
    addingReplicas: array("0+", "int32"),
    leader: int32("0+", { default: -1 }),
    leaderRecoveryState: int8("0+", { tagged: "0+", tag: 0, default: 0 }),
    leaderEpoch: int32("0+", { default: -1 }),
    partitionEpoch: int32("0+", { default: -1 }),
    directories: array("1+", "uuid"),
    eligibleLeaderReplicas: array("2+", "int32", { nullable: "2+", tagged: "2+", tag: 1, default: null }),
    lastKnownElr: array("2+", "int32", { nullable: "2+", tagged: "2+", tag: 2, default: null }),
  },
);
export type PartitionRecord = Infer<typeof partitionRecord>;
