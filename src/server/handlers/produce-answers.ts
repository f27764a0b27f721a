import { type TimestampMs } from "../../base/brand.ts";
import { type AppendFailure } from "../../log/append-result.ts";
import { type PreparedRecords } from "../../log/validation/batch-preparation.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { type Partition } from "../../replication/partition.ts";
import { type PendingProduce } from "../../replication/pending-produce.ts";
import { type Verification } from "../../replication/transaction-verification.ts";
import { closeConnection, type HandlerResult } from "../handler.ts";
import { verificationProblem } from "./produce-transactions.ts";
import { type RequestProblem } from "./produced-records.ts";

type Request = ApiRequest<"produce">;
export type PartitionResponse = ApiResponse<"produce">["responses"][number]["partitionResponses"][number];

/** Errors that Kafka answers without the log's start. */
const answeredWithoutStart: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  Errors.UNKNOWN_TOPIC_OR_PARTITION,
  Errors.UNKNOWN_TOPIC_ID,
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.MESSAGE_TOO_LARGE,
  Errors.RECORD_LIST_TOO_LARGE,
  Errors.CORRUPT_MESSAGE,
  Errors.KAFKA_STORAGE_ERROR,
]);

/** What a partition is answered when nothing goes wrong, and its records have no place yet. */
export function emptyResponse(index: number): PartitionResponse {
  return {
    index,
    errorCode: Errors.NONE,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
  };
}

/** Nothing is appended to the partition. */
export function refuse(
  response: PartitionResponse,
  errorCode: ErrorCode,
  partition: Partition | ErrorCode,
  verification: Verification | undefined,
  apiVersion: number,
): void {
  response.errorCode = errorCode;
  if (verification !== undefined && verification.errorCode !== Errors.NONE) {
    const problem = verificationProblem(verification, apiVersion);
    response.errorCode = problem.errorCode;
    response.errorMessage = problem.message;
  } else if (errorCode === Errors.NOT_ENOUGH_REPLICAS && typeof partition !== "number") {
    response.logStartOffset = partition.log.logStartOffset;
  }
}

/** Nothing of the request is appended. */
export function refuseAll(
  { acks, topicData }: Request,
  { errorCode, message }: RequestProblem,
): HandlerResult<"produce"> {
  if (acks === 0) return closeConnection;
  const responses = topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => ({
      ...emptyResponse(index),
      errorCode,
      errorMessage: message,
    })),
  }));
  return { responses, throttleTimeMs: 0 };
}

/** Appends to the log, and notes where in the answer; undefined as `pending` when nobody waits for the records. */
export function append(
  pending: PendingProduce | undefined,
  response: PartitionResponse,
  partition: Partition,
  prepared: PreparedRecords | AppendFailure,
  acks: number,
  nowMs: TimestampMs,
  verification: Verification | undefined,
): void {
  const result = prepared.ok ? partition.appendAsLeader(prepared.records, "client", nowMs, verification) : prepared;
  if (!result.ok) {
    response.errorCode = result.error;
    // Kafka words what is wrong with records, and keeps what else it knows for its own log.
    response.errorMessage = result.recordErrors.length > 0 ? result.message : null;
    response.recordErrors = result.recordErrors.map(({ batchIndex, message }) => ({
      batchIndex,
      batchIndexErrorMessage: message,
    }));
    if (!answeredWithoutStart.has(result.error)) response.logStartOffset = partition.log.logStartOffset;
    return;
  }
  response.baseOffset = result.baseOffset;
  response.logAppendTimeMs = result.logAppendTimeMs;
  response.logStartOffset = result.logStartOffset;
  pending?.add(partition, response, result.lastOffset + 1, acks === -1);
}
