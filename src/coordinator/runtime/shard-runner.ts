import { type LeaderEpoch, type Offset, type ProducerEpoch, type ProducerId } from "../../base/brand.ts";
import { Timeline } from "../../base/timeline-map.ts";
import { type Logger, type TimerHandle } from "../../io/ports.ts";
import { Errors, errorName, type ErrorCode } from "../../protocol/errors.ts";
import { type RecordDraft } from "../../protocol/records/batch-builder.ts";
import { controlRecord, ControlType } from "../../protocol/records/control-records.ts";
import {
  type CoordinatorPartition,
  type PartitionLoader,
  type TransactionalProducer,
  type VerificationGuard,
  type VerificationKind,
} from "./partition-log.ts";
import { RecordReplay } from "./replay-records.ts";
import { OffloadedTasks } from "./offloaded-tasks.ts";
import { type CoordinatorShard } from "./shard.ts";
import { ShardTimers } from "./shard-timers.ts";
import { failed, Reply, Ticket, type AnyTicket, type Result } from "./ticket.ts";
import { Turn, type Operation } from "./turn.ts";
import { WritePipeline, type PipelineOptions } from "./write-pipeline.ts";

export interface RunnerOptions<S, R> extends PipelineOptions {
  readonly shard: CoordinatorShard<S, R>;
  readonly loader: PartitionLoader;
  readonly logger: Logger;
  /**
   * What is loaded stays when this node leads the partition for another epoch in a row; nothing in it depends on the epoch.
   * Else each epoch loads anew.
   */
  readonly staysLoaded?: boolean;
}

/** The end of a transaction in one partition, as the transaction's coordinator wants it written. */
export interface TransactionEnd {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** Epoch of the transaction's coordinator: the log refuses that of one that has been replaced. */
  readonly coordinatorEpoch: number;
  readonly isCommit: boolean;
  /** 0 to 2. */
  readonly transactionVersion: number;
}

interface OpenWrite {
  readonly producer: TransactionalProducer;
  readonly guard: VerificationGuard | undefined;
}

/** How long after a load found no replica here the next one begins. */
const loadAgainMs = 1_000;

/**
 * ```
 * loading ──► active ──► closed
 *    │ ▲         │          ▲
 *    ▼ └─────────┘          │   back to loading when memory and log may differ
 *  failed ──────────────────┘
 * ```
 */
export type ShardStatus = "loading" | "active" | "failed" | "closed";

/** One partition's shard: its state, and the turns that change it, one at a time and to their end. */
export class ShardRunner<S, R> {
  readonly partition: CoordinatorPartition;
  leaderEpoch: LeaderEpoch;
  readonly #options: RunnerOptions<S, R>;
  readonly #timers: ShardTimers<S, R>;
  #status: ShardStatus = "loading";
  #loaded: Promise<void> = Promise.resolve();
  #loadingAgain: TimerHandle | undefined;
  #timeline: Timeline;
  #state: S;
  #pipeline: WritePipeline;
  readonly #tasks: OffloadedTasks<S, R>;
  /** Requests without an answer, and the mark of the turn that took each. */
  readonly #unanswered = new Map<AnyTicket, number>();

  constructor(partition: CoordinatorPartition, leaderEpoch: LeaderEpoch, options: RunnerOptions<S, R>) {
    this.partition = partition;
    this.leaderEpoch = leaderEpoch;
    this.#options = options;
    this.#timers = new ShardTimers(options.clock, options.timers, (operation) => this.#runTimer(operation));
    this.#tasks = new OffloadedTasks(options.timers, (operation) => this.#runTimer(operation));
    this.#timeline = new Timeline();
    this.#state = options.shard.newState(this.#timeline);
    this.#pipeline = this.#newPipeline(0);
  }

  get status(): ShardStatus {
    return this.#status;
  }

  /** Reads the partition, then takes requests. Resolves when it is loaded, or cannot be now. */
  load(): Promise<void> {
    this.#loaded = this.#load();
    return this.#loaded;
  }

