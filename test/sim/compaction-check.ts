import { type Offset } from "../../src/base/brand.ts";
import { BatchView } from "../../src/protocol/records/batch-header.ts";
import { recordsWithin } from "./gzip-batches.ts";
import { type ModelBatch, type ModelTransactions, producersOf, splitBatches } from "./log-model.ts";
import { type AbortedTransaction } from "../../src/log/segment/transaction-index.ts";

export interface PlainRecord {
  readonly offset: Offset;
  readonly timestamp: number;
  readonly key: string | null;
  /** In hexadecimal digits; null for a tombstone. */
  readonly value: string | null;
}

/** What a compacted log is compared with. */
export interface CompactionFacts {
  readonly startOffset: Offset;
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
}

export function recordsIn(bytes: Buffer): PlainRecord[] {
  const batch = new BatchView(bytes, 0);
  return Array.from(recordsWithin(batch), ({ offset, timestamp, key, value }) => ({
    offset,
    timestamp,
    key: key?.toString("hex") ?? null,
    value: value?.toString("hex") ?? null,
  }));
}

export type Fate = "plain" | "committed" | "aborted" | "open";

interface Transaction {
  readonly fate: Exclude<Fate, "plain">;
  /** Undefined while the transaction is open. */
  readonly marker: ModelBatch | undefined;
}

/** The transaction of each transactional batch of records, by the batch's last offset. */
export function transactionsOf(history: readonly ModelBatch[]): Map<Offset, Transaction> {
  const found = new Map<Offset, Transaction>();
  const open = new Map<number, ModelBatch[]>();
  for (const batch of history) {
    if (!batch.isTransactional) continue;
    const own = open.get(batch.producerId) ?? [];
    if (batch.coordinatorEpoch < 0) {
      open.set(batch.producerId, [...own, batch]);
      continue;
    }
    const fate = batch.isAbort ? "aborted" : "committed";
    for (const { lastOffset } of own) found.set(lastOffset, { fate, marker: batch });
    open.delete(batch.producerId);
  }
  for (const own of open.values()) {
    for (const { lastOffset } of own) found.set(lastOffset, { fate: "open", marker: undefined });
  }
  return found;
}

/**
 * What is wrong with a compacted log that holds `records`, when `history` is all that was appended up to its end: undefined
 * when every record is one that was appended, at its offset; the newest of each key is there, also where a transaction that
 * is undecided turns out either way; and tombstones and markers have stayed as long as they must.
 */
export function compactionViolation(
  records: Buffer,
  history: readonly ModelBatch[],
  { startOffset, nowMs, deleteRetentionMs }: CompactionFacts,
): string | undefined {
  const originals = new Map(history.map((batch) => [batch.lastOffset, batch]));
  const transactions = transactionsOf(history);
  const kept = new Map<Offset, PlainRecord>();
  const markers = new Set<Offset>();
  for (const bytes of splitBatches(records)) {
    const view = new BatchView(bytes, 0);
    const original = originals.get(view.lastOffset);
    if (original === undefined) return `no batch with the last offset ${view.lastOffset} was appended`;
    const difference = headerDifference(view, original);
    if (difference !== undefined) return `the batch up to ${view.lastOffset} has another ${difference}`;
    const known = new Map(recordsIn(original.bytes).map((record) => [record.offset, record]));
    for (const record of recordsIn(bytes)) {
      const appended = known.get(record.offset);
      if (JSON.stringify(record) !== JSON.stringify(appended)) return `there is another record at ${record.offset}`;
      if (view.isControl) markers.add(view.lastOffset);
      else if (record.offset >= startOffset) kept.set(record.offset, record);
    }
  }
  const isTooEarly = ({ appendedMs }: ModelBatch): boolean => nowMs < appendedMs + deleteRetentionMs;
  for (const batch of history) {
    if (batch.lastOffset < startOffset) continue;
    if (batch.coordinatorEpoch >= 0 && !markers.has(batch.lastOffset) && isTooEarly(batch)) {
      return `the marker at ${batch.lastOffset} is gone too early`;
    }
  }
  for (const isCounted of [
    (fate: Fate) => fate === "plain" || fate === "committed",
    (fate: Fate) => fate !== "aborted",
  ]) {
    const expected = new Map<string, { record: PlainRecord; batch: ModelBatch }>();
    const actual = new Map<string, PlainRecord>();
    for (const batch of history) {
      if (batch.coordinatorEpoch >= 0) continue;
      const transaction = transactions.get(batch.lastOffset);
      for (const record of recordsIn(batch.bytes)) {
        const found = kept.get(record.offset);
        const needsMarker = transaction?.marker !== undefined && found !== undefined;
        if (needsMarker && !markers.has(transaction.marker.lastOffset)) {
          return `the record at ${record.offset} is there without the marker at ${transaction.marker.lastOffset}`;
        }
        // Without a key, from before the log was compacted, a record has nothing to stay for.
        if (record.key === null) continue;
        if (record.offset < startOffset || !isCounted(transaction?.fate ?? "plain")) continue;
        expected.set(record.key, { record, batch });
        if (found !== undefined) actual.set(record.key, found);
      }
    }
    for (const [key, { record, batch }] of expected) {
      const found = actual.get(key);
      if (found?.offset === record.offset) continue;
      const isGone = record.value === null && found === undefined;
      if (!isGone) return `of key ${key} offset ${found?.offset ?? "none"} is the newest, not ${record.offset}`;
      if (isTooEarly(batch)) return `the tombstone at ${record.offset} is gone too early`;
    }
  }
  return undefined;
}

function headerDifference(view: BatchView, original: ModelBatch): string | undefined {
  if (view.baseOffset !== original.baseOffset) return "base offset";
  if (view.partitionLeaderEpoch !== original.epoch) return "epoch";
  if (view.producerId !== original.producerId || view.producerEpoch !== original.producerEpoch) return "producer";
  if (view.baseSequence !== original.baseSequence) return "sequence";
  if (view.isTransactional !== original.isTransactional) return "kind";
  return view.isControl === original.coordinatorEpoch >= 0 ? undefined : "kind";
}

/**
 * What is wrong with a compacted log's index of aborted transactions: those of which records are left must be in it, and
 * nothing that was not aborted.
 */
export function abortedViolation(
  actual: readonly AbortedTransaction[],
  history: readonly ModelBatch[],
  surviving: readonly Buffer[],
): string | undefined {
  const { aborted }: ModelTransactions = producersOf(history);
  const isSame = (one: AbortedTransaction, other: AbortedTransaction): boolean =>
    one.producerId === other.producerId && one.lastOffset === other.lastOffset;
  for (const each of actual) {
    const original = aborted.find((other) => isSame(each, other));
    if (original === undefined || original.firstOffset > each.firstOffset) {
      return `${JSON.stringify(each)} was not aborted`;
    }
  }
  for (const each of aborted) {
    const first = surviving
      .map((bytes) => new BatchView(bytes, 0))
      .find(({ producerId, isTransactional, isControl, recordCount, baseOffset }) => {
        const isIts = producerId === each.producerId && isTransactional && !isControl && recordCount > 0;
        return isIts && baseOffset >= each.firstOffset && baseOffset < each.lastOffset;
      });
    if (first === undefined) continue;
    const entry = actual.find((other) => isSame(each, other));
    if (entry === undefined || entry.firstOffset > first.baseOffset) return `${JSON.stringify(each)} is missing`;
  }
  return undefined;
}
