import { codecOf } from "../../protocol/codec.ts";
import { kRaftVersionRecord } from "../../protocol/control-records/k-raft-version.ts";
import { leaderChangeMessage } from "../../protocol/control-records/leader-change.ts";
import { snapshotFooterRecord } from "../../protocol/control-records/snapshot-footer.ts";
import { snapshotHeaderRecord } from "../../protocol/control-records/snapshot-header.ts";
import { votersRecord } from "../../protocol/control-records/voters.ts";
import { longText, messageJson } from "../../protocol/message-json.ts";
import { Reader } from "../../protocol/reader.ts";
import { advanceSequence, type BatchView } from "../../protocol/records/batch-header.ts";
import { ControlType, controlTypeOf } from "../../protocol/records/control-records.ts";
import { type MessageRecord } from "../../protocol/records/message-records.ts";
import { type LogRecord } from "../../protocol/records/record-iterator.ts";
import { type Message } from "../../protocol/schema.ts";
import { timestampName } from "./batch-line.ts";

/** What the tool calls the control records that carry a message. */
const controlMessages: Readonly<Record<number, { readonly title: string; readonly message: Message<unknown> }>> = {
  [ControlType.LEADER_CHANGE]: { title: "LeaderChange:", message: leaderChangeMessage },
  [ControlType.SNAPSHOT_HEADER]: { title: "SnapshotHeader", message: snapshotHeaderRecord },
  [ControlType.SNAPSHOT_FOOTER]: { title: "SnapshotFooter", message: snapshotFooterRecord },
  [ControlType.KRAFT_VERSION]: { title: "KRaftVersion", message: kRaftVersionRecord },
  [ControlType.KRAFT_VOTERS]: { title: "KRaftVoters", message: votersRecord },
};

/** The line of a record, up to its contents. */
export function recordMetadata(batch: BatchView, record: LogRecord | MessageRecord): string {
  const { baseSequence } = batch;
  const start =
    `| offset: ${longText(record.offset)} ${timestampName(batch)}: ${longText(record.timestamp)}` +
    ` keySize: ${record.key?.length ?? -1} valueSize: ${record.value?.length ?? -1}`;
  if ("crc" in record) return `${start} isValid: ${record.isValidCrc} crc: ${record.crc}`;
  const sequence = baseSequence < 0 ? -1 : advanceSequence(baseSequence, record.offset - batch.baseOffset);
  const headerKeys = record.headers.map(({ key }) => key).join(",");
  const line = `${start} sequence: ${sequence} headerKeys: [${headerKeys}]`;
  return batch.isControl ? `${line} ${controlText(record)}` : line;
}

function controlText({ key, value }: LogRecord): string {
  const type = controlTypeOf(key);
  if (type === ControlType.ABORT || type === ControlType.COMMIT) {
    const name = type === ControlType.ABORT ? "ABORT" : "COMMIT";
    // A version (int16) comes first; later ones may add fields at the end.
    return `endTxnMarker: ${name} coordinatorEpoch: ${new Reader(value ?? Buffer.alloc(0), 2).int32()}`;
  }
  const known = controlMessages[type];
  if (known === undefined) return `controlType: UNKNOWN(${type})`;
  // Kafka reads them all as version 0 and prints them in the version that they say they have.
  const decoded = codecOf(known.message, 0).decode(new Reader(value ?? Buffer.alloc(0))) as { version: number };
  return `${known.title} ${messageJson(known.message, decoded.version, decoded)}`;
}
