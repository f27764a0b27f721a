import { type Offset } from "../../src/base/brand.ts";
import { type Log } from "../../src/log/log.ts";
import { type ModelBatch, PartitionModel } from "./log-model.ts";
import { type Ending, rootOf } from "./log-world.ts";
import { KnownStart } from "./topic-deletions.ts";
import { demand, demandEqual } from "./violation.ts";

/** What is known of a partition's log in one directory. */
export class KnownLog {
  readonly model = new PartitionModel();
  /** Of what was not durable anything may be gone. */
  hasLostPower = false;
  /** The disk failed while segments may have been on their way out. */
  isRetentionInterrupted = false;
  /** Somebody took away, or changed, what says whose it is: it is set aside. */
  isNobodys = false;
  readonly start = new KnownStart();

  /** How its last user ended, as far as that matters for it. */
  get ending(): Ending {
    return this.hasLostPower ? "power" : "kill";
  }

  /** What lies before it has to be there. */
  get leastOffset(): Offset {
    return this.hasLostPower ? this.model.flushedOffset : this.model.writtenOffset;
  }

  losePower(): void {
    this.hasLostPower = true;
    this.model.writtenOffset = Math.min(this.model.writtenOffset, this.model.flushedOffset);
  }

  /** The broker has said that the batch is in the log, which holds back what `flush.messages` is due for. */
  acknowledge({ lastOffset }: ModelBatch, flushMessages: number): void {
    const { model } = this;
    const end = lastOffset + 1;
    model.writtenOffset = Math.max(model.writtenOffset, end);
    model.flushedOffset = Math.max(model.flushedOffset, end - flushMessages + 1);
  }

  /** It was looked at after a start. */
  settle(): void {
    this.hasLostPower = this.isRetentionInterrupted = false;
  }
}

/** The copy of a replica that is moved. */
export interface KnownCopy {
  readonly from: string;
  readonly root: string;
  readonly known: KnownLog;
}

/** What the logs of partitions have to have. Everything goes by the topics' ids: names come back. */
export class TopicLedger {
  readonly #logs = new Map<string, Map<string, KnownLog>>();
  readonly #copies = new Map<string, KnownCopy>();
  /** The ids of topics that are compacted, or were so once. */
  readonly #compacted = new Set<string>();
  #valueCount = 0;

  /** A value that nobody has sent before, for that partition alone. */
  newValue(topicId: string, index: number): Buffer {
    return Buffer.from(`${topicId}/${index}/${this.#valueCount++}`);
  }

  /** By the log directories that have, or had, it. */
  logsOf(topicId: string, index: number): Map<string, KnownLog> {
    const key = `${topicId}/${index}`;
    let logs = this.#logs.get(key);
    if (logs === undefined) this.#logs.set(key, (logs = new Map()));
    return logs;
  }

  logIn(topicId: string, index: number, root: string): KnownLog {
    const logs = this.logsOf(topicId, index);
    let known = logs.get(root);
    if (known === undefined) logs.set(root, (known = new KnownLog()));
    known.model.isCompacted ||= this.#compacted.has(topicId);
    return known;
  }

  copyOf(topicId: string, index: number): KnownCopy | undefined {
    return this.#copies.get(`${topicId}/${index}`);
  }

  /** The logs of a topic may be compacted from now on. */
  noteCompacted(topicId: string): void {
    this.#compacted.add(topicId);
  }

  /** The process has ended. */
  endLife(ending: "kill" | "power", isSound: boolean, nowMs: number): void {
    for (const { start } of this.#all()) start.endLife(ending, isSound, nowMs);
  }

  /** The power is lost, for directories too that are away now and come back later. */
  losePower(): void {
    for (const known of this.#all()) known.losePower();
  }

  /** Segments may have gone that nobody has heard of. */
  interruptRetention(): void {
    for (const known of this.#all()) known.isRetentionInterrupted = true;
  }

  *#all(): Generator<KnownLog> {
    for (const logs of this.#logs.values()) yield* logs.values();
    for (const { known } of this.#copies.values()) yield known;
  }

  /** Takes in what the log says of itself. */
  observe(log: Log, topicId: string, { nowMs, isRetained }: { nowMs: number; isRetained: boolean }): void {
    const { model, start } = this.logIn(topicId, log.partition, rootOf(log.dir));
    start.observe(log, model.logStartOffsetMax, nowMs, isRetained);
    model.observeStart(log.logStartOffset);
    model.observe(log);
    demandEqual(log.logEndOffset, model.endOffset, `${log.dir}: end of the log`);
    demand(log.recoveryPoint <= log.logEndOffset, () => `${log.dir}: the recovery point lies behind the log's end`);
    demand(log.writtenOffset <= log.logEndOffset, () => `${log.dir}: more is written than there is`);
  }

  /** The same of a copy, which has what its source has of the same offsets. */
  observeCopy(copy: Log, source: Log, topicId: string): void {
    const key = `${topicId}/${copy.partition}`;
    const root = rootOf(copy.dir);
    const from = rootOf(source.dir);
    const before = this.#copies.get(key);
    const isSame = before?.root === root && before.from === from;
    const known = isSame ? before.known : new KnownLog();
    if (!isSame) this.#copies.set(key, { from, root, known });
    const { model } = known;
    const { model: original } = this.logIn(topicId, copy.partition, from);
    model.isCopy = true;
    model.isCompacted ||= original.isCompacted;
    model.decisions = original.decisions;
    model.hasLostSnapshots ||= original.hasLostSnapshots;
    model.hasLostRecoveryPoint ||= original.hasLostRecoveryPoint;
    model.hasDoubtfulTimes ||= original.hasDoubtfulTimes;
    // All of them: it may have got more by the time that somebody looks at it alone.
    model.batches = original.batches;
    model.observeStart(copy.logStartOffset);
    model.logStartOffsetMax = Math.max(model.logStartOffsetMax, original.logStartOffsetMax);
    model.writtenOffset = copy.writtenOffset;
    model.flushedOffset = Math.min(Math.max(model.flushedOffset, copy.recoveryPoint), copy.writtenOffset);
  }

  /** There is no copy, or none that matters. */
  forgetCopy(topicId: string, index: number): void {
    this.#copies.delete(`${topicId}/${index}`);
  }

  /** The copy in `to` is the log now, and has all that this had. */
  move(topicId: string, index: number, from: string, to: string): void {
    const logs = this.logsOf(topicId, index);
    const known = logs.get(from) ?? new KnownLog();
    const copy = this.copyOf(topicId, index)?.known.model;
    known.model.isCopy = true;
    known.start.move();
    known.model.hasDoubtfulTimes ||= copy?.hasDoubtfulTimes ?? false;
    known.model.hasLostSnapshots ||= copy?.hasLostSnapshots ?? false;
    known.model.hasLostRecoveryPoint ||= copy?.hasLostRecoveryPoint ?? false;
    logs.delete(from);
    logs.set(to, known);
    this.forgetCopy(topicId, index);
  }

  /** The copy is the log now, and what it is a copy of is out of reach: it may have had more. */
  takeCopy(topicId: string, index: number, { root, known }: KnownCopy): void {
    this.logsOf(topicId, index).set(root, known);
    this.forgetCopy(topicId, index);
  }
}
