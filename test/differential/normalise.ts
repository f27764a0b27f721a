import { zeroUuid } from "../../src/base/uuid.ts";
import { errorName } from "../../src/protocol/errors.ts";
import { type BatchView } from "../../src/protocol/records/batch-header.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { ControlType, parseControlRecord } from "../../src/protocol/records/control-records.ts";
import { RecordCursor } from "../../src/protocol/records/record-cursor.ts";
import { payloadOf } from "../../src/protocol/records/record-iterator.ts";

/** Names that differ from one broker and run to the next are written as what they stand for. */
export class Names {
  readonly #known = new Map<string, string>();
  readonly #numbered = new Map<string, Map<number | string, number>>();

  set(value: string, name: string): void {
    this.#known.set(value, name);
  }

  of(value: string): string {
    for (const [known, name] of this.#known) value = value.replaceAll(known, name);
    return value;
  }

  /** The first id of a kind is 1, the second 2, … */
  numbered(kind: string, value: number | string): string {
    let ids = this.#numbered.get(kind);
    if (ids === undefined) this.#numbered.set(kind, (ids = new Map()));
    if (!ids.has(value)) ids.set(value, ids.size + 1);
    return `<${kind} ${ids.get(value)}>`;
  }
}

const markerMsMin = 1_750_000_000_000;

/** Fields that are left out while they say nothing. */
const silent = new Set([
  '"throttleTimeMs":0',
  `"topicId":"${zeroUuid}"`,
  '"nodeEndpoints":[]',
  '"recordErrors":[]',
  '"errorMessage":null',
  '"preferredReadReplica":-1',
  '"currentLeader":{"leaderId":-1,"leaderEpoch":-1}',
  '"divergingEpoch":{"epoch":-1,"endOffset":-1}',
  '"snapshotId":{"endOffset":-1,"epoch":-1}',
]);

/** These stand in the order of what ids and names of a run hash to. */
const topicLists = new Set(["topicPartitions", "subscribedTopicNames"]);

/**
 * An answer without what may differ, in a form that a person can read. Kafka keeps most lists in hash maps: they are
 * sorted unless their order means something.
 */
export function normalised(value: unknown, names: Names, isOrdered: boolean, field = ""): unknown {
  if (Buffer.isBuffer(value)) return field === "records" ? batchLines(value, names) : value.toString("hex");
  if (Array.isArray(value)) {
    const entries = value.map((entry) => normalised(entry, names, isOrdered, field));
    // Partitions come in the order of hash maps that were copied from one another.
    return isOrdered && !topicLists.has(field) && typeof entries[0] !== "number"
      ? entries
      : entries.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .map(([name, inner]) => [name, normalised(inner, names, isOrdered, name)] as const)
      .filter(([name, inner]) => !silent.has(`${JSON.stringify(name)}:${JSON.stringify(inner)}`));
    return Object.fromEntries(entries);
  }
  if (typeof value === "string") return text(value, names, field);
  return typeof value === "number" ? number(value, names, field) : value;
}

function text(value: string, names: Names, field: string): string {
  if (field === "topicId" && value !== zeroUuid && names.of(value) === value) return names.numbered("topic id", value);
  const known = names.of(value);
  // The id of a member whose answer nobody has seen; the broker draws it.
  if (field === "memberId" || field === "leader") {
    return known.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|^[\w-]{22}$/, "<uuid>");
  }
  // Bounds of timestamps depend on the time of day.
  return known.replace(/\[-?\d+, \d+\]/g, "[…]");
}

function number(value: number, names: Names, field: string): unknown {
  if (field === "errorCode" || field === "partitionErrorCode") return errorName(value);
  if (field === "sessionId" && value !== 0) return names.numbered("session", value);
  if (field === "producerId" && value >= 0) return names.numbered("producer", value);
  // A marker's time is that of its writing; records have times of the past.
  if (field === "transactionStartTimeMs" && value > 0) return "<now>";
  if (field === "lastTimestamp" || field === "timestamp") return value > markerMsMin ? "<now>" : value;
  if (/^(logAppendTimeMs|totalBytes|usableBytes|finalizedFeaturesEpoch|port)$/.test(field))
    return value >= 0 ? "<some>" : value;
  return value;
}

/**
 * One line a batch. The CRC stands for what is not shown. Kafka cuts the records at the limit, wherever that is; clients
 * ignore the part of a batch behind them, and ours does not send it.
 */
function batchLines(records: Buffer, names: Names): string[] {
  const lines: string[] = [];
  for (const batch of batches(records)) {
    const { baseOffset, lastOffset, recordCount, partitionLeaderEpoch, compression, producerId, baseSequence } = batch;
    const isAppendTime = batch.timestampType === "logAppendTime";
    const producer = producerId < 0 ? "" : ` ${names.numbered("producer", producerId)} sequence ${baseSequence}`;
    const hasTimeOfDay = isAppendTime || batch.maxTimestamp > markerMsMin;
    const time = isAppendTime ? " log append time" : hasTimeOfDay ? "" : ` max time ${batch.maxTimestamp}`;
    const crc = isAppendTime || producerId >= 0 ? "" : ` crc ${batch.crc.toString(16)}`;
    const kinds = `${compression}${batch.isTransactional ? " transactional" : ""}${batch.isControl ? " control" : ""}`;
    const range = `${baseOffset}..${lastOffset} (${recordCount}) epoch ${partitionLeaderEpoch}`;
    const marker = batch.isControl ? markerOf(batch) : "";
    lines.push(`${range} ${kinds}${marker} ${batch.sizeInBytes} bytes${producer}${time}${crc}`);
  }
  return lines;
}

function markerOf(batch: BatchView): string {
  const cursor = new RecordCursor(batch, payloadOf(batch));
  if (!cursor.next()) return " empty";
  const record = parseControlRecord(cursor.key(), cursor.value());
  if (record === undefined || !("coordinatorEpoch" in record)) return " other";
  return ` ${record.type === ControlType.COMMIT ? "commit" : "abort"} of coordinator ${record.coordinatorEpoch}`;
}
