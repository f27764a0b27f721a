import { call } from "../../../bench/harness/admin.ts";
import { type ApiName, type ApiRequest, type ApiResponse, apis } from "../../../src/protocol/apis.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { type Scene } from "./bodies.ts";

type Ranges = ReadonlyMap<number, { minVersion: number; maxVersion: number }>;

/** A coordinator that is still at work on the transaction before, or has not loaded: asked again. */
const notYet = new Set<number>([
  Errors.CONCURRENT_TRANSACTIONS,
  Errors.COORDINATOR_LOAD_IN_PROGRESS,
  Errors.COORDINATOR_NOT_AVAILABLE,
  Errors.NOT_COORDINATOR,
]);
const attemptsMax = 5_000;

/**
 * Begins a transaction, adds a partition and offsets of a group, commits, and writes a marker by hand, each request in its
 * version `step` (or the nearest that it has). Resolves with what went wrong.
 */
export async function liveAsTransaction(
  port: number,
  served: Ranges,
  { topic, group }: Scene,
  step: number,
): Promise<unknown[]> {
  const problems: unknown[] = [];
  const transactionalId = `everything-${step}`;
  const groupId = `${group}-of-transaction-${step}`;
  const versionOf = (name: ApiName) => {
    const { minVersion = 0, maxVersion = 0 } = served.get(apis[name].key) ?? {};
    return Math.min(Math.max(step, minVersion), maxVersion);
  };
  const ask = async <N extends ApiName>(
    name: N,
    codeOf: (response: ApiResponse<N>) => number | undefined,
    request: Draft<ApiRequest<N>>,
  ): Promise<ApiResponse<N>> => {
    for (let attempt = 0; ; attempt++) {
      const version = versionOf(name);
      const response = (await call(port, apis[name] as never, version, request as never)) as ApiResponse<N>;
      const code = codeOf(response);
      if (notYet.has(code ?? -1) && attempt < attemptsMax) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      if (code !== Errors.NONE) problems.push(`${name}: ${code}`);
      return response;
    }
  };
  const ofTopic = { name: topic, partitions: [0] };

  const begun = await ask("initProducerId", (response) => response.errorCode, {
    transactionalId,
    transactionTimeoutMs: 60_000,
  });
  const producer = { producerId: begun.producerId, producerEpoch: begun.producerEpoch };
  const addsForBrokers = versionOf("addPartitionsToTxn") >= 4;
  await ask(
    "addPartitionsToTxn",
    (response) =>
      addsForBrokers
        ? response.resultsByTransaction[0]?.topicResults[0]?.resultsByPartition[0]?.partitionErrorCode
        : response.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode,
    addsForBrokers
      ? { transactions: [{ transactionalId, ...producer, verifyOnly: false, topics: [ofTopic] }] }
      : {
          v3AndBelowTransactionalId: transactionalId,
          v3AndBelowProducerId: producer.producerId,
          v3AndBelowProducerEpoch: producer.producerEpoch,
          v3AndBelowTopics: [ofTopic],
        },
  );
  const transaction = { transactionalId, ...producer };
  await ask("addOffsetsToTxn", (response) => response.errorCode, { ...transaction, groupId });
  await ask("txnOffsetCommit", (response) => response.topics[0]?.partitions[0]?.errorCode, {
    ...transaction,
    groupId,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: "" }] }],
  });
  const described = await ask("describeTransactions", (response) => response.transactionStates[0]?.errorCode, {
    transactionalIds: [transactionalId],
  });
  const state = described.transactionStates[0]?.transactionState;
  if (state !== "Ongoing") problems.push(`describeTransactions: ${state}`);
  await ask("endTxn", (response) => response.errorCode, { ...transaction, committed: true });
  await ask("writeTxnMarkers", (response) => response.markers[0]?.topics[0]?.partitions[0]?.errorCode, {
    markers: [
      {
        producerId: producer.producerId,
        producerEpoch: producer.producerEpoch + 1,
        transactionResult: false,
        topics: [{ name: topic, partitionIndexes: [0] }],
        coordinatorEpoch: 100,
      },
    ],
  });
  return problems;
}
