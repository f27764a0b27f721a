import { Timeline } from "../../../src/base/timeline-map.ts";
import { CoordinatorRuntime } from "../../../src/coordinator/runtime/coordinator-runtime.ts";
import { RecordReplay } from "../../../src/coordinator/runtime/replay-records.ts";
import { type TransactionCoordinatorConfig } from "../../../src/coordinator/transaction/transaction-config.ts";
import { TransactionCoordinator } from "../../../src/coordinator/transaction/transaction-coordinator.ts";
import {
  type TransactionMarker,
  type TransactionMarkers,
} from "../../../src/coordinator/transaction/transaction-markers.ts";
import {
  encodeTransactionRecord,
  type TransactionRecord,
} from "../../../src/coordinator/transaction/transaction-records.ts";
import { transactionShard } from "../../../src/coordinator/transaction/transaction-shard.ts";
import { type TransactionState } from "../../../src/coordinator/transaction/transaction-state.ts";
import { type TopicPartition } from "../../../src/coordinator/transaction/transaction.ts";
import { type Logger } from "../../../src/io/ports.ts";
import { Errors, type ErrorCode } from "../../../src/protocol/errors.ts";
import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { MemoryPartitionLog } from "../../support/memory-partition-log.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { noCompute } from "./group-world.ts";

export const testTransactionConfig: TransactionCoordinatorConfig = {
  timeoutMsMax: 900_000,
  timeoutCheckIntervalMs: 10_000,
  idExpirationMs: 7 * 24 * 3_600_000,
  idExpirationCheckIntervalMs: 3_600_000,
  isTwoPhaseCommitEnabled: false,
};

/** Partitions that take every marker, until they are told otherwise. */
class FakeMarkers implements TransactionMarkers {
  readonly written: TransactionMarker[] = [];
  onWrite: (marker: TransactionMarker) => void = () => {};
  /** Codes for partitions, as "topic-index"; NONE for those without. */
  readonly errors = new Map<string, ErrorCode>();
  isHeld = false;
  #held: (() => void)[] = [];

  async write(markers: readonly TransactionMarker[]): Promise<ErrorCode[][]> {
    for (const marker of markers) {
      this.written.push(marker);
      this.onWrite(marker);
    }
    if (this.isHeld) await new Promise<void>((resolve) => this.#held.push(resolve));
    return markers.map(({ partitions }) =>
      partitions.map(({ topic, partition }) => this.errors.get(`${topic}-${partition}`) ?? Errors.NONE),
    );
  }

  release(): void {
    this.isHeld = false;
    for (const resolve of this.#held) resolve();
    this.#held = [];
  }
}

export interface TransactionWorldOptions {
  readonly config?: Partial<TransactionCoordinatorConfig>;
  readonly logger?: Logger;
  readonly partitionCount?: number;
}

/** A transaction coordinator on a clock that stands still, with a log in memory and partitions that only take markers. */
export class TransactionWorld {
  readonly time = new ManualTime();
  readonly log = new MemoryPartitionLog();
  readonly markers = new FakeMarkers();
  readonly config: TransactionCoordinatorConfig;
  readonly transactions: TransactionCoordinator;
  readonly partitionCount: number;
  #transactionVersion = 2;
  /** Values of version 0 hold less: what is in memory besides is lost by a reload. */
  #hadOldValues = false;
  /** Records of another coordinator are in the log that were not loaded yet. */
  #isSeeded = false;
  readonly deletedTopics = new Set<string>();
  nextProducerId = 1_000;
  /** Nobody has producer ids to give. */
  isWithoutProducerIds = false;
  #runtime: CoordinatorRuntime<TransactionState, TransactionRecord> | undefined;
  #epoch = 0;

  constructor(options: TransactionWorldOptions = {}) {
    this.config = { ...testTransactionConfig, ...options.config };
    this.partitionCount = options.partitionCount ?? 1;
    const { time, log, markers } = this;
    const logger = options.logger ?? silentLogger;
    this.transactions = new TransactionCoordinator({
      config: this.config,
      createRuntime: (shard) =>
        (this.#runtime = new CoordinatorRuntime("__transaction_state", {
          shard,
          writer: log,
          loader: log,
          clock: time,
          timers: time,
          compute: noCompute,
          logger,
          compression: "none",
          baseSequence: -1,
          writeTimeoutMs: 5_000,
        })),
      markers,
      takeProducerId: () => Promise.resolve(this.takeProducerId()),
      partitionExists: ({ topic }: TopicPartition) => !this.deletedTopics.has(topic),
      partitionCount: () => this.partitionCount,
      transactionVersion: () => this.transactionVersion,
      clock: time,
      timers: time,
      logger,
    });
  }

