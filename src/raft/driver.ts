import { assert, unreachable } from "../base/assert.ts";
import { type LeaderEpoch, type Offset, type TimestampMs } from "../base/brand.ts";
import { type Clock, type Logger, type TimerHandle, type Timers } from "../io/ports.ts";
import { type BatchView } from "../protocol/records/batch-header.ts";
import { batches } from "../protocol/records/batches.ts";
import { batchesBetween, committedBatch, controlRecordsOf } from "./log-reader.ts";
import { type CommittedBatch, type LeaderAndEpoch, type RaftListener } from "./listener.ts";
import { type QuorumStateStore } from "./quorum-state-store.ts";
import { type ReplicatedLog } from "./replicated-log.ts";
import { type SnapshotWriter } from "./snapshot-file.ts";
import { type SnapshotId } from "./snapshot-id.ts";
import { oldestToKeep, type SnapshotRetention } from "./snapshot-retention.ts";
import { type SnapshotStore } from "./snapshot-store.ts";
import { type RaftEffect, type RaftInput, type RaftState } from "./state.ts";
import { initialState, step } from "./step.ts";
import { VoterHistory } from "./voter-history.ts";
import { type Voter, type VoterSet, votersToRecord } from "./voter-set.ts";

export interface RaftOptions {
  /** This replica: its id, the id of the directory that holds the log, and where it listens. */
  readonly local: Voter;
  /** From `controller.quorum.voters`; empty when the quorum is a dynamic one. */
  readonly staticVoters: VoterSet;
  readonly log: ReplicatedLog;
  readonly snapshots: SnapshotStore;
  readonly elections: QuorumStateStore;
  readonly retention: SnapshotRetention;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** The disk failed: the log can no longer be trusted and the node must stop. */
  readonly onFatal: (error: unknown) => void;
}

const cleaningIntervalMs = 60_000;
/** Committed batches handed to a listener in one call. */
const batchesPerCallMax = 256;

/**
 * Drives the raft state machine of one node: the only place where its effects are performed.
 *
 * ```
 * append ─▶ step ─▶ effects: log.append … flush ──fsync──▶ step(flushed) ─▶ commit ─▶ listeners
 * ```
 */
export class RaftDriver {
  readonly #options: RaftOptions;
  readonly #voters: VoterHistory;
  /** What this node appended and is not committed yet: listeners get it as it was given, not as the log reads it back. */
  #appended: CommittedBatch[] = [];
  readonly #listeners: { readonly listener: RaftListener; nextOffset: Offset }[] = [];
  #state: RaftState;
  #leader: LeaderAndEpoch;
  #flush: "idle" | "scheduled" | "running" = "idle";
  #flushAgain = false;
  #flushDone: Promise<void> = Promise.resolve();
  #cleaning: TimerHandle | undefined;
  #isClosed = false;
  /** The disk failed, or an invariant broke: nothing is appended or committed from then on. */
  #hasFailed = false;

