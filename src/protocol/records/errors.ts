import { Errors } from "../errors.ts";

/** Bytes that cannot be a record batch: wrong size, wrong magic, wrong CRC. */
export class CorruptRecordError extends Error {
  override readonly name = "CorruptRecordError";
  readonly code = Errors.CORRUPT_MESSAGE;
}

/** A batch whose CRC is right, but whose records are not what its header says, or cannot be decompressed. */
export class InvalidRecordError extends Error {
  override readonly name = "InvalidRecordError";
  readonly code = Errors.INVALID_RECORD;
}
