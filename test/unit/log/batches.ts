import { buildBatch } from "../../../src/protocol/records/batch-builder.ts";
import { ControlType, controlRecord } from "../../../src/protocol/records/control-records.ts";
import { batches } from "../../../src/protocol/records/batches.ts";

export const startMs = 1_700_000_000_000;

export interface BatchOptions {
  readonly count?: number;
  readonly value?: string | Buffer;
  readonly key?: string | null;
  readonly timestamp?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
}

/** A batch of `count` equal records. */
export function batch(options: BatchOptions = {}): Buffer {
  const { count = 1, value = "value", key = null, timestamp = startMs, ...rest } = options;
  const record = { key: key === null ? null : Buffer.from(key), value: Buffer.from(value), timestamp };
  return buildBatch({ ...rest, records: Array.from({ length: count }, () => record) });
}

/** Base offset, last offset and bytes of each batch, to compare logs by. */
export function outline(records: Buffer): { baseOffset: number; lastOffset: number; bytes: string }[] {
  return Array.from(batches(records), (each) => ({
    baseOffset: each.baseOffset,
    lastOffset: each.lastOffset,
    bytes: each.bytes().toString("hex"),
  }));
}

/** The marker that ends a producer's transaction, as the transaction coordinator writes it. */
export function marker(producerId: number, isAbort: boolean, timestamp = startMs, producerEpoch = 0): Buffer {
  const record = controlRecord({ type: isAbort ? ControlType.ABORT : ControlType.COMMIT, coordinatorEpoch: 0 });
  const records = [{ ...record, timestamp }];
  return buildBatch({ producerId, producerEpoch, isTransactional: true, isControl: true, records });
}
