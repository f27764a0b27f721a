import { consumerOffsetsTopic, shareGroupStateTopic, transactionStateTopic } from "../../base/topic-name.ts";
import { type Clock, type Compute, type Workers } from "../../io/ports.ts";
import { type AppendFailure } from "../../log/append-result.ts";
import { type PreparedRecords } from "../../log/validation/batch-preparation.ts";
import { BatchOpener } from "../../log/validation/batch-opener.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { type Partition } from "../../replication/partition.ts";
import { PendingProduce } from "../../replication/pending-produce.ts";
import { type ReplicaManager } from "../../replication/replica-manager.ts";
import { type TransactionVerification, type Verification } from "../../replication/transaction-verification.ts";
import {
  closeConnection,
  type ConnectionInfo,
  type Handler,
  type HandlerResult,
  type RequestContext,
} from "../handler.ts";
import { LaterResult, promised } from "../later-result.ts";
import { type MetadataCache, type BrokerNode } from "../metadata-cache.ts";
import { type PartitionLookup } from "../partition-lookup.ts";
import { append, emptyResponse, type PartitionResponse, refuse, refuseAll } from "./produce-answers.ts";
import { type TransactionalBatches, transactionalBatches, type Verified, verify } from "./produce-transactions.ts";
import { withoutRepetitions } from "./produce-repetitions.ts";
import {
  isOfUnknownCompression,
  recordsError,
  requestProblem,
  type RequestProblem,
  zstdVersionMin,
} from "./produced-records.ts";

export interface ProduceDeps {
  readonly cache: MetadataCache;
  readonly lookup: PartitionLookup;
  readonly replicas: ReplicaManager;
  readonly clock: Clock;
  readonly compute: Compute;
  readonly workers: Workers;
  readonly verification: TransactionVerification;
  readonly minInSyncReplicasOf: (topic: string) => number;
}

type Request = ApiRequest<"produce">;
type TopicData = Request["topicData"][number];
type Response = ApiResponse<"produce">;

/** Clients write to them through the coordinators' requests alone; this client id is Kafka's way round for repairs. */
const closedTopics: ReadonlySet<string> = new Set([consumerOffsetsTopic, transactionStateTopic, shareGroupStateTopic]);
const adminClientId = "__admin_client";

const noEndpoints: Response["nodeEndpoints"] = [];

/**
 * Appends one batch to each partition.
 *
 * - acks=0: no answer; an error closes the connection, which is all that the client can notice. While the disk is behind,
 *   the connection waits all the same: nobody else would slow the client down.
 * - acks=1 waits until the leader's operating system has the records, acks=-1 until the in-sync replicas have them.
 * - v10: a partition that is led elsewhere tells where. v12: transactions without AddPartitionsToTxn. v13: topic ids.
 */
export function produceHandler(deps: ProduceDeps): Handler<"produce"> {
  // Connections of which a request is still being looked into: what follows it may not overtake it.
  const checking = new WeakMap<ConnectionInfo, Promise<void>>();
  const opener = new BatchOpener(deps.compute, deps.workers);
  return {
    api: "produce",
    readsInPlace: true,
    handle(received, context) {
      const problem = requestProblem(received);
      if (problem !== undefined) return refuseAll(received, problem);
      if (hasUnknownCompression(deps, received, context)) return refuseAll(received, failed);
      const request = withoutRepetitions(received, context.apiVersion);
      const transaction = transactionOf(deps, request, context);
      if (transaction !== undefined && "message" in transaction) return refuseAll(received, transaction);
      const earlier = checking.get(context.connection);
      // A batch behind the first one of a transaction needs no verification once that is in the log.
      const verified = earlier === undefined ? verifiedOf(deps, transaction) : undefined;
      const checks = checkCompressed(deps, opener, request, context);
      if (earlier === undefined && checks === undefined && !(verified instanceof Promise)) {
        return appendAll(deps, request, context, undefined, verified);
      }
      copyRecords(request);
      // Compressed records are looked into before anything is appended: from here on nothing waits until it is ordered.
      // The answer is in an object because the next request waits for the append and not for what the answer waits for.
      const verifying = earlier === undefined ? verified : earlier.then(() => verifiedOf(deps, transaction));
      const appended = Promise.all([checks, verifying]).then(([checked, found]): Appended => ({
        answer: promised(appendAll(deps, request, context, checked, found)),
      }));
      // A check that throws fails its own request, not those behind it; and these still wait for the ones before it.
      const done = Promise.allSettled([appended, earlier]).then(doNothing);
      checking.set(context.connection, done);
      void done.finally(() => {
        if (checking.get(context.connection) === done) checking.delete(context.connection);
      });
      return appended.then(({ answer }) => answer);
    },
  };
}

