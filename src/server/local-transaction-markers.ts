import { consumerOffsetsTopic } from "../base/topic-name.ts";
import { type TimestampMs } from "../base/brand.ts";
import { type Clock } from "../io/ports.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";
import { buildBatch } from "../protocol/records/batch-builder.ts";
import { controlRecord, ControlType } from "../protocol/records/control-records.ts";
import { PendingProduce, type ProduceResult } from "../replication/pending-produce.ts";
import { type ReplicaManager } from "../replication/replica-manager.ts";

/** The end of a producer's transaction, to be written to partitions. */
export interface TransactionMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly isCommit: boolean;
  /** By which a partition checks the epoch; 0 from coordinators that do not say (WriteTxnMarkers v1). */
  readonly transactionVersion: number;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

/** The end of a transaction in a partition of `__consumer_offsets`, where the group coordinator writes the marker. */
export interface CompletedTransaction {
  /** Of `__consumer_offsets`. */
  readonly partition: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly isCommit: boolean;
  readonly transactionVersion: number;
}

export interface LocalTransactionMarkersOptions {
  readonly replicas: ReplicaManager;
  readonly clock: Clock;
  readonly minInSyncReplicasOf: (topic: string) => number;
  /** `request.timeout.ms` */
  readonly timeoutMs: number;
  /** Writes the marker of a `__consumer_offsets` partition and answers with the error code when it is committed. */
  readonly completeOffsets: (completed: CompletedTransaction) => Promise<ErrorCode>;
}

/** Writes the markers that end transactions to the partitions that this broker leads. */
export class LocalTransactionMarkers {
  readonly #options: LocalTransactionMarkersOptions;

  constructor(options: LocalTransactionMarkersOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all in-sync replicas have the markers, with the error codes by marker and partition in their orders. All
   * are appended before this returns, but for those of `__consumer_offsets`: they wait for what the groups have written.
   */
  write(markers: readonly TransactionMarker[]): Promise<ErrorCode[][]> {
    return Promise.all(markers.map((marker) => this.#writeOne(marker)));
  }

  /** Whether this broker has the partition. */
  isHere({ topic, partition }: TransactionMarker["partitions"][number]): boolean {
    return this.#options.replicas.partition(topic, partition)?.isOffline === false;
  }

  async #writeOne(marker: TransactionMarker): Promise<ErrorCode[]> {
    const { replicas, clock, timeoutMs } = this.#options;
    const pending = new PendingProduce(replicas);
    const nowMs = clock.wallMs();
    const batch = markerBatch(marker, nowMs);
    const results = marker.partitions.map(({ topic, partition }) =>
      topic === consumerOffsetsTopic && replicas.partition(topic, partition) !== undefined
        ? this.#completeOffsets(marker, partition)
        : this.#append(marker, batch, nowMs, topic, partition, pending),
    );
    if (!pending.isDone) await new Promise<void>((resolve) => pending.wait(timeoutMs, resolve));
    return Promise.all(results.map(async (result) => (await result).errorCode));
  }

  #append(
    { transactionVersion }: TransactionMarker,
    batch: Buffer,
    nowMs: TimestampMs,
    topic: string,
    index: number,
    pending: PendingProduce,
  ): { errorCode: ErrorCode } {
    const { replicas, minInSyncReplicasOf } = this.#options;
    const partition = replicas.partition(topic, index);
    if (partition === undefined || partition.isOffline) return { errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION };
    const leaderError = partition.leaderError(-1);
    if (leaderError !== Errors.NONE) return { errorCode: leaderError };
    if (!partition.hasEnoughInSync(minInSyncReplicasOf(topic))) return { errorCode: Errors.NOT_ENOUGH_REPLICAS };
    // A log writes into the batch that it is given.
    const appended = partition.appendAsLeader(Buffer.from(batch), "coordinator", nowMs, { transactionVersion });
    if (!appended.ok) return { errorCode: appended.error };
    const result: ProduceResult = { errorCode: Errors.NONE };
    pending.add(partition, result, appended.lastOffset + 1, true);
    return result as { errorCode: ErrorCode };
  }

  async #completeOffsets(marker: TransactionMarker, partition: number): Promise<{ errorCode: ErrorCode }> {
    const { producerId, producerEpoch, coordinatorEpoch, isCommit, transactionVersion } = marker;
    const completed = { partition, producerId, producerEpoch, coordinatorEpoch, isCommit, transactionVersion };
    return { errorCode: await this.#options.completeOffsets(completed) };
  }
}

/** The control batch of a marker. */
export function markerBatch(
  {
    producerId,
    producerEpoch,
    coordinatorEpoch,
    isCommit,
  }: Omit<TransactionMarker, "partitions" | "transactionVersion">,
  nowMs: number,
): Buffer {
  const type = isCommit ? ControlType.COMMIT : ControlType.ABORT;
  return buildBatch({
    producerId,
    producerEpoch,
    baseSequence: -1,
    isTransactional: true,
    isControl: true,
    records: [{ ...controlRecord({ type, coordinatorEpoch }), timestamp: nowMs }],
  });
}
