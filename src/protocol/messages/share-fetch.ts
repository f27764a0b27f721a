import {
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  message,
  nested,
  records,
  string,
  struct,
  uuid,
  type Infer,
} from "../schema.ts";

export const shareFetchRequest = message(
  "ShareFetchRequest",
  { versions: "1-2", flexible: "0+", key: 78 },
  {
    groupId: string("0+", { nullable: "0+", default: null }),
    memberId: string("0+", { nullable: "0+" }),
    shareSessionEpoch: int32("0+"),
    maxWaitMs: int32("0+"),
    minBytes: int32("0+"),
    maxBytes: int32("0+", { default: 2147483647 }),
    maxRecords: int32("1+"),
    batchSize: int32("1+"),
    shareAcquireMode: int8("2+", { default: 0, ignorable: true }),
    isRenewAck: bool("2+", { default: false }),
    topics: array(
      "0+",
      struct("FetchTopic", {
        topicId: uuid("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("FetchPartition", {
            partitionIndex: int32("0+", { mapKey: true }),
            partitionMaxBytes: int32("0"),
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
    forgottenTopicsData: array(
      "0+",
      struct("ForgottenTopic", {
        topicId: uuid("0+"),
        partitions: array("0+", "int32"),
      }),
    ),
  },
);
export type ShareFetchRequest = Infer<typeof shareFetchRequest>;

export const shareFetchResponse = message(
  "ShareFetchResponse",
  { versions: "1-2", flexible: "0+", key: 78 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullable: "0+", default: null }),
    acquisitionLockTimeoutMs: int32("1+"),
    responses: array(
      "0+",
      struct("ShareFetchableTopicResponse", {
        topicId: uuid("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullable: "0+", default: null }),
            acknowledgeErrorCode: int16("0+"),
            acknowledgeErrorMessage: string("0+", { nullable: "0+", default: null }),
            currentLeader: nested(
              "0+",
              struct("LeaderIdAndEpoch", {
                leaderId: int32("0+"),
                leaderEpoch: int32("0+"),
              }),
            ),
            records: records("0+", { nullable: "0" }),
            acquiredRecords: array(
              "0+",
              struct("AcquiredRecords", {
                firstOffset: int64("0+"),
                lastOffset: int64("0+"),
                deliveryCount: int16("0+"),
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
export type ShareFetchResponse = Infer<typeof shareFetchResponse>;