const failed: RequestProblem = { errorCode: Errors.UNKNOWN_SERVER_ERROR, message: null };

function hasUnknownCompression(deps: ProduceDeps, { topicData }: Request, { apiVersion }: RequestContext): boolean {
  return (
    apiVersion < zstdVersionMin &&
    topicData.some((topic) =>
      topic.partitionData.some(
        ({ index, records }) =>
          isOfUnknownCompression(records) && typeof find(deps, topic, index, apiVersion) !== "number",
      ),
    )
  );
}

function doNothing(): void {}

function transactionOf(
  deps: ProduceDeps,
  request: Request,
  { apiVersion }: RequestContext,
): TransactionalBatches | RequestProblem | undefined {
  return transactionalBatches(request, apiVersion, (topic, index) => find(deps, topic, index, apiVersion));
}

function verifiedOf(
  { verification }: ProduceDeps,
  transaction: TransactionalBatches | undefined,
): Verified | Promise<Verified> | undefined {
  return transaction === undefined ? undefined : verify(verification, transaction);
}

/** A request that waits outlives the buffer that it was received in. */
function copyRecords({ topicData }: Request): void {
  for (const { partitionData } of topicData) {
    for (const data of partitionData) if (data.records !== null) data.records = Buffer.from(data.records);
  }
}

type PartitionData = TopicData["partitionData"][number];

/** By the partition's part of the request: the records to append instead of those that came, or why not. */
type Checked = ReadonlyMap<PartitionData, PreparedRecords | AppendFailure>;

/** Compressed batches are opened to check their records; undefined when there is none. */
function checkCompressed(
  deps: ProduceDeps,
  opener: BatchOpener,
  request: Request,
  { apiVersion }: RequestContext,
): Promise<Checked> | undefined {
  const nowMs = deps.clock.wallMs();
  let checks: Promise<readonly [PartitionData, PreparedRecords | AppendFailure]>[] | undefined;
  for (const topic of request.topicData) {
    for (const data of topic.partitionData) {
      const { index, records } = data;
      if (records === null || recordsError(records, apiVersion) !== Errors.NONE) continue;
      const partition = find(deps, topic, index, apiVersion);
      if (typeof partition === "number") continue;
      const { config, name } = partition.log;
      const check = opener.open(records, config, nowMs, name);
      if (check !== undefined) (checks ??= []).push(check.then((result) => [data, result] as const));
    }
  }
  return checks === undefined ? undefined : Promise.all(checks).then((results) => new Map(results));
}

type Result = HandlerResult<"produce">;

interface Appended {
  readonly answer: Result | Promise<Result>;
}

