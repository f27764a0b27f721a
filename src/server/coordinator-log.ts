import {
  type AppendOutcome,
  type CoordinatorPartition,
  type LoadOutcome,
  type PartitionLoader,
  type PartitionWriter,
  type PreparedBatch,
  type TransactionAppend,
  type TransactionalProducer,
  type Verification,
  type VerificationKind,
} from "../coordinator/runtime/partition-log.ts";
import { type Clock, type Timers } from "../io/ports.ts";
import { type BatchOpener } from "../log/validation/batch-opener.ts";
import { Errors, type ErrorCode } from "../protocol/errors.ts";
import { type Partition } from "../replication/partition.ts";
import { type ReplicaManager } from "../replication/replica-manager.ts";
import { type TransactionSupport, type TransactionVerification } from "../replication/transaction-verification.ts";

/** What is read at once while loading, whatever the configuration says: the event loop is to turn in between. */
const loadBytesMax = 1_048_576;

const supportOf: Readonly<Record<VerificationKind, TransactionSupport>> = {
  verify: "legacy",
  "verify, abortable errors": "abortable",
  add: "implicitAdd",
};

export interface CoordinatorLogOptions {
  readonly replicas: ReplicaManager;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly verification: TransactionVerification;
  readonly opener: BatchOpener;
  /** `offsets.load.buffer.size`, `transaction.state.log.load.buffer.size` */
  readonly loadBufferSizeBytes: number;
  /**
   * How many in-sync replicas there must be for anything to be written; one when left out. As Kafka's, groups write with the
   * leader alone, and transactions only with `min.insync.replicas`.
   */
  readonly minInSyncReplicasOf?: (topic: string) => number;
}

/** Coordinators write to, and read back, their partitions as any producer and consumer on this broker would. */
export class CoordinatorLog implements PartitionWriter, PartitionLoader {
  readonly #options: CoordinatorLogOptions;
  readonly #loadBytesMax: number;
  /** A load has read in this turn of the event loop. */
  #isTurnTaken = false;
  readonly #waitingForTurn: (() => void)[] = [];

  constructor(options: CoordinatorLogOptions) {
    this.#options = options;
    this.#loadBytesMax = Math.min(options.loadBufferSizeBytes, loadBytesMax);
  }

  prepare({ topic, partition: index }: CoordinatorPartition, batch: Buffer): Promise<PreparedBatch> | undefined {
    const { replicas, clock, opener } = this.#options;
    const partition = replicas.partition(topic, index);
    if (partition === undefined) return undefined;
    return opener.open(batch, partition.log.config, clock.wallMs(), partition.log.name);
  }

  append(
    { topic, partition: index }: CoordinatorPartition,
    batch: Buffer,
    transaction?: TransactionAppend,
  ): AppendOutcome {
    const { replicas, clock, minInSyncReplicasOf } = this.#options;
    const partition = replicas.partition(topic, index);
    if (partition === undefined) return { ok: false, error: Errors.NOT_LEADER_OR_FOLLOWER };
    const isShort = !partition.hasEnoughInSync(minInSyncReplicasOf?.(topic) ?? 1);
    if (isShort && partition.leaderError(-1) === Errors.NONE) return { ok: false, error: Errors.NOT_ENOUGH_REPLICAS };
    const result = partition.appendAsLeader(batch, "coordinator", clock.wallMs(), transaction);
    if (!result.ok) return { ok: false, error: result.error };
    const { baseOffset, lastOffset } = result;
    const committed = new Promise<ErrorCode>((resolve) => {
      partition.whenCommitted({
        requiredOffset: lastOffset + 1,
        onReached: () => resolve(Errors.NONE),
        // After a change of leader the batch may be committed all the same: nobody may say that it was not. The
        // coordinator resigns, or the wait times out. What a failed disk does not have will never be committed.
        onFailed: (error) => {
          if (error === Errors.KAFKA_STORAGE_ERROR) resolve(error);
        },
      });
    });
    return { ok: true, baseOffset, committed };
  }

  async verifyTransaction(
    { topic, partition: index }: CoordinatorPartition,
    { transactionalId, producerId, producerEpoch }: TransactionalProducer,
    kind: VerificationKind,
  ): Promise<Verification> {
    const partition = this.#options.replicas.partition(topic, index);
    if (partition === undefined) return { ok: false, error: Errors.NOT_LEADER_OR_FOLLOWER };
    // The records of coordinators have no sequence numbers.
    const partitions = [{ partition, baseSequence: -1 }];
    const wanted = { transactionalId, producerId, producerEpoch, support: supportOf[kind], partitions };
    const [verified] = await this.#options.verification.start(wanted);
    const { errorCode, guard } = verified!;
    return errorCode === Errors.NONE ? { ok: true, guard: guard ?? undefined } : { ok: false, error: errorCode };
  }

  batchSizeBytesMax({ topic, partition }: CoordinatorPartition): number {
    return this.#options.replicas.partition(topic, partition)?.log.config.maxMessageBytes ?? 0;
  }

  async load(
    { topic, partition: index }: CoordinatorPartition,
    onRecords: (records: Buffer) => Promise<void>,
  ): Promise<LoadOutcome> {
    const { replicas } = this.#options;
    const partition = replicas.partition(topic, index);
    if (partition === undefined) return { ok: false, error: replicas.absenceErrorByName(topic, index) };
    let offset = partition.log.logStartOffset;
    while (offset < partition.log.logEndOffset) {
      const turn = this.#takeTurn();
      if (turn !== undefined) await turn;
      const error = partition.leaderError(-1);
      if (error !== Errors.NONE) return { ok: false, error };
      const read = partition.log.read(offset, this.#loadBytesMax, partition.log.logEndOffset, true);
      if (!read.ok) return { ok: false, error: read.error };
      if (read.records.length > 0) {
        await onRecords(read.records);
      } else {
        // Compaction may leave a gap at the end; else the rest is on its way to the disk.
        if (partition.log.writtenOffset === partition.log.logEndOffset) break;
        const failure = await untilWritten(partition);
        if (failure !== Errors.NONE) return { ok: false, error: failure };
      }
      offset = Math.max(offset, read.endOffset);
    }
    return { ok: true, endOffset: partition.log.logEndOffset };
  }

  /** After an election many partitions load at once: one of them reads in each turn of the event loop, in their order. */
  #takeTurn(): Promise<void> | undefined {
    if (this.#isTurnTaken) return new Promise((resolve) => this.#waitingForTurn.push(resolve));
    this.#isTurnTaken = true;
    this.#options.timers.endOfTurn(() => this.#passTurn());
    return undefined;
  }

  #passTurn(): void {
    const next = this.#waitingForTurn.shift();
    this.#isTurnTaken = next !== undefined;
    if (next === undefined) return;
    this.#options.timers.endOfTurn(() => this.#passTurn());
    next();
  }
}

/** NONE when all that is in the log at the moment is written. */
function untilWritten(partition: Partition): Promise<ErrorCode> {
  return new Promise((resolve) =>
    partition.whenWritten({
      requiredOffset: partition.log.logEndOffset,
      onReached: () => resolve(Errors.NONE),
      onFailed: (errorCode) => resolve(errorCode as ErrorCode),
    }),
  );
}
