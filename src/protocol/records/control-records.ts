import { codecOf } from "../codec.ts";
import { endTxnMarker } from "../control-records/end-txn-marker.ts";
import { kRaftVersionRecord, type KRaftVersionRecord } from "../control-records/k-raft-version.ts";
import { leaderChangeMessage, type LeaderChangeMessage } from "../control-records/leader-change.ts";
import { snapshotFooterRecord, type SnapshotFooterRecord } from "../control-records/snapshot-footer.ts";
import { snapshotHeaderRecord, type SnapshotHeaderRecord } from "../control-records/snapshot-header.ts";
import { votersRecord, type VotersRecord } from "../control-records/voters.ts";
import { DecodeError, Reader } from "../reader.ts";
import { type Draft, type Message } from "../schema.ts";
import { Writer } from "../writer.ts";
import { InvalidRecordError } from "./errors.ts";

/**
 * The records of control batches. The key is `version int16 = 0, type int16`; the value is a message of the type. That of
 * the transaction markers has its version in front; those of raft carry it as a field and are always of version 0.
 */
export const ControlType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const;

export type ControlRecord =
  | { readonly type: typeof ControlType.ABORT; readonly coordinatorEpoch: number }
  | { readonly type: typeof ControlType.COMMIT; readonly coordinatorEpoch: number }
  | { readonly type: typeof ControlType.LEADER_CHANGE; readonly message: LeaderChangeMessage }
  | { readonly type: typeof ControlType.SNAPSHOT_HEADER; readonly message: SnapshotHeaderRecord }
  | { readonly type: typeof ControlType.SNAPSHOT_FOOTER; readonly message: SnapshotFooterRecord }
  | { readonly type: typeof ControlType.KRAFT_VERSION; readonly message: KRaftVersionRecord }
  | { readonly type: typeof ControlType.KRAFT_VOTERS; readonly message: VotersRecord };

/** What `controlRecord` takes: fields that are left out get their default. */
export type ControlRecordDraft = DraftOf<ControlRecord>;
type DraftOf<R> = R extends { type: infer T; message: infer M } ? { type: T; message: Draft<M> } : R;

const currentVersion = 0;

const messageByType: { readonly [type: number]: Message<unknown> } = {
  [ControlType.LEADER_CHANGE]: leaderChangeMessage,
  [ControlType.SNAPSHOT_HEADER]: snapshotHeaderRecord,
  [ControlType.SNAPSHOT_FOOTER]: snapshotFooterRecord,
  [ControlType.KRAFT_VERSION]: kRaftVersionRecord,
  [ControlType.KRAFT_VOTERS]: votersRecord,
};

/** Key and value for `buildBatch`. */
export function controlRecord(record: ControlRecordDraft): { key: Buffer; value: Buffer } {
  const key = new Writer();
  key.int16(currentVersion);
  key.int16(record.type);
  const value = new Writer();
  if (record.type === ControlType.ABORT || record.type === ControlType.COMMIT) {
    value.int16(currentVersion);
    codecOf(endTxnMarker, currentVersion).encode(value, { coordinatorEpoch: record.coordinatorEpoch });
  } else {
    codecOf(messageByType[record.type]!, currentVersion).encode(value, record.message);
  }
  return { key: key.toBuffer(), value: value.toBuffer() };
}

/** The type of a control record; types that Kafka 4.3 does not know are passed over by their readers. */
export function controlTypeOf(key: Buffer | null): number {
  if (key === null || key.length < 4) {
    throw new InvalidRecordError(
      `Invalid value size found for control record key. Must have at least 4 bytes, but found only ${key?.length ?? 0}`,
    );
  }
  const version = key.readInt16BE(0);
  if (version < 0)
    throw new InvalidRecordError(`Invalid version found for control record: ${version}. May indicate data corruption`);
  return key.readInt16BE(2);
}

/**
 * Reads a control record; undefined when Kafka 4.3 does not know its type.
 * @throws InvalidRecordError when it is malformed
 */
export function parseControlRecord(key: Buffer | null, value: Buffer | null): ControlRecord | undefined {
  const type = controlTypeOf(key);
  if (type !== ControlType.ABORT && type !== ControlType.COMMIT && messageByType[type] === undefined) return undefined;
  if (value === null) throw new InvalidRecordError(`The control record of type ${type} has no value`);
  const reader = new Reader(value);
  try {
    if (type === ControlType.ABORT || type === ControlType.COMMIT) {
      reader.int16(); // Later versions may add fields at the end.
      return { type, ...codecOf(endTxnMarker, currentVersion).decode(reader) };
    }
    return { type, message: codecOf(messageByType[type]!, currentVersion).decode(reader) } as ControlRecord;
  } catch (error) {
    if (error instanceof DecodeError)
      throw new InvalidRecordError(`The control record of type ${type}: ${error.message}`);
    throw error;
  }
}