function appendAll(
  deps: ProduceDeps,
  request: Request,
  context: RequestContext,
  checked: Checked | undefined,
  verified: Verified | undefined,
): Result | LaterResult<Result> {
  const { acks } = request;
  const nowMs = deps.clock.wallMs();
  const pending = acks !== 0 || deps.replicas.isDiskBehind ? new PendingProduce(deps.replicas) : undefined;
  let moved: Map<number, BrokerNode> | undefined;
  let hasError = false;
  const responses: Response["responses"] = [];
  for (const topic of request.topicData) {
    const partitionResponses: PartitionResponse[] = [];
    for (const data of topic.partitionData) {
      const { index, records } = data;
      const response = emptyResponse(index);
      partitionResponses.push(response);
      const partition = find(deps, topic, index, context.apiVersion);
      const verification = verified?.get(data);
      const error = refusal(deps, request, context, topic, records, partition, verification);
      if (error === Errors.NONE) {
        const prepared = checked?.get(data) ?? { ok: true, records: records! };
        append(pending, response, partition as Partition, prepared, acks, nowMs, verification);
      } else refuse(response, error, partition, verification, context.apiVersion);
      if (response.errorCode !== Errors.NONE) {
        hasError = true;
        if (typeof partition !== "number") tellLeader(deps, context, response, partition, (moved ??= new Map()));
      }
    }
    if (partitionResponses.length > 0) {
      responses.push({ name: topic.name, topicId: topic.topicId, partitionResponses });
    }
  }
  if (acks === 0 && hasError) return closeConnection;
  const nodeEndpoints = moved === undefined ? noEndpoints : [...moved.values()].map(endpointOf);
  const result = acks === 0 ? null : { responses, nodeEndpoints, throttleTimeMs: 0 };
  if (pending === undefined || pending.isDone) return result;
  const later = new LaterResult<Result>();
  // Of a request without an answer the timeout means nothing, and a producer may have sent 0.
  pending.wait(acks === 0 ? undefined : request.timeoutMs, () => later.settle(result));
  return later;
}

function endpointOf({ id, host, port, rack }: BrokerNode): Response["nodeEndpoints"][number] {
  return { nodeId: id, host, port, rack };
}

function find(deps: ProduceDeps, topic: TopicData, index: number, apiVersion: number): Partition | ErrorCode {
  return apiVersion < 13 ? deps.lookup.byName(topic.name, index) : deps.lookup.byId(topic.topicId, index);
}

/** Why nothing is appended; NONE when the log shall decide. */
function refusal(
  deps: ProduceDeps,
  request: Request,
  context: RequestContext,
  topic: TopicData,
  records: Buffer | null,
  partition: Partition | ErrorCode,
  verification: Verification | undefined,
): ErrorCode {
  if (partition === Errors.UNKNOWN_TOPIC_ID || partition === Errors.UNKNOWN_TOPIC_OR_PARTITION) return partition;
  const name = typeof partition === "number" ? topic.name : partition.topic;
  const batchError = recordsError(records, context.apiVersion);
  if (batchError !== Errors.NONE) return batchError;
  if (verification !== undefined && verification.errorCode !== Errors.NONE) return verification.errorCode;
  const { acks } = request;
  if (acks !== 0 && acks !== 1 && acks !== -1) return Errors.INVALID_REQUIRED_ACKS;
  if (closedTopics.has(name) && context.clientId !== adminClientId) return Errors.INVALID_TOPIC_EXCEPTION;
  if (typeof partition === "number") return partition;
  const leaderError = partition.leaderError(-1);
  if (leaderError !== Errors.NONE) return leaderError;
  const isShort = acks === -1 && !partition.hasEnoughInSync(deps.minInSyncReplicasOf(name));
  return isShort ? Errors.NOT_ENOUGH_REPLICAS : Errors.NONE;
}

/** v10: where the leader is, so that the client need not ask for metadata (KIP-951). */
function tellLeader(
  deps: ProduceDeps,
  { apiVersion, listenerName }: RequestContext,
  response: PartitionResponse,
  partition: Partition,
  moved: Map<number, BrokerNode>,
): void {
  if (apiVersion < 10 || response.errorCode !== Errors.NOT_LEADER_OR_FOLLOWER) return;
  response.currentLeader = { leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch };
  const node = deps.cache.aliveNode(partition.leaderId, listenerName);
  if (node !== undefined) moved.set(node.id, node);
}
