import { array, bool, int16, int32, int64, message, nested, string, struct, uuid, type Infer } from "../schema.ts";

export const shareAcknowledgeRequest = message(
  "ShareAcknowledgeRequest",
  { versions: "1-2", flexible: "0+", key: 79 },
  {
    groupId: string("0+", { nullable: "0+", default: null }),
    memberId: string("0+", { nullable: "0+" }),
    shareSessionEpoch: int32("0+"),
    isRenewAck: bool("2+", { default: false }),
    topics: array(
      "0+",
      struct("AcknowledgeTopic", {
        topicId: uuid("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("AcknowledgePartition", {
            partitionIndex: int32("0+", { mapKey: true }),
            acknowledgementBatches: array(
              "0+",
              struct("AcknowledgementBatch", {
                firstOffset: int64("0+"),
                lastOffset: int64("0+"),
                acknowledgeTypes: array("0+", "int8"),
              }),
            ),
          }),
        ),
      }),
    ),
  },
);
export type ShareAcknowledgeRequest = Infer<typeof shareAcknowledgeRequest>;

export const shareAcknowledgeResponse = message(
  "ShareAcknowledgeResponse",
  { versions: "1-2", flexible: "0+", key: 79 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+", default: null }),
    acquisitionLockTimeoutMs: int32("2+", { ignorable: true }),
    responses: array(
      "0+",
      struct("ShareAcknowledgeTopicResponse", {
        topicId: uuid("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullable: "0+", default: null }),
            currentLeader: nested(
              "0+",
              struct("LeaderIdAndEpoch", {
                leaderId: int32("0+"),
                leaderEpoch: int32("0+"),
              }),
            ),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      "0+",
      struct("NodeEndpoint", {
        nodeId: int32("0+", { mapKey: true }),
        host: string("0+"),
        port: int32("0+"),
        rack: string("0+", { nullable: "0+", default: null }),
      }),
    ),
  },
);
export type ShareAcknowledgeResponse = Infer<typeof shareAcknowledgeResponse>;
