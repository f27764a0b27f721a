import { type Offset } from "../../src/base/brand.ts";
import { type Log } from "../../src/log/log.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { payloadOf, recordsOf } from "../../src/protocol/records/record-iterator.ts";
import { splitBatches } from "./log-model.ts";
import { rootOf } from "./log-world.ts";
import { demand } from "./violation.ts";

/** What is known of a partition's log in one directory. A batch has a value for each of its offsets. */
export interface LogHistory {
  /** By offset; what retention has removed too. */
  values: string[];
  /** The operating system has what lies before it. */
  writtenOffset: Offset;
  /** Durable is what lies before it. */
  flushedOffset: Offset;
}

/** What was sent to partitions, and what their logs have. Everything goes by the topics' ids: names come back. */
export class TopicLedger {
  readonly #histories = new Map<string, LogHistory>();
  readonly #sent = new Set<string>();
  #count = 0;

  /** Values that nobody has sent before, for that partition alone. */
  newValues(topicId: string, index: number, count: number): string[] {
    const values = Array.from({ length: count }, () => `${topicId}/${index}/${this.#count++}`);
    for (const value of values) this.#sent.add(value);
    return values;
  }

  historyOf(topicId: string, index: number, root: string): LogHistory {
    const key = `${topicId}/${index} ${root}`;
    let history = this.#histories.get(key);
    if (history === undefined) {
      this.#histories.set(key, (history = { values: [], writtenOffset: 0, flushedOffset: 0 }));
    }
    return history;
  }

  /** The power is lost: what is not durable may be gone, in directories too that are away now and come back later. */
  losePower(): void {
    for (const history of this.#histories.values()) {
      history.writtenOffset = Math.min(history.writtenOffset, history.flushedOffset);
    }
  }

  /** Somebody has removed it. */
  forget(topicId: string, index: number, root: string): void {
    this.#histories.delete(`${topicId}/${index} ${root}`);
  }

  /** Takes in what the log has beyond what is known; all of it must be this partition's, and must have been sent. */
  observe(log: Log, topicId: string): LogHistory {
    const history = this.historyOf(topicId, log.partition, rootOf(log.dir));
    const { values } = history;
    while (values.length < log.writtenOffset) {
      const result = log.read(values.length, 1_000, log.writtenOffset, true);
      if (!result.ok || result.records.length === 0) break;
      for (const { offset, value } of recordsOfAll(result.records)) {
        if (offset < values.length) continue;
        demand(offset === values.length, () => `${log.dir}: offset ${offset} comes behind ${values.length}`);
        this.#demandOwn(log, topicId, value);
        values.push(value);
      }
    }
    history.writtenOffset = Math.max(history.writtenOffset, log.writtenOffset);
    history.flushedOffset = Math.max(history.flushedOffset, log.recoveryPoint);
    return history;
  }

  #demandOwn(log: Log, topicId: string, value: string): void {
    const isOwn = value.startsWith(`${topicId}/${log.partition}/`);
    demand(isOwn, () => `${log.dir} of ${topicId} has what was sent to ${value}`);
    demand(this.#sent.delete(value), () => `${log.dir}: ${value} was not sent, or is there twice`);
  }

  /** The broker has said that these are in the log. */
  acknowledged(history: LogHistory, baseOffset: Offset, values: readonly string[], isFlushed: boolean): void {
    for (const [at, value] of values.entries()) {
      const known = history.values[baseOffset + at];
      // It could not be looked at any more: its directory has failed, or the topic is gone.
      if (known === undefined && history.values.length === baseOffset + at) {
        history.values.push(value);
        this.#sent.delete(value);
        continue;
      }
      demand(known === value, () => `${value} was acknowledged at ${baseOffset + at}, where ${known} is`);
    }
    const end = baseOffset + values.length;
    history.writtenOffset = Math.max(history.writtenOffset, end);
    if (isFlushed) history.flushedOffset = Math.max(history.flushedOffset, end);
  }

  /** After a start: the log has what it had, at least what was written, or after a loss of power what was durable. */
  adopt(log: Log, topicId: string): void {
    const history = this.historyOf(topicId, log.partition, rootOf(log.dir));
    const { logStartOffset, logEndOffset } = log;
    const least = history.writtenOffset;
    demand(logEndOffset >= least, () => `${log.dir} ends at ${logEndOffset}: what is before ${least} is lost`);
    for (let next = logStartOffset; next < Math.min(logEndOffset, history.values.length);) {
      const result = log.read(next, 1_000, logEndOffset, true);
      demand(result.ok && result.records.length > 0, () => `${log.dir}: nothing to read at ${next}`);
      for (const { offset, value } of recordsOfAll(result.records)) {
        const known = history.values[offset];
        demand(
          known === undefined || known === value || offset < logStartOffset,
          () => `${log.dir} has ${value} at ${offset}, where ${known} was`,
        );
        next = offset + 1;
      }
    }
    // What a loss of power has torn off is cut, and may come back with the next one as long as nothing is flushed.
    for (const value of history.values.splice(logEndOffset)) this.#sent.add(value);
    this.observe(log, topicId);
    history.writtenOffset = logEndOffset;
    history.flushedOffset = Math.min(history.flushedOffset, logEndOffset);
  }
}

function* recordsOfAll(records: Buffer): Generator<{ readonly offset: Offset; readonly value: string }> {
  for (const bytes of splitBatches(records)) {
    const batch = new BatchView(bytes, 0);
    for (const { offset, value } of recordsOf(batch, payloadOf(batch))) yield { offset, value: String(value) };
  }
}
