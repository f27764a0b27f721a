import { array, int16, int32, message, nested, string, struct, uuid, type Infer } from "../schema.ts";

export const shareGroupHeartbeatRequest = message(
  "ShareGroupHeartbeatRequest",
  { versions: "1", flexible: "0+", key: 76 },
  {
    groupId: string("0+"),
    memberId: string("0+"),
    memberEpoch: int32("0+"),
    rackId: string("0+", { nullable: "0+", default: null }),
    subscribedTopicNames: array("0+", "string", { nullable: "0+", default: null }),
  },
);
export type ShareGroupHeartbeatRequest = Infer<typeof shareGroupHeartbeatRequest>;

const shareGroupHeartbeatResponseTopicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: array("0+", "int32"),
});

export const shareGroupHeartbeatResponse = message(
  "ShareGroupHeartbeatResponse",
  { versions: "1", flexible: "0+", key: 76 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+", default: null }),
    memberId: string("0+", { nullable: "0+", default: null }),
    memberEpoch: int32("0+"),
    heartbeatIntervalMs: int32("0+"),
    assignment: nested(
      "0+",
      struct("Assignment", {
        topicPartitions: array("0+", shareGroupHeartbeatResponseTopicPartitions),
      }),
      { nullable: "0+", default: null },
    ),
  },
);
export type ShareGroupHeartbeatResponse = Infer<typeof shareGroupHeartbeatResponse>;
