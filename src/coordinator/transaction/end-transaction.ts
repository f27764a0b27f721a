import { type ProducerEpoch, type ProducerId } from "../../base/brand.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { Ticket } from "../runtime/ticket.ts";
import { isPrepared } from "./transaction-status.ts";
import { appendTransaction, isRecordable, type TransactionTurn } from "./transaction-state.ts";
import { bumpsEpoch, isEpochExhausted, noProducerEpoch, noProducerId, type Transaction } from "./transaction.ts";
import { completed, fenced, prepared } from "./transitions.ts";

export interface EndTransactionRequest {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly isCommit: boolean;
  /** 2 when the client's version of EndTxn bumps the epoch, else 0. */
  readonly clientVersion: number;
}

/** The producer's id and epoch for the next transaction; -1 where the client's version does not change them. */
export interface EndTransactionResponse {
  readonly errorCode: ErrorCode;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/** An operation cannot go on without a producer id that nobody has: it is to be run again with one. */
export const needsProducerId = Symbol("needs a producer id");

/**
 * Decides the end of a transaction. With epoch bumps a client that repeats an EndTxn is known by its old epoch, so that the
 * same epoch means the next transaction:
 *
 * ```
 *                    abort                    commit
 *                    old epoch   same epoch   old epoch   same epoch
 * Empty              fenced      abort        fenced      invalid
 * CompleteAbort      done        abort        invalid     invalid
 * CompleteCommit     invalid     abort        done        invalid
 * ```
 */
export function endTransaction(
  turn: TransactionTurn,
  request: EndTransactionRequest,
  freeProducerId: ProducerId | undefined,
): EndTransactionResponse | typeof needsProducerId {
  const transaction = turn.state.transactions.get(request.transactionalId);
  if (transaction === undefined) return refusal(Errors.INVALID_PRODUCER_ID_MAPPING);
  const isBumping = bumpsEpoch(request.clientVersion);
  const verdict = isBumping ? judgeWithBump(transaction, request) : judge(transaction, request);
  if (verdict === "done")
    return isBumping ? { errorCode: Errors.NONE, ...producerOf(transaction) } : refusal(Errors.NONE);
  if (verdict !== "prepare") return refusal(verdict);
  if (!isRecordable(turn, request.clientVersion)) return refusal(Errors.UNSUPPORTED_VERSION);
  let nextProducerId: ProducerId = noProducerId;
  if (isBumping && isEpochExhausted(transaction.producerEpoch)) {
    if (freeProducerId === undefined) return needsProducerId;
    nextProducerId = freeProducerId;
  }
  const { isCommit, clientVersion } = request;
  const next = prepared(transaction, { isCommit, clientVersion, nextProducerId }, turn.nowMs);
  appendPrepared(turn, next);
  return isBumping ? { errorCode: Errors.NONE, ...producerOf(completed(next, turn.nowMs)) } : refusal(Errors.NONE);
}

/** Aborts the transaction, and leaves its producer an epoch behind. */
export function fenceAndAbort(
  turn: TransactionTurn,
  transaction: Transaction,
  freeProducerId: ProducerId | undefined,
): typeof needsProducerId | undefined {
  const { serverVersion } = turn.state;
  let nextProducerId: ProducerId = noProducerId;
  if (bumpsEpoch(serverVersion) && isEpochExhausted(transaction.producerEpoch)) {
    if (freeProducerId === undefined) return needsProducerId;
    nextProducerId = freeProducerId;
  }
  appendPrepared(turn, fenced(transaction, serverVersion, nextProducerId, turn.nowMs));
  return undefined;
}

/** Has the markers of a prepared transaction written once it is committed that it is prepared. */
export function sendMarkers(turn: TransactionTurn, transaction: Transaction): void {
  const { effects } = turn.state.environment;
  const ticket = new Ticket<Transaction>((result) => {
    if (result.ok) effects.onPrepared(result.response);
    else effects.onPreparedInDoubt(transaction);
  });
  turn.reply(ticket, transaction);
}

/** The same when the outcome of that record was in doubt; nothing when it was lost. */
export function sendMarkersAgain(turn: TransactionTurn, inDoubt: Transaction): void {
  const transaction = turn.state.transactions.get(inDoubt.transactionalId);
  if (transaction === undefined || !isPrepared(transaction.status)) return;
  if (transaction.producerId !== inDoubt.producerId || transaction.producerEpoch !== inDoubt.producerEpoch) return;
  sendMarkers(turn, transaction);
}

function appendPrepared(turn: TransactionTurn, transaction: Transaction): void {
  appendTransaction(turn, transaction);
  sendMarkers(turn, transaction);
}

type Verdict = "prepare" | "done" | ErrorCode;

function judge(transaction: Transaction, { producerId, producerEpoch, isCommit }: EndTransactionRequest): Verdict {
  if (transaction.producerId !== producerId) return Errors.INVALID_PRODUCER_ID_MAPPING;
  if (transaction.producerEpoch !== producerEpoch) return Errors.PRODUCER_FENCED;
  switch (transaction.status) {
    case "Ongoing":
      return "prepare";
    case "PrepareCommit":
    case "PrepareAbort":
      return Errors.CONCURRENT_TRANSACTIONS;
    case "CompleteCommit":
      return isCommit ? "done" : Errors.INVALID_TXN_STATE;
    case "CompleteAbort":
      return isCommit ? Errors.INVALID_TXN_STATE : "done";
    case "Empty":
      return Errors.INVALID_TXN_STATE;
    case "Dead":
    case "PrepareEpochFence":
      return Errors.UNKNOWN_SERVER_ERROR;
  }
}

function judgeWithBump(
  transaction: Transaction,
  { producerId, producerEpoch, isCommit }: EndTransactionRequest,
): Verdict {
  // First of all: the producer may have its next id, or epoch, before the transaction is complete.
  if (isPrepared(transaction.status)) return Errors.CONCURRENT_TRANSACTIONS;
  /** The last epoch was used up: the answer that got lost told of another producer id. */
  const isRetryAfterRotation =
    transaction.previousProducerId === producerId &&
    producerEpoch === lastClientEpoch &&
    transaction.producerEpoch === 0;
  const isRetryAfterBump = transaction.producerEpoch === producerEpoch + 1;
  const isRetry = isRetryAfterRotation || isRetryAfterBump;
  const isSame = transaction.producerEpoch === producerEpoch;
  if (transaction.producerId !== producerId && !isRetryAfterRotation) return Errors.INVALID_PRODUCER_ID_MAPPING;
  switch (transaction.status) {
    case "Ongoing":
      return isSame ? "prepare" : Errors.PRODUCER_FENCED;
    case "Empty":
      if (!isSame) return Errors.PRODUCER_FENCED;
      return isCommit ? Errors.INVALID_TXN_STATE : "prepare";
    case "CompleteCommit":
    case "CompleteAbort": {
      if (!isRetry && !isSame) return Errors.PRODUCER_FENCED;
      const isSameEnd = isCommit === (transaction.status === "CompleteCommit");
      if (isRetry) return isSameEnd ? "done" : Errors.INVALID_TXN_STATE;
      return isCommit ? Errors.INVALID_TXN_STATE : "prepare";
    }
    default:
      return isSame ? Errors.UNKNOWN_SERVER_ERROR : Errors.PRODUCER_FENCED;
  }
}

const lastClientEpoch = 32_766;

function producerOf({ producerId, producerEpoch }: Transaction) {
  return { producerId, producerEpoch };
}

function refusal(errorCode: ErrorCode): EndTransactionResponse {
  return { errorCode, producerId: noProducerId, producerEpoch: noProducerEpoch };
}
