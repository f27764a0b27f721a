import { Errors } from "../../../protocol/errors.ts";
import { isTransient } from "../cluster.ts";
import { KafkaError } from "../kafka-error.ts";

export interface BatchFailure {
  readonly code: number;
  readonly mayRetry: boolean;
  /** What was sent behind a batch that failed comes out of order, and goes again after it. */
  readonly isBehindFailure: boolean;
  /** The broker does not know the producer (any more): it goes on as a new one. */
  readonly isUnknown: boolean;
}

/** What the failure of a batch means. @param batch `isFirst`: the oldest of its partition that is not acknowledged */
export function failureOf(
  error: Error,
  batch: { readonly isFirst: boolean; readonly isIdempotent: boolean; readonly isTransactional: boolean },
): BatchFailure {
  const code = error instanceof KafkaError ? error.code : Errors.NETWORK_EXCEPTION;
  const isBehindFailure = code === Errors.OUT_OF_ORDER_SEQUENCE_NUMBER && !batch.isFirst;
  const isUnknown =
    code === Errors.UNKNOWN_PRODUCER_ID || (code === Errors.OUT_OF_ORDER_SEQUENCE_NUMBER && batch.isFirst);
  const mayGoOnAnew = isUnknown && batch.isIdempotent && !batch.isTransactional;
  return { code, mayRetry: isTransient(error) || isBehindFailure || mayGoOnAnew, isBehindFailure, isUnknown };
}
