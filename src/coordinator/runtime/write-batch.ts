import { type Offset, type ProducerEpoch, type ProducerId } from "../../base/brand.ts";
import { type ErrorCode } from "../../protocol/errors.ts";
import { buildBatch, type RecordDraft } from "../../protocol/records/batch-builder.ts";
import { type Reply } from "./ticket.ts";

/** Whose transaction a batch belongs to, or ends. */
export interface BatchProducer {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** The batch is the marker that ends the transaction. */
  readonly isControl: boolean;
}

/** Records of one or several turns that go into the log together, and the replies that wait for them. */
export class WriteBatch {
  readonly baseOffset: Offset;
  /** The mark of the first turn that has records here: when the batch is lost, all from there on is taken back. */
  readonly firstMark: number;
  readonly producer: BatchProducer | undefined;
  /** When the batch is committed, all up to here is final. */
  lastMark: number;
  readonly records: RecordDraft[] = [];
  recordsSizeBytes = 0;
  replies: Reply[] = [];
  isCommitted = false;
  appendedAtMs = 0;

  constructor(baseOffset: Offset, mark: number, producer?: BatchProducer) {
    this.baseOffset = baseOffset;
    this.firstMark = mark;
    this.lastMark = mark - 1;
    this.producer = producer;
  }

  get isMarker(): boolean {
    return this.producer?.isControl === true;
  }

  get endOffset(): Offset {
    return this.baseOffset + this.records.length;
  }

  add(record: RecordDraft): void {
    this.records.push(record);
    this.recordsSizeBytes += recordSizeBytesMax(record);
  }

  /**
   * As Kafka's coordinators write it: with a first sequence number in no sequence, but for markers.
   * @param baseSequence where there is no producer: the kinds of coordinators differ there
   */
  toBuffer(baseSequence: number): Buffer {
    const { records, producer } = this;
    if (producer === undefined) return buildBatch({ records, baseSequence });
    const { isControl } = producer;
    return buildBatch({ records, ...producer, isTransactional: true, baseSequence: isControl ? -1 : 0 });
  }

  /** Fails the replies that wait; more may be added later. */
  fail(error: ErrorCode): void {
    const replies = this.replies;
    this.replies = [];
    for (const reply of replies) reply.fail(error);
  }
}

/** Length, attributes, timestamp and offset deltas, key and value lengths, header count: 36 bytes at the very most. */
const recordOverheadBytesMax = 36;

/** An upper bound for the record's size in a batch. */
export function recordSizeBytesMax({ key, value }: RecordDraft): number {
  return recordOverheadBytesMax + (key?.length ?? 0) + (value?.length ?? 0);
}
