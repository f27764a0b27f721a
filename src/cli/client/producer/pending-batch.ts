import { sizeOfVarint } from "../../../base/varint.ts";
import { type Backoff } from "../../../io/backoff.ts";
import { Errors } from "../../../protocol/errors.ts";
import { type RecordDraft } from "../../../protocol/records/batch-builder.ts";
import { ClientError, KafkaError } from "../kafka-error.ts";

/** Where the broker put a record. */
export interface Placed {
  readonly partition: number;
  /** -1 when it was not told. */
  readonly offset: number;
}

/** Called once for a record: without an error when the broker has it. */
export type Delivered = (error?: Error, placed?: Placed) => void;

/** The header of a batch. */
export const batchOverheadBytes = 61;
/** Length, attributes, timestamp and offset of a record, when each is as long as it can be. */
const recordOverheadBytes = 21;

/** Bytes that a record takes in a batch, at most. */
export function sizeBoundOf({ key, value, headers = [] }: Omit<RecordDraft, "timestamp">): number {
  let sizeBytes = recordOverheadBytes + sizeOfField(key) + sizeOfField(value) + sizeOfVarint(headers.length);
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key);
    sizeBytes += sizeOfVarint(keyBytes) + keyBytes + sizeOfField(header.value);
  }
  return sizeBytes;
}

function sizeOfField(field: Buffer | null): number {
  return field === null ? 1 : sizeOfVarint(field.length) + field.length;
}

/**
 * Records on their way to one partition, in one batch.
 *
 * open ──full, or waited long enough──▶ ready ──sent──▶ inFlight ──▶ delivered or failed
 *                                         ▲               │
 *                                         └───to retry────┘
 */
export class PendingBatch {
  state: "open" | "ready" | "inFlight" = "open";
  readonly records: RecordDraft[] = [];
  readonly createdMs: number;
  sizeBytes = batchOverheadBytes;
  bytes: Buffer | undefined;
  attempts = 0;
  /** Where it was sent last. */
  leader = -1;
  /** The same leader does not get it again before. */
  retryAtMs = 0;
  #failures = 0;
  readonly #delivered: Delivered[] = [];

  constructor(createdMs: number) {
    this.createdMs = createdMs;
  }

  add(record: RecordDraft, sizeBytes: number, delivered: Delivered): void {
    this.records.push(record);
    this.sizeBytes += sizeBytes;
    this.#delivered.push(delivered);
  }

  sendTo(leader: number): void {
    this.state = "inFlight";
    this.leader = leader;
  }

  /** It could not be sent, or the leader could not take it. */
  retryLater(backoff: Backoff, nowMs: number): void {
    this.state = "ready";
    this.retryAtMs = nowMs + backoff.afterMs(++this.#failures);
  }

  settle(partition: number, baseOffset: number, error?: Error): void {
    this.#delivered.forEach((delivered, index) => {
      if (error === undefined) delivered(undefined, { partition, offset: baseOffset < 0 ? -1 : baseOffset + index });
      else delivered(error instanceof BatchRefused ? error.ofRecord(index) : error);
    });
  }
}

/** The broker refused a batch because of some of its records. */
export class BatchRefused extends KafkaError {
  readonly #recordErrors: ReadonlyMap<number, string>;

  /** @param recordErrors what is wrong, by the record's place in the batch; not empty */
  constructor(code: number, message: string | null, recordErrors: ReadonlyMap<number, string>) {
    super(code, message);
    this.#recordErrors = recordErrors;
  }

  ofRecord(index: number): ClientError {
    const message = this.#recordErrors.get(index);
    if (message === undefined) {
      return new ClientError(
        "org.apache.kafka.common.KafkaException",
        "Failed to append record because it was part of a batch which had one more more invalid records",
      );
    }
    // The code is the whole batch's: it says what is wrong with a record only when it is the only one.
    return new KafkaError(this.#recordErrors.size === 1 ? this.code : Errors.INVALID_RECORD, message);
  }
}
