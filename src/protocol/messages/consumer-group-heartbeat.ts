import { array, int16, int32, message, nested, string, struct, uuid, type Infer } from "../schema.ts";

export const consumerGroupHeartbeatRequest = message(
  "ConsumerGroupHeartbeatRequest",
  { versions: "0-1", flexible: "0+", key: 68 },
  {
    groupId: string("0+"),
    memberId: string("0+"),
    memberEpoch: int32("0+"),
    instanceId: string("0+", { nullable: "0+", default: null }),
    rackId: string("0+", { nullable: "0+", default: null }),
    rebalanceTimeoutMs: int32("0+", { default: -1 }),
    subscribedTopicNames: array("0+", "string", { nullable: "0+", default: null }),
    subscribedTopicRegex: string("1+", { nullable: "1+", default: null }),
    serverAssignor: string("0+", { nullable: "0+", default: null }),
    topicPartitions: array(
      "0+",
      struct("TopicPartitions", {
        topicId: uuid("0+"),
        partitions: array("0+", "int32"),
      }),
      { nullable: "0+", default: null },
    ),
  },
);
export type ConsumerGroupHeartbeatRequest = Infer<typeof consumerGroupHeartbeatRequest>;

const consumerGroupHeartbeatResponseTopicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: array("0+", "int32"),
});

export const consumerGroupHeartbeatResponse = message(
  "ConsumerGroupHeartbeatResponse",
  { versions: "0-1", flexible: "0+", key: 68 },
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
        topicPartitions: array("0+", consumerGroupHeartbeatResponseTopicPartitions),
      }),
      { nullable: "0+", default: null },
    ),
  },
);
export type ConsumerGroupHeartbeatResponse = Infer<typeof consumerGroupHeartbeatResponse>;