  /**
   * This node leads the partition in a new epoch, too. undefined when it has to be loaded by another runner: somebody else
   * may have led in between.
   */
  goOnIn(leaderEpoch: LeaderEpoch): Promise<void> | undefined {
    const isUsable = this.#status === "active" || this.#status === "loading";
    if (this.#options.staysLoaded !== true || !isUsable || leaderEpoch !== this.leaderEpoch + 1) return undefined;
    this.leaderEpoch = leaderEpoch;
    return this.#loaded;
  }

  async #load(): Promise<void> {
    this.#reset();
    this.#status = "loading";
    const { shard, loader, logger, clock, compute } = this.#options;
    const startedMs = clock.monotonicMs();
    const timeline = this.#timeline;
    const replay = new RecordReplay(shard, this.#state, compute, logger);
    let recordCount = 0;
    let endOffset: Offset;
    try {
      const outcome = await loader.load(this.partition, async (records) => {
        if (timeline !== this.#timeline) return;
        recordCount += await replay.apply(records);
      });
      if (timeline !== this.#timeline) return;
      if (!outcome.ok) return this.#onNotLoaded(outcome.error);
      endOffset = outcome.endOffset;
    } catch (error) {
      if (timeline !== this.#timeline) return;
      this.#status = "failed";
      logger.error({ ...this.partition, err: error }, "coordinator partition cannot be loaded");
      return;
    }
    this.#pipeline = this.#newPipeline(endOffset);
    this.#status = "active";
    const durationMs = Math.round(clock.monotonicMs() - startedMs);
    // A new topic has many partitions with nothing in them, which nobody wants to read about.
    const level = recordCount === 0 ? "debug" : "info";
    logger[level]({ ...this.partition, records: recordCount, durationMs }, "coordinator partition loaded");
    this.#run((turn) => shard.onLoaded(turn), undefined);
  }

  #onNotLoaded(error: ErrorCode): void {
    const { logger, timers } = this.#options;
    const level = this.#loadingAgain === undefined ? "warn" : "debug";
    logger[level]({ ...this.partition, error: errorName(error) }, "coordinator partition not loaded");
    if (error !== Errors.NOT_LEADER_OR_FOLLOWER) {
      this.#status = "failed";
      return;
    }
    // The election may be known before the replica is here, whose log waits for descriptors: nobody tells when it has come.
    // Where this node does not lead any more, it is about to resign.
    this.#loadingAgain = timers.after(loadAgainMs, () => void this.load());
  }

  /** Fails all that waits with NOT_COORDINATOR; the runner is of no use afterwards. */
  close(): void {
    this.#reset();
    this.#status = "closed";
  }

  /**
   * Runs an operation now; resolves when it has answered the ticket and the records up to then are committed. Rejects with
   * what the operation throws, which is a fault in our code; the state is as before then.
   */
  write<T>(operation: (turn: Turn<S, R>, ticket: Ticket<T>) => void): Promise<Result<T>> {
    return this.#write(operation, undefined);
  }

  #write<T>(
    operation: (turn: Turn<S, R>, ticket: Ticket<T>) => void,
    transaction: OpenWrite | undefined,
  ): Promise<Result<T>> {
    const unavailable = this.#unavailable();
    if (unavailable !== undefined) return Promise.resolve(failed(unavailable));
    return new Promise((resolve) => {
      const ticket: Ticket<T> = new Ticket((result) => {
        this.#unanswered.delete(ticket);
        resolve(result);
      });
      this.#run((turn) => operation(turn, ticket), ticket, transaction);
    });
  }

  /**
   * The same for an operation whose records belong to a transaction, once the transaction's coordinator has said that it is
   * open here. They stand in a batch of their own; when the log refuses it, only this operation has failed.
   */
  async writeInTransaction<T>(
    producer: TransactionalProducer,
    kind: VerificationKind,
    operation: (turn: Turn<S, R>, ticket: Ticket<T>) => void,
  ): Promise<Result<T>> {
    const verification = await this.#options.writer.verifyTransaction(this.partition, producer, kind);
    if (!verification.ok) return failed(verification.error);
    return this.#write(operation, { producer, guard: verification.guard });
  }

  /** Ends a transaction: its marker stands behind all that was written before. Resolves when that is committed. */
  completeTransaction(end: TransactionEnd): Promise<Result<undefined>> {
    const unavailable = this.#unavailable();
    if (unavailable !== undefined) return Promise.resolve(failed(unavailable));
    return new Promise((resolve) => {
      const ticket: Ticket<undefined> = new Ticket((result) => {
        this.#unanswered.delete(ticket);
        resolve(result);
      });
      this.#appendMarker(end, ticket);
    });
  }

  /** Reads the committed state: `read` looks at its maps with the view "committed". */
  read<T>(read: (state: S) => T): Result<T> {
    const unavailable = this.#unavailable();
    return unavailable === undefined ? { ok: true, response: read(this.#state) } : failed(unavailable);
  }

  #unavailable(): ErrorCode | undefined {
    if (this.#status === "active") return undefined;
    return this.#status === "loading" ? Errors.COORDINATOR_LOAD_IN_PROGRESS : Errors.NOT_COORDINATOR;
  }

  #runTimer(operation: Operation<S, R>): void {
    if (this.#status === "active") this.#run(operation, undefined);
  }

  #run(operation: Operation<S, R>, ticket: AnyTicket | undefined, transaction?: OpenWrite): void {
    const { shard, clock, logger } = this.#options;
    if (transaction !== undefined) this.#pipeline.flushNow();
    const producerId = transaction?.producer.producerId ?? -1;
    const mark = this.#timeline.next();
    if (ticket !== undefined) this.#unanswered.set(ticket, mark);
    const firstOffset = this.#pipeline.nextOffset;
    const turn = new Turn<S, R>(this.#state, clock.wallMs(), (record, index) =>
      shard.replay(this.#state, record, { offset: firstOffset + index, producerId }),
    );
    let drafts: RecordDraft[];
    try {
      operation(turn);
      drafts = this.#draftsOf(turn);
    } catch (error) {
      this.#timeline.revert(mark);
      if (ticket !== undefined) this.#unanswered.delete(ticket);
      throw error;
    }
    for (const { level, message, fields } of turn.notes) logger[level](fields, message);
    if (turn.records.length > 0) {
      if (transaction !== undefined) {
        const error = this.#appendInTransaction(drafts, mark, transaction);
        if (error !== Errors.NONE) return this.#refuse(mark, turn.replies, error);
      } else if (!this.#pipeline.add(turn.isDivisible ? drafts.map((draft) => [draft]) : [drafts], mark)) {
        return this.#takeBack(mark, turn.replies, Errors.RECORD_LIST_TOO_LARGE);
      }
    }
    for (const timer of turn.timers) this.#timers.apply(timer, mark);
    for (const task of turn.tasks) this.#tasks.start(task);
    if (this.#pipeline.attach(turn.replies, mark)) return;
    this.#timeline.commit(mark);
    for (const reply of turn.replies) reply.send();
  }

  #appendInTransaction(drafts: readonly RecordDraft[], mark: number, { producer, guard }: OpenWrite): ErrorCode {
    const { producerId, producerEpoch } = producer;
    const writer = { producerId, producerEpoch, isControl: false };
    return this.#pipeline.appendNow(drafts, mark, writer, { guard });
  }

  #appendMarker(end: TransactionEnd, ticket: Ticket<undefined>): void {
    const { shard, clock } = this.#options;
    const { producerId, producerEpoch, coordinatorEpoch, isCommit, transactionVersion } = end;
    this.#pipeline.flushNow();
    const mark = this.#timeline.next();
    this.#unanswered.set(ticket, mark);
    shard.replayTransactionEnd(this.#state, producerId, isCommit);
    const type = isCommit ? ControlType.COMMIT : ControlType.ABORT;
    const marker = { ...controlRecord({ type, coordinatorEpoch }), timestamp: clock.wallMs() };
    const writer = { producerId, producerEpoch, isControl: true };
    const replies = [Reply.of(ticket, undefined)];
    const error = this.#pipeline.appendNow([marker], mark, writer, { transactionVersion });
    if (error === Errors.NONE) this.#pipeline.attach(replies, mark);
    else this.#refuse(mark, replies, error);
  }

  #draftsOf(turn: Turn<S, R>): RecordDraft[] {
    const { shard } = this.#options;
    return turn.records.map((record): RecordDraft => {
      const { key, value } = shard.encode(record);
      return { key, value, timestamp: turn.nowMs };
    });
  }

  /** Undoes the one turn of a transaction, which nothing came after and whose timers were not touched. */
  #refuse(mark: number, replies: readonly Reply[], error: ErrorCode): void {
    this.#timeline.revert(mark);
    for (const reply of replies) reply.fail(error);
  }

  /** Undoes the turns from `mark` on, and fails what they answered and what they parked. */
  #takeBack(mark: number, replies: readonly Reply[], error: ErrorCode): void {
    this.#timeline.revert(mark);
    const lost = new Set<AnyTicket>(replies.map((reply) => reply.ticket));
    for (const [ticket, takenAt] of this.#unanswered) if (takenAt >= mark) lost.add(ticket);
    for (const ticket of lost) ticket.settle(failed(error));
    this.#timers.forgetSince(mark);
    this.#tasks.clear();
    this.#run((turn) => this.#options.shard.onReverted(turn, lost), undefined);
  }

  #newPipeline(nextOffset: Offset): WritePipeline {
    const { logger } = this.#options;
    return new WritePipeline(this.partition, nextOffset, this.#options, {
      onCommitted: (mark) => this.#timeline.commit(mark),
      onLost: (mark, replies, error) => {
        logger.warn({ ...this.partition, error: errorName(error) }, "coordinator records not written");
        this.#takeBack(mark, replies, error);
      },
      onDiverged: (reason) => {
        logger.error({ ...this.partition, reason }, "coordinator state differs from its log, loading it again");
        void this.load();
      },
    });
  }

  /** An empty state, and nobody left waiting. */
  #reset(): void {
    this.#loadingAgain?.cancel();
    this.#timers.clear();
    this.#tasks.clear();
    this.#pipeline.close();
    this.#timeline = new Timeline();
    this.#state = this.#options.shard.newState(this.#timeline);
    for (const ticket of this.#unanswered.keys()) ticket.settle(failed(Errors.NOT_COORDINATOR));
  }
}
