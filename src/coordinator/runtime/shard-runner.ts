import { type LeaderEpoch, type Offset, type ProducerId } from "../../base/brand.ts";
import { Timeline } from "../../base/timeline-map.ts";
import { type Logger, type TimerHandle } from "../../io/ports.ts";
import { Errors, errorName, type ErrorCode } from "../../protocol/errors.ts";
import { type RecordDraft } from "../../protocol/records/batch-builder.ts";
import {
  type CoordinatorPartition,
  type PartitionLoader,
  type TransactionAppend,
  type TransactionalProducer,
  type VerificationKind,
} from "./partition-log.ts";
import { RecordReplay } from "./replay-records.ts";
import { OffloadedTasks } from "./offloaded-tasks.ts";
import { type CoordinatorShard } from "./shard.ts";
import { ShardGate } from "./shard-gate.ts";
import { ShardTimers } from "./shard-timers.ts";
import { failed, Ticket, type AnyTicket, type Reply, type Result } from "./ticket.ts";
import { markerRecord, type TransactionEnd } from "./transaction-end.ts";
import { Turn, type Operation } from "./turn.ts";
import { type BatchProducer } from "./write-batch.ts";
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

/** What an operation has done to the state; its records are still to be written. */
interface Performed<S, R> {
  readonly turn: Turn<S, R>;
  readonly mark: number;
  readonly drafts: readonly RecordDraft[];
}

/** The mark of requests that have not had their turn yet. */
const notTaken = -1;

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
  readonly #gate = new ShardGate();
  /** Requests without an answer, and the mark of the turn that took each. */
  readonly #unanswered = new Map<AnyTicket, number>();

  constructor(partition: CoordinatorPartition, leaderEpoch: LeaderEpoch, options: RunnerOptions<S, R>) {
    this.partition = partition;
    this.leaderEpoch = leaderEpoch;
    this.#options = options;
    const runTimer = (operation: Operation<S, R>) => this.#runTimer(operation);
    this.#timers = new ShardTimers(options.clock, options.timers, this.#gate, runTimer);
    this.#tasks = new OffloadedTasks(options.timers, this.#gate, runTimer);
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
   * Runs an operation now, or behind a transaction that has the shard to itself; resolves when it has answered the ticket and
   * the records up to then are committed. Rejects with what the operation throws, which is a fault in our code; the state is
   * as before then.
   */
  async write<T>(operation: (turn: Turn<S, R>, ticket: Ticket<T>) => void): Promise<Result<T>> {
    while (this.#gate.held !== undefined) await this.#gate.held;
    const unavailable = this.#unavailable();
    if (unavailable !== undefined) return failed(unavailable);
    const { ticket, answer } = this.#newTicket<T>();
    this.#run((turn) => operation(turn, ticket), ticket);
    return answer;
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
    const { producerId, producerEpoch } = producer;
    const writer = { producerId, producerEpoch, isControl: false };
    const { guard } = verification;
    return this.#runAlone<T>(async (ticket) => {
      const performed = this.#perform((turn) => operation(turn, ticket), ticket, producerId);
      if (performed.drafts.length === 0) this.#conclude(performed);
      else await this.#appendNow(performed, writer, { guard });
    });
  }

  /** Ends a transaction: its marker stands behind all that was written before. Resolves when that is committed. */
  completeTransaction(end: TransactionEnd): Promise<Result<undefined>> {
    const { producerId, producerEpoch, isCommit, transactionVersion } = end;
    return this.#runAlone<undefined>(async (ticket) => {
      const mark = this.#timeline.next();
      this.#unanswered.set(ticket, mark);
      this.#options.shard.replayTransactionEnd(this.#state, producerId, isCommit);
      const turn = new Turn<S, R>(this.#state, this.#options.clock.wallMs(), doNothing);
      turn.reply(ticket, undefined);
      const performed = { turn, mark, drafts: [markerRecord(end, turn.nowMs)] };
      await this.#appendNow(performed, { producerId, producerEpoch, isControl: true }, { transactionVersion });
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

  #newTicket<T>(): { readonly ticket: Ticket<T>; readonly answer: Promise<Result<T>> } {
    let settle!: (result: Result<T>) => void;
    const answer = new Promise<Result<T>>((resolve) => (settle = resolve));
    const ticket: Ticket<T> = new Ticket((result) => {
      this.#unanswered.delete(ticket);
      settle(result);
    });
    return { ticket, answer };
  }

  /** The turn of a transaction: behind all that was written before, and with nothing in between until the log has spoken. */
  async #runAlone<T>(step: (ticket: Ticket<T>) => Promise<void>): Promise<Result<T>> {
    const { ticket, answer } = this.#newTicket<T>();
    const ended = this.#gate.hold(async () => {
      const unavailable = this.#unavailable();
      if (unavailable !== undefined) return ticket.settle(failed(unavailable));
      this.#unanswered.set(ticket, notTaken);
      const pipeline = this.#pipeline;
      while (pipeline.hasWaiting) await pipeline.flushNow();
      if (!pipeline.isClosed) await step(ticket);
    });
    // Whoever waits is answered when the shard is given up, though the step may go on.
    await Promise.race([answer, ended]);
    return answer;
  }

  #run(operation: Operation<S, R>, ticket: AnyTicket | undefined): void {
    const performed = this.#perform(operation, ticket, -1);
    const { turn, mark, drafts } = performed;
    const units = turn.isDivisible ? drafts.map((draft) => [draft]) : [drafts];
    if (drafts.length === 0 || this.#pipeline.add(units, mark)) this.#conclude(performed);
    else this.#takeBack(mark, turn.replies, Errors.RECORD_LIST_TOO_LARGE);
  }

  #perform(operation: Operation<S, R>, ticket: AnyTicket | undefined, producerId: ProducerId): Performed<S, R> {
    const { shard, clock, logger } = this.#options;
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
    return { turn, mark, drafts };
  }

  /** The turn's records are on their way. */
  #conclude({ turn, mark }: Performed<S, R>): void {
    for (const timer of turn.timers) this.#timers.apply(timer, mark);
    for (const task of turn.tasks) this.#tasks.start(task);
    if (this.#pipeline.attach(turn.replies, mark)) return;
    this.#timeline.commit(mark);
    for (const reply of turn.replies) reply.send();
  }

  /** Writes the batch of a transaction. What the log refuses undoes this one turn, which nothing came after. */
  #appendNow(performed: Performed<S, R>, producer: BatchProducer, transaction: TransactionAppend): Promise<void> {
    const { turn, mark, drafts: records } = performed;
    const onOutcome = (error: ErrorCode): void => {
      if (error === Errors.NONE) return this.#conclude(performed);
      this.#timeline.revert(mark);
      for (const reply of turn.replies) reply.fail(error);
    };
    return this.#pipeline.appendNow({ records, mark, producer, transaction, onOutcome });
  }

  #draftsOf(turn: Turn<S, R>): RecordDraft[] {
    const { shard } = this.#options;
    return turn.records.map((record): RecordDraft => {
      const { key, value } = shard.encode(record);
      return { key, value, timestamp: turn.nowMs };
    });
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
      onNotPrepared: (error) => logger.error({ ...this.partition, err: error }, "coordinator records not prepared"),
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
    this.#gate.free();
  }
}

function doNothing(): void {}
