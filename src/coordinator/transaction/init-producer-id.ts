import { type ProducerEpoch, type ProducerId } from "../../base/brand.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { fenceAndAbort, needsProducerId } from "./end-transaction.ts";
import { appendTransaction, type TransactionTurn } from "./transaction-state.ts";
import { isPrepared } from "./transaction-status.ts";
import { isEpochExhausted, noProducerEpoch, noProducerId, type Transaction } from "./transaction.ts";
import { initialized, newTransaction, type NewProducer } from "./transitions.ts";

export interface InitProducerRequest {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** The id and epoch that the producer believes it has (KIP-360): it is fenced when it has lost them. */
  readonly expected: { readonly producerId: ProducerId; readonly producerEpoch: ProducerEpoch } | undefined;
}

export interface InitProducerResponse {
  readonly errorCode: ErrorCode;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/**
 * Gives a transactional id to a producer: a new epoch, or a new producer id when there is none or its epochs are used up. A
 * transaction that the producer before has left open is aborted first; the client is told to ask again meanwhile.
 */
export function initProducer(
  turn: TransactionTurn,
  request: InitProducerRequest,
  freeProducerId: ProducerId | undefined,
): InitProducerResponse | typeof needsProducerId {
  const { transactionalId, expected } = request;
  let transaction = turn.state.transactions.get(transactionalId);
  if (transaction === undefined) {
    if (freeProducerId === undefined) return needsProducerId;
    transaction = newTransaction(transactionalId, freeProducerId, turn.nowMs);
  }
  if (isPrepared(transaction.status)) return refusal(Errors.CONCURRENT_TRANSACTIONS);
  if (expected !== undefined && !mayBeOf(transaction, expected)) return refusal(Errors.PRODUCER_FENCED);
  switch (transaction.status) {
    case "Ongoing":
      return fenceAndAbort(turn, transaction, freeProducerId) ?? refusal(Errors.CONCURRENT_TRANSACTIONS);
    case "Empty":
    case "CompleteCommit":
    case "CompleteAbort":
      return newProducer(turn, transaction, request, freeProducerId);
    default:
      return refusal(Errors.UNKNOWN_SERVER_ERROR);
  }
}

function newProducer(
  turn: TransactionTurn,
  transaction: Transaction,
  { timeoutMs, expected }: InitProducerRequest,
  freeProducerId: ProducerId | undefined,
): InitProducerResponse | typeof needsProducerId {
  const { producerEpoch } = transaction;
  let producer: NewProducer | ErrorCode;
  if (!isEpochExhausted(producerEpoch)) {
    producer = nextEpoch(transaction, timeoutMs, expected?.producerEpoch);
  } else if (expected === undefined || expected.producerEpoch === producerEpoch) {
    if (freeProducerId === undefined) return needsProducerId;
    const lastProducerEpoch = expected === undefined ? noProducerEpoch : producerEpoch;
    producer = { producerId: freeProducerId, producerEpoch: 0, lastProducerEpoch, timeoutMs };
  } else {
    // There is no epoch to give, and the producer may not have another id: Kafka fails here, too.
    producer = Errors.UNKNOWN_SERVER_ERROR;
  }
  if (typeof producer === "number") return refusal(producer);
  const next = initialized(transaction, producer, turn.nowMs);
  appendTransaction(turn, next);
  turn.note("debug", "producer initialized", { transactionalId: transaction.transactionalId, ...producer });
  return { errorCode: Errors.NONE, producerId: next.producerId, producerEpoch: next.producerEpoch };
}

function nextEpoch(
  { producerId, producerEpoch, lastProducerEpoch }: Transaction,
  timeoutMs: number,
  expectedEpoch: ProducerEpoch | undefined,
): NewProducer | ErrorCode {
  if (expectedEpoch === undefined) {
    return { producerId, producerEpoch: producerEpoch + 1, lastProducerEpoch: noProducerEpoch, timeoutMs };
  }
  if (producerEpoch === noProducerEpoch || expectedEpoch === producerEpoch) {
    return { producerId, producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch, timeoutMs };
  }
  // A repeated request whose answer got lost. Had another producer come in between, there would be no last epoch.
  if (expectedEpoch === lastProducerEpoch) return { producerId, producerEpoch, lastProducerEpoch, timeoutMs };
  return Errors.PRODUCER_FENCED;
}

/** Whether the producer is the id's present one, or was it until its epochs were used up and does not know its new id. */
function mayBeOf(transaction: Transaction, expected: NonNullable<InitProducerRequest["expected"]>): boolean {
  return (
    transaction.producerEpoch === noProducerEpoch ||
    expected.producerId === transaction.producerId ||
    (expected.producerId === transaction.previousProducerId && isEpochExhausted(expected.producerEpoch))
  );
}

function refusal(errorCode: ErrorCode): InitProducerResponse {
  return { errorCode, producerId: noProducerId, producerEpoch: noProducerEpoch };
}
