import { Errors, type ErrorCode } from "../errors.ts";

/** Bytes that cannot be a record batch: wrong size, wrong magic, wrong CRC. */
export class CorruptRecordError extends Error {
  override readonly name = "CorruptRecordError";
  readonly code = Errors.CORRUPT_MESSAGE;
}

/** A batch whose CRC is right, but whose records are not what its header says. */
export class InvalidRecordError extends Error {
  override readonly name: string = "InvalidRecordError";
  readonly code: ErrorCode = Errors.INVALID_RECORD;
}

/** The same where Kafka's own reader fails in a way it did not foresee, which clients see as an unknown error. */
export class UnreadableRecordsError extends InvalidRecordError {
  override readonly name = "UnreadableRecordsError";
  override readonly code = Errors.UNKNOWN_SERVER_ERROR;
}