  /** Reads log, snapshot and vote; nothing runs before `start`. */
  constructor(options: RaftOptions) {
    const { log, snapshots, elections, local } = options;
    this.#options = options;
    snapshots.load(log.startOffset);
    const latest = snapshots.latest;
    if (latest !== undefined && reachesFurther(latest, log)) {
      log.truncateFullyAndStartAt(latest.offset);
      snapshots.removeBefore(latest);
    }
    this.#voters = new VoterHistory(options.staticVoters);
    this.#readControlRecords();
    const { voters, kraftVersion } = this.#voters.last;
    this.#state = initialState({
      local,
      voters,
      kraftVersion,
      isBootstrap: this.#voters.isBootstrap,
      election: elections.read(),
      endOffset: log.endOffset,
      lastEpoch: log.lastEpoch ?? latest?.epoch ?? 0,
    });
    this.#leader = { leaderId: -1, epoch: this.#state.election.epoch };
  }

  get leader(): LeaderAndEpoch {
    return this.#leader;
  }

  get state(): RaftState {
    return this.#state;
  }

  /** Listeners are called in the order in which they were added; add them before `start`. */
  addListener(listener: RaftListener): void {
    this.#listeners.push({ listener, nextOffset: 0 });
  }

  start(): void {
    this.#perform({ kind: "start" });
    this.#scheduleCleaning();
  }

  /**
   * Appends the values as one batch, committed as a whole or not at all. Returns its last offset at once; undefined when this
   * node does not lead `epoch`. Listeners hear the batch when it is committed.
   */
  append(epoch: LeaderEpoch, values: readonly Buffer[]): Offset | undefined {
    if (!this.isLeaderOf(epoch)) return undefined;
    this.#perform({ kind: "append", values });
    return this.#state.endOffset - 1;
  }

  /** Offset that the next appended record will have. */
  get endOffset(): Offset {
    return this.#state.endOffset;
  }

  isLeaderOf(epoch: LeaderEpoch): boolean {
    return (
      !this.#isClosed && !this.#hasFailed && this.#state.role.kind === "leader" && this.#state.election.epoch === epoch
    );
  }

  /** A writer for the snapshot of all committed records below `id.offset`; undefined when it is there or not needed. */
  createSnapshot(id: SnapshotId, lastContainedLogTimeMs: TimestampMs): SnapshotWriter | undefined {
    const { log, snapshots, clock } = this.#options;
    assert(id.offset <= this.#state.highWatermark, "only committed records go into a snapshot");
    if (id.offset < log.startOffset) return undefined;
    const { kraftVersion, voters } = this.#voters.before(id.offset);
    const quorum = { kraftVersion, voters: votersToRecord(voters) };
    return snapshots.create(id, quorum, lastContainedLogTimeMs, clock.wallMs());
  }

  /** Gives the leadership up, waits for what was appended to be durable, closes the log. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#perform({ kind: "resign" });
    this.#isClosed = true;
    this.#cleaning?.cancel();
    await this.#flushDone;
    await this.#options.log.close();
  }

  #readControlRecords(): void {
    const { log, snapshots } = this.#options;
    if (snapshots.latest !== undefined) {
      for (const content of snapshots.read(snapshots.latest)) {
        if (content.kind === "control") this.#voters.apply(content.record, snapshots.latest.offset - 1);
      }
    }
    const fromOffset = Math.max(log.startOffset, snapshots.latest?.offset ?? 0);
    for (const batch of batchesBetween(log, fromOffset, log.endOffset)) this.#noteControls(batch);
  }

  #noteControls(batch: BatchView): void {
    for (const { offset, record } of controlRecordsOf(batch)) this.#voters.apply(record, offset);
  }

  #perform(input: RaftInput): void {
    if (this.#hasFailed) return;
    const { state, effects } = step(this.#state, input, this.#options.clock.wallMs());
    this.#state = state;
    try {
      for (const effect of effects) this.#performOne(effect);
    } catch (error) {
      this.#fail(error);
    }
  }

  #performOne(effect: RaftEffect): void {
    const { log, elections } = this.#options;
    switch (effect.kind) {
      case "persistElection":
        return elections.write(
          effect.election,
          this.#state.kraftVersion === 0 ? 0 : 1,
          this.#state.voters.map(({ id }) => id),
        );
      case "startEpoch":
        return log.startEpoch(effect.epoch);
      case "append":
        assert(log.endOffset === effect.baseOffset, "the log and the state machine agree on the end of the log");
        log.append(effect.batch, effect.epoch);
        for (const batch of batches(effect.batch)) {
          this.#noteControls(batch);
          this.#appended.push(committedBatch(batch, effect.values));
        }
        return;
      case "flush":
        return this.#scheduleFlush();
      case "commit":
        log.setHighWatermark(effect.highWatermark);
        return this.#deliver();
      case "leaderChange":
        return this.#changeLeader({ leaderId: effect.leaderId, epoch: effect.epoch });
      default:
        unreachable(effect);
    }
  }

  /** Everything appended in one turn of the event loop, or while an fsync runs, shares one fsync. */
  #scheduleFlush(): void {
    if (this.#flush === "running") this.#flushAgain = true;
    if (this.#flush !== "idle") return;
    this.#flush = "scheduled";
    const { promise, resolve } = promiseWithResolver();
    this.#flushDone = promise;
    this.#options.timers.endOfTurn(() => void this.#runFlush().then(resolve));
  }

  async #runFlush(): Promise<void> {
    this.#flush = "running";
    try {
      do {
        this.#flushAgain = false;
        const { endOffset } = this.#state;
        await this.#options.log.flush();
        this.#perform({ kind: "flushed", endOffset });
      } while (this.#flushAgain && !this.#hasFailed);
    } catch (error) {
      this.#fail(error);
    }
    this.#flush = "idle";
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onFatal(error);
  }

  #changeLeader(leader: LeaderAndEpoch): void {
    this.#leader = leader;
    // The end of a leadership is no news by itself: a node that stops says so, and another leader is told of.
    this.#options.logger[leader.leaderId < 0 ? "debug" : "info"](leader, "metadata quorum leader");
    for (const { listener } of this.#listeners) listener.onLeaderChange(leader);
  }

  /** Brings every listener up to the high watermark. */
  #deliver(): void {
    const { highWatermark } = this.#state;
    for (const entry of this.#listeners) {
      this.#deliverSnapshot(entry);
      let pending = [];
      for (const batch of this.#committedFrom(entry.nextOffset)) {
        pending.push(batch);
        entry.nextOffset = batch.lastOffset + 1;
        if (pending.length === batchesPerCallMax) {
          entry.listener.onCommit(pending);
          pending = [];
        }
      }
      if (pending.length > 0) entry.listener.onCommit(pending);
      entry.listener.onCaughtUp();
    }
    this.#appended = this.#appended.filter((batch) => batch.baseOffset >= highWatermark);
  }

  *#committedFrom(offset: Offset): Generator<CommittedBatch> {
    const { highWatermark } = this.#state;
    const ownFrom = this.#appended[0]?.baseOffset ?? highWatermark;
    for (const batch of batchesBetween(this.#options.log, offset, ownFrom)) yield committedBatch(batch);
    for (const batch of this.#appended) {
      if (batch.baseOffset >= offset && batch.baseOffset < highWatermark) yield batch;
    }
  }

  /** A listener that is new, or behind the start of the log, gets the latest snapshot first. */
  #deliverSnapshot(entry: { readonly listener: RaftListener; nextOffset: Offset }): void {
    const { log, snapshots } = this.#options;
    const latest = snapshots.latest;
    if (latest === undefined || latest.offset <= entry.nextOffset) return;
    if (entry.nextOffset !== 0 && entry.nextOffset >= log.startOffset) return;
    entry.listener.onSnapshot(latest, snapshots.lastContainedLogTimeMs(latest), snapshots.read(latest));
    entry.nextOffset = latest.offset;
  }

  #scheduleCleaning(): void {
    this.#cleaning = this.#options.timers.after(cleaningIntervalMs, () => {
      try {
        this.clean();
      } catch (error) {
        this.#fail(error);
      }
      if (!this.#isClosed) this.#scheduleCleaning();
    });
  }

  /** Removes snapshots, and the log below the oldest that is kept, by `metadata.max.retention.*`. */
  clean(): void {
    const { log, snapshots, retention, clock } = this.#options;
    if (snapshots.ids.length < 2) return;
    const retained = snapshots.ids.map((id) => ({
      id,
      sizeBytes: snapshots.sizeBytes(id),
      lastContainedLogTimeMs: snapshots.lastContainedLogTimeMs(id),
    }));
    const keep = oldestToKeep(retained, log.sizeBytes, retention, clock.wallMs());
    if (keep === undefined) return;
    log.deleteBefore(keep.offset);
    snapshots.removeBefore(keep);
  }
}

function reachesFurther(snapshot: SnapshotId, log: ReplicatedLog): boolean {
  const lastEpoch = log.lastEpoch ?? 0;
  return snapshot.epoch > lastEpoch || (snapshot.epoch === lastEpoch && snapshot.offset > log.endOffset);
}

function promiseWithResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
