import { type MetadataRecordDraft } from "../metadata/metadata-record.ts";

/** What an operation of the controller decided: the records to write and the answer to give once they are committed. */
export interface ControllerResult<Response> {
  /** Written as one batch, so that all of them count or none. */
  readonly records: readonly MetadataRecordDraft[];
  readonly response: Response;
}

/**
 * How an operation decides. One that looks at thousands of things yields now and then: others have the event loop in between,
 * but nothing is appended before it has decided, so that what it was shown still holds.
 */
export type Decision<Response> = ControllerResult<Response> | Deciding<Response>;
export type Deciding<Response> = Generator<void, ControllerResult<Response>>;

/** How many topics, partitions or resources a decision looks at in one turn. */
export const itemsOfTurn = 250;

/** Kafka refuses requests that would write more records than this. */
export const recordsPerOperationMax = 10_000;
export const tooManyRecordsMessage = "Unable to perform excessively large batch operation.";
