import { type Uuid } from "../../src/base/brand.ts";
import { type AppendResult } from "../../src/log/append-result.ts";
import { type LogConfig } from "../../src/log/log-config.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { ControlType, parseControlRecord } from "../../src/protocol/records/control-records.ts";
import { type Partition } from "../../src/replication/partition.ts";
import { recordsWithin } from "./gzip-batches.ts";
import { type MarkerFacts, modelBatch, type ModelBatch } from "./log-model.ts";
import { rootOf } from "./log-world.ts";
import { type KnownLog, type TopicLedger } from "./topic-ledger.ts";
import { demand, demandEqual } from "./violation.ts";

/** A batch on its way from a client to a log. */
export interface SentBatch {
  /** As the client made it. */
  readonly bytes: Buffer;
  /** Whether the topic wants it compressed when the request comes. */
  readonly isToBeCompressed: boolean;
  /** Of an idempotent producer: whose, and where. */
  readonly producer: string | undefined;
  appended: ModelBatch | undefined;
  /** The log that has it. */
  known: KnownLog | undefined;
}

/** Compares what logs append with what clients have sent, and keeps the model of these logs. */
export class TopicAppends {
  readonly #ledger: TopicLedger;
  /** By the first record's value, which no other has. */
  readonly #sent = new Map<string, SentBatch>();
  /** Producers of which a batch is on its way: they wait for its answer before they send another one. */
  readonly #busy = new Map<string, SentBatch>();
  /** As their clients made them. */
  readonly #originals = new WeakMap<ModelBatch, Buffer>();

  constructor(ledger: TopicLedger) {
    this.#ledger = ledger;
  }

  /** The process is gone with all that was on its way. */
  clear(): void {
    this.#sent.clear();
    this.#busy.clear();
  }

  isBusy(producer: string): boolean {
    return this.#busy.has(producer);
  }

  send(batch: SentBatch): void {
    this.#sent.set(nameOf(batch.bytes), batch);
    if (batch.producer !== undefined) this.#busy.set(batch.producer, batch);
  }

  /** It is in the log, or never will be. */
  settle(batch: SentBatch): void {
    const { bytes, producer = "" } = batch;
    this.#sent.delete(nameOf(bytes));
    if (this.#busy.get(producer) === batch) this.#busy.delete(producer);
  }

  /** What the client would send again. */
  originalOf(batch: ModelBatch): Buffer | undefined {
    return this.#originals.get(batch);
  }

  /** A log has taken a batch. */
  appended({ log, topicId, index }: Partition, records: Buffer, nowMs: number): void {
    const bytes = Buffer.from(new BatchView(records, 0).bytes());
    const view = new BatchView(bytes, 0);
    const known = this.#ledger.logIn(topicId, index, rootOf(log.dir));
    const batch = modelBatch(bytes, markerIn(view), nowMs);
    known.model.append(batch);
    checkTime(view, log.config, nowMs, log.dir);
    if (view.isControl) return;
    const sent = this.#sent.get(nameOf(bytes));
    demand(sent !== undefined, () => `${log.dir}: nobody waits for the batch at ${batch.baseOffset}`);
    sent.appended = batch;
    sent.known = known;
    this.#originals.set(batch, sent.bytes);
    this.settle(sent);
    checkTaken(view, sent, log.config, log.dir);
  }
}

/** Of a producer to a partition. */
export function producerName(topicId: Uuid, index: number, producerId: number): string {
  return `${topicId}/${index}/${producerId}`;
}

function nameOf(bytes: Buffer): string {
  const [first] = recordsWithin(new BatchView(bytes, 0));
  return first?.value?.toString() ?? "";
}

function markerIn(view: BatchView): MarkerFacts | undefined {
  if (!view.isControl) return undefined;
  const [first] = recordsWithin(view);
  const record = first && parseControlRecord(first.key, first.value);
  if (record?.type !== ControlType.ABORT && record?.type !== ControlType.COMMIT) return undefined;
  return { coordinatorEpoch: record.coordinatorEpoch, isAbort: record.type === ControlType.ABORT };
}

function checkTime(view: BatchView, { messageTimestampType }: LogConfig, nowMs: number, dir: string): void {
  const isOfLog = messageTimestampType === "LogAppendTime";
  demandEqual(view.timestampType, isOfLog ? "logAppendTime" : "createTime", `${dir}: type of the timestamps`);
  if (isOfLog) demandEqual(view.maxTimestamp, nowMs, `${dir}: time of an append`);
}

/** What a log takes is what was sent, in the form that the topic wants. */
function checkTaken(view: BatchView, { bytes, isToBeCompressed }: SentBatch, config: LogConfig, dir: string): void {
  const came = new BatchView(bytes, 0);
  demand(view.isValidCrc(), () => `${dir}: the checksum at ${view.baseOffset} is wrong`);
  const isSmall = view.sizeInBytes <= Math.min(config.maxMessageBytes, config.segmentBytes);
  demand(isSmall, () => `${dir}: the batch of ${view.sizeInBytes} bytes is too large`);
  demandEqual(view.compression, isToBeCompressed ? "gzip" : "none", `${dir}: compression at ${view.baseOffset}`);
  demandEqual(headerOf(view), headerOf(came), `${dir}: header at ${view.baseOffset}`);
  const isOfLog = view.timestampType === "logAppendTime";
  const plain = (batch: BatchView) =>
    Array.from(recordsWithin(batch), ({ key, value, timestamp }) => [
      key?.toString("hex"),
      value?.toString("hex"),
      isOfLog ? undefined : timestamp,
    ]);
  demandEqual(plain(view), plain(came), `${dir}: records at ${view.baseOffset}`);
}

function headerOf(batch: BatchView) {
  const { producerId, producerEpoch, baseSequence, isTransactional, recordCount, lastOffsetDelta } = batch;
  return { producerId, producerEpoch, baseSequence, isTransactional, recordCount, lastOffsetDelta };
}

/** Who hears what is appended. */
export type OnAppended = (partition: Partition, records: Buffer) => void;

/** Tells of each batch that the partition's log takes. */
export function watchAppends(partition: Partition, onAppended: OnAppended): void {
  const append = partition.appendAsLeader.bind(partition);
  partition.appendAsLeader = (records, ...rest): AppendResult => {
    const result = append(records, ...rest);
    if (result.ok && !result.duplicate) onAppended(partition, records);
    return result;
  };
}