  /** Level of the feature `transaction.version`. */
  get transactionVersion(): number {
    return this.#transactionVersion;
  }

  set transactionVersion(level: number) {
    this.#transactionVersion = level;
    if (level === 0) this.#hadOldValues = true;
  }

  async elect(): Promise<void> {
    this.#epoch++;
    this.#isSeeded = false;
    for (let partition = 0; partition < this.partitionCount; partition++) {
      await this.transactions.onElection(partition, this.#epoch);
    }
  }

  resign(): void {
    for (let partition = 0; partition < this.partitionCount; partition++) {
      this.transactions.onResignation(partition, this.#epoch);
    }
  }

  /** Another leader takes over and gives back: all is loaded again. */
  async reload(): Promise<void> {
    this.resign();
    await this.elect();
  }

  /** Puts a record into the log that another coordinator may have written. */
  seed(record: TransactionRecord, partition = 0): void {
    this.#isSeeded = true;
    const { key, value } = encodeTransactionRecord(record);
    const records = [{ key, value, timestamp: this.time.wallMs() }];
    this.log.append({ topic: "__transaction_state", partition }, buildBatch({ records, baseSequence: -1 }));
  }

  /** Brings an id that has a producer and no transaction to the last epoch that a client may have. */
  async useUpEpochs(transactionalId: string): Promise<void> {
    const partition = this.transactions.partitionFor(transactionalId);
    const read = this.#runtime!.read(partition, (state) => state.transactions.get(transactionalId));
    if (!read.ok || read.response === undefined) throw new Error(`no such id: ${transactionalId}`);
    const version = this.transactionVersion >= 1 ? 1 : 0;
    this.seed({ transactionalId, transaction: { ...read.response, producerEpoch: 32_766 }, version }, partition);
    await this.reload();
  }

  /** What the records alone say, and what is in memory, as far as the records are to say it. */
  async compare(partition = 0): Promise<{ loaded: object; live: object }> {
    const effects = { onPrepared() {}, onPreparedInDoubt() {}, onTimedOutWithoutEpochs() {} };
    const { config, transactionVersion } = this;
    const shard = transactionShard({ config, effects, transactionVersion: () => transactionVersion });
    const loaded = shard.newState(new Timeline());
    const replay = new RecordReplay(shard, loaded, noCompute, silentLogger);
    for (const batch of this.log.batches(partition)) await replay.apply(batch);
    const live = this.#runtime!.read(partition, (state) => state);
    if (!live.ok || this.#isSeeded) return { loaded: {}, live: {} };
    return { loaded: this.#persistedPart(loaded), live: this.#persistedPart(live.response) };
  }

  #persistedPart(state: TransactionState): object {
    const isFull = !this.#hadOldValues;
    return Object.fromEntries(
      [...state.transactions.entries()]
        .map(([id, { partitions, ...transaction }]) => [
          id,
          {
            ...transaction,
            // Of no record.
            lastProducerEpoch: undefined,
            partitions: [...partitions],
            ...(isFull ? {} : { previousProducerId: undefined, nextProducerId: undefined, clientVersion: undefined }),
          },
        ])
        .sort(),
    ) as object;
  }

  takeProducerId(): { errorCode: ErrorCode; producerId: number } {
    if (this.isWithoutProducerIds) return { errorCode: Errors.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1 };
    return { errorCode: Errors.NONE, producerId: this.nextProducerId++ };
  }
}
