import { type ProducerEpoch, type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { type RecordDraft } from "../../protocol/records/batch-builder.ts";
import { controlRecord, ControlType } from "../../protocol/records/control-records.ts";

/** The end of a transaction in one partition, as the transaction's coordinator wants it written. */
export interface TransactionEnd {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** Epoch of the transaction's coordinator: the log refuses that of one that has been replaced. */
  readonly coordinatorEpoch: number;
  readonly isCommit: boolean;
  /** 0 to 2. */
  readonly transactionVersion: number;
}

/** The record of its marker. */
export function markerRecord({ isCommit, coordinatorEpoch }: TransactionEnd, nowMs: TimestampMs): RecordDraft {
  const type = isCommit ? ControlType.COMMIT : ControlType.ABORT;
  return { ...controlRecord({ type, coordinatorEpoch }), timestamp: nowMs };
}
