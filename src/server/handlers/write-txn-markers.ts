import { type ApiResponse } from "../../protocol/apis.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";
import { type LocalTransactionMarkers } from "../local-transaction-markers.ts";

type MarkerResult = ApiResponse<"writeTxnMarkers">["markers"][number];
type TopicResult = MarkerResult["topics"][number];

/**
 * Ends transactions in partitions that this broker leads; answered when all in-sync replicas have the markers.
 *
 * - Each partition has its own error: UNKNOWN_TOPIC_OR_PARTITION where there is no replica, INVALID_PRODUCER_EPOCH for a
 *   marker that is too late, TRANSACTION_COORDINATOR_FENCED for one from a coordinator that is none any more.
 * - v2: the transaction.version by which epochs are checked; 0 before.
 * - The answer has one entry a producer, however many markers the request has for it.
 */
export function writeTxnMarkersHandler({ markers }: { markers: LocalTransactionMarkers }): Handler<"writeTxnMarkers"> {
  return {
    api: "writeTxnMarkers",
    async handle(request) {
      const wanted = request.markers.map(({ transactionResult, topics, ...marker }) => ({
        ...marker,
        isCommit: transactionResult,
        partitions: topics.flatMap(({ name, partitionIndexes }) =>
          partitionIndexes.map((partition) => ({ topic: name, partition })),
        ),
      }));
      // Such a marker cannot be written; Kafka stumbles over it, too, where there is a partition to write it to.
      const isSound = wanted.every(
        ({ producerId, producerEpoch, partitions }) =>
          (producerId >= 0 && producerEpoch >= 0) || !partitions.some((partition) => markers.isHere(partition)),
      );
      const codes = isSound
        ? await markers.write(wanted)
        : wanted.map(({ partitions }) => partitions.map(unknownError));
      const results = new Map<number, Map<string, Map<number, number>>>();
      for (const [slot, { producerId, partitions }] of wanted.entries()) {
        if (partitions.length === 0) continue;
        const topics = entryOf(results, producerId);
        for (const [place, { topic, partition }] of partitions.entries()) {
          entryOf(topics, topic).set(partition, codes[slot]![place]!);
        }
      }
      return { markers: Array.from(results, ([producerId, topics]) => ({ producerId, topics: topicResults(topics) })) };
    },
  };
}

function unknownError(): ErrorCode {
  return Errors.UNKNOWN_SERVER_ERROR;
}

function entryOf<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let entry = map.get(key);
  if (entry === undefined) map.set(key, (entry = new Map()));
  return entry;
}

function topicResults(topics: ReadonlyMap<string, ReadonlyMap<number, number>>): TopicResult[] {
  return Array.from(topics, ([name, partitions]) => ({
    name,
    partitions: Array.from(partitions, ([partitionIndex, errorCode]) => ({ partitionIndex, errorCode })),
  }));
}
