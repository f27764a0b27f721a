import { array, bool, int16, int32, int64, message, string, struct, type Infer } from "../schema.ts";

const addPartitionsToTxnRequestAddPartitionsToTxnTopic = struct("AddPartitionsToTxnTopic", {
  name: string("0+", { mapKey: true }),
  partitions: array("0+", "int32"),
});

export const addPartitionsToTxnRequest = message(
  "AddPartitionsToTxnRequest",
  { versions: "0-5", flexible: "3+", key: 24 },
  {
    transactions: array(
      "4+",
      struct("AddPartitionsToTxnTransaction", {
        transactionalId: string("4+", { mapKey: true }),
        producerId: int64("4+"),
        producerEpoch: int16("4+"),
        verifyOnly: bool("4+", { default: false }),
        topics: array("4+", addPartitionsToTxnRequestAddPartitionsToTxnTopic),
      }),
    ),
    v3AndBelowTransactionalId: string("0-3"),
    v3AndBelowProducerId: int64("0-3"),
    v3AndBelowProducerEpoch: int16("0-3"),
    v3AndBelowTopics: array("0-3", addPartitionsToTxnRequestAddPartitionsToTxnTopic),
  },
);
export type AddPartitionsToTxnRequest = Infer<typeof addPartitionsToTxnRequest>;

const addPartitionsToTxnResponseAddPartitionsToTxnPartitionResult = struct("AddPartitionsToTxnPartitionResult", {
  partitionIndex: int32("0+", { mapKey: true }),
  partitionErrorCode: int16("0+"),
});

const addPartitionsToTxnResponseAddPartitionsToTxnTopicResult = struct("AddPartitionsToTxnTopicResult", {
  name: string("0+", { mapKey: true }),
  resultsByPartition: array("0+", addPartitionsToTxnResponseAddPartitionsToTxnPartitionResult),
});

export const addPartitionsToTxnResponse = message(
  "AddPartitionsToTxnResponse",
  { versions: "0-5", flexible: "3+", key: 24 },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("4+", { ignorable: true }),
    resultsByTransaction: array(
      "4+",
      struct("AddPartitionsToTxnResult", {
        transactionalId: string("4+", { mapKey: true }),
        topicResults: array("4+", addPartitionsToTxnResponseAddPartitionsToTxnTopicResult),
      }),
    ),
    resultsByTopicV3AndBelow: array("0-3", addPartitionsToTxnResponseAddPartitionsToTxnTopicResult),
  },
);
export type AddPartitionsToTxnResponse = Infer<typeof addPartitionsToTxnResponse>;
