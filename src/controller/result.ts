import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";

/** What an operation of the controller decided: the records to write and the answer to give once they are committed. */
export interface ControllerResult<Response> {
  /** Written as one batch, so that all of them count or none. */
  readonly records: readonly MetadataRecordDraft[];
  readonly response: Response;
}

/** Kafka refuses requests that would write more records than this. */
export const recordsPerOperationMax = 10_000;
export const tooManyRecordsMessage = "Unable to perform excessively large batch operation.";
