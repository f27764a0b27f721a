import { type LeaderEpoch, type NodeId, type Offset } from "../base/brand.ts";
import { zeroUuid } from "../base/uuid.ts";
import { FileReadAllowance } from "../log/reading/file-read-allowance.ts";
import { type Log } from "../log/log.ts";
import { type ReadResult } from "../log/reading/log-reader.ts";
import { type AbortedTransaction } from "../log/segment/transaction-index.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { type FetchPartition } from "./fetch-partition.ts";
import { type Partition, type ReadBound } from "./partition.ts";

/** What holds for all partitions of a fetch. */
export interface FetchParameters {
  readonly bound: ReadBound;
  /** The broker that fetches as a replica; -1 for consumers. */
  readonly replicaId: NodeId;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

const noRecords: Buffer = Buffer.alloc(0);

/** The answer for one partition. */
export interface FetchResult {
  readonly request: FetchPartition;
  /** undefined: it is not here. */
  readonly partition: Partition | undefined;
  readonly errorCode: ErrorCode;
  readonly highWatermark: Offset;
  readonly lastStableOffset: Offset;
  readonly logStartOffset: Offset;
  readonly records: Buffer;
  /** null unless committed records alone were asked for. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  /** Where the reader's history leaves the leader's; -1 when it does not. */
  readonly divergingEpoch: LeaderEpoch;
  readonly divergingEndOffset: Offset;
}

/** The answer for a partition that is here. */
type LocalResult = FetchResult & { readonly partition: Partition };

export interface FetchRead {
  readonly results: LocalResult[];
  /** Partitions that are not here. They end no wait: a client that keeps asking for one would never be made to wait. */
  readonly missing: FetchResult[];
  readonly sizeBytes: number;
  /** What has to be read off the event loop: the fetch is to be read again when this resolves. */
  readonly awaited: Promise<unknown> | undefined;
  /** Nothing is gained by waiting: enough bytes, an error, or a reader that must truncate. */
  readonly mustAnswer: boolean;
}

/** Which partition a request means, or why there is none to be read. */
export type PartitionResolver = (request: FetchPartition) => Partition | ErrorCode;

/** Reads all partitions once. The first batch comes whole, however large, so that a reader always gets on. */
export function readPartitions(
  requests: Iterable<FetchPartition>,
  parameters: FetchParameters,
  resolve: PartitionResolver,
  /** Whether the caller looks at `awaited`: without, all that is needed is read at once. */
  mayWait = false,
): FetchRead {
  const results: LocalResult[] = [];
  const missing: FetchResult[] = [];
  let sizeBytes = 0;
  let mustAnswer = false;
  const allowance = new FileReadAllowance(mayWait);
  for (const request of requests) {
    const partition = resolve(request);
    if (typeof partition === "number") {
      missing.push(failed(request, undefined, partition));
      continue;
    }
    const result = readPartition(request, partition, parameters, sizeBytes, allowance);
    sizeBytes += result.records.length;
    if (result.errorCode !== Errors.NONE || result.divergingEpoch >= 0) mustAnswer = true;
    results.push(result);
  }
  // There is more, and only the next request brings it.
  if (allowance.wasShort && sizeBytes > 0) mustAnswer = true;
  mustAnswer ||= sizeBytes >= parameters.minBytes;
  return { results, missing, sizeBytes, awaited: allowance.awaited, mustAnswer };
}

/** Gives the memory of a read back that goes to nobody: the partitions will be read again. */
export function forgetRead({ results }: FetchRead): void {
  for (const { partition, records } of results) partition.log.buffers.giveBack(records);
}

function readPartition(
  request: FetchPartition,
  partition: Partition,
  parameters: FetchParameters,
  /** What the partitions before have given. */
  sizeBytes: number,
  allowance: FileReadAllowance,
): LocalResult {
  request.seenBytes = partition.readableBytes;
  const errorCode = refusalOf(request, partition, parameters);
  if (errorCode !== Errors.NONE) return failed(request, partition, errorCode);
  return divergence(request, partition) ?? readRecords(request, partition, parameters, sizeBytes, allowance);
}

/** Why the reader may not read the partition here; NONE when it may. */
function refusalOf(
  { topicId, position: { currentLeaderEpoch } }: FetchPartition,
  partition: Partition,
  { replicaId }: FetchParameters,
): ErrorCode {
  if (topicId !== zeroUuid && topicId !== partition.topicId) return Errors.INCONSISTENT_TOPIC_ID;
  const errorCode = partition.leaderError(currentLeaderEpoch);
  if (errorCode !== Errors.NONE) return errorCode;
  if (replicaId < 0 || partition.hasFollower(replicaId)) return Errors.NONE;
  // Its metadata, or ours, is old; one that names no epoch can only look for the leader again.
  return currentLeaderEpoch === -1 ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.UNKNOWN_LEADER_EPOCH;
}

/** Of a reader that tells the epoch of its last record: where its history leaves the leader's; undefined when it does not. */
function divergence(request: FetchPartition, partition: Partition): LocalResult | undefined {
  const { fetchOffset, lastFetchedEpoch } = request.position;
  if (lastFetchedEpoch < 0) return undefined;
  const { leaderEpoch, endOffset } = partition.endOffsetFor(lastFetchedEpoch);
  const isUnknown = endOffset === -1 || leaderEpoch === -1 || fetchOffset < partition.log.logStartOffset;
  if (isUnknown) return failed(request, partition, Errors.OFFSET_OUT_OF_RANGE);
  if (leaderEpoch >= lastFetchedEpoch && endOffset >= fetchOffset) return undefined;
  return {
    ...succeeded(request, partition, noRecords),
    divergingEpoch: leaderEpoch,
    divergingEndOffset: endOffset,
  };
}

function readRecords(
  request: FetchPartition,
  partition: Partition,
  parameters: FetchParameters,
  sizeBytes: number,
  allowance: FileReadAllowance,
): LocalResult {
  const { log } = partition;
  const { fetchOffset, maxBytes } = request.position;
  const upper = partition.bound(parameters.bound);
  const limitBytes = Math.min(maxBytes, Math.max(0, parameters.maxBytes - sizeBytes));
  const first = log.read(fetchOffset, limitBytes, upper, sizeBytes === 0, allowance);
  const wantedBytes = Math.min(limitBytes, parameters.minBytes - sizeBytes);
  const read = gathered(log, first, wantedBytes, limitBytes, upper, allowance);
  if (!read.ok) return failed(request, partition, read.error);
  const result = succeeded(request, partition, read.records);
  // Where a batch does not fit, Kafka forgets that committed records alone were asked for.
  const isTooSmall = read.records.length === 0 && limitBytes > 0 && fetchOffset < upper;
  if (parameters.bound !== "lastStable" || isTooSmall) return result;
  const abortedTransactions = read.records.length === 0 ? [] : log.abortedTransactions(fetchOffset, read.endOffset);
  if (typeof abortedTransactions === "number") return failed(request, partition, abortedTransactions);
  return { ...result, abortedTransactions };
}

/**
 * A log is in pieces, and one read gives what one piece has. A reader that asked for more than that (`wantedBytes`) gets
 * the next ones too, as long as there are any: else it would wait for bytes that are here.
 */
function gathered(
  log: Log,
  first: ReadResult,
  wantedBytes: number,
  limitBytes: number,
  upper: Offset,
  allowance: FileReadAllowance,
): ReadResult {
  if (!first.ok || first.records.length === 0 || first.records.length >= wantedBytes) return first;
  const pieces = [first.records];
  let sizeBytes = first.records.length;
  let { endOffset } = first;
  while (sizeBytes < wantedBytes && endOffset < upper) {
    const next = log.read(endOffset, limitBytes - sizeBytes, upper, false, allowance);
    if (!next.ok || next.records.length === 0) break;
    pieces.push(next.records);
    sizeBytes += next.records.length;
    endOffset = next.endOffset;
  }
  if (pieces.length === 1) return first;
  const records = log.buffers.takeToRead(sizeBytes);
  let end = 0;
  for (const piece of pieces) end += piece.copy(records, end);
  log.buffers.giveBackAll(pieces);
  return { ok: true, records, endOffset };
}

function succeeded(request: FetchPartition, partition: Partition, records: Buffer): LocalResult {
  const { log } = partition;
  return {
    request,
    partition,
    errorCode: Errors.NONE,
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.logStartOffset,
    records,
    abortedTransactions: null,
    divergingEpoch: -1,
    divergingEndOffset: -1,
  };
}

function failed<P extends Partition | undefined>(request: FetchPartition, partition: P, errorCode: ErrorCode) {
  return {
    request,
    partition,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    records: noRecords,
    abortedTransactions: null,
    divergingEpoch: -1,
    divergingEndOffset: -1,
  };
}
