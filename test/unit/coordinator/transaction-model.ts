import { Errors, type ErrorCode } from "../../../src/protocol/errors.ts";

/** A transactional id as the protocol's specification has it, without records, timers and markers. */
export interface ModelTransaction {
  readonly status: "Empty" | "Ongoing" | "PrepareCommit" | "PrepareAbort" | "CompleteCommit" | "CompleteAbort";
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly string[];
  readonly startedAtMs: number;
}

export interface ModelProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** What is answered, and what the id is then. */
export interface Expectation {
  readonly errorCode: ErrorCode;
  readonly next: ModelTransaction | undefined;
  /** Of answers that have one. */
  readonly producer?: ModelProducer;
}

type State = ModelTransaction | undefined;

function stays(state: State, errorCode: ErrorCode): Expectation {
  return { errorCode, next: state };
}

function isPrepared({ status }: ModelTransaction): boolean {
  return status === "PrepareCommit" || status === "PrepareAbort";
}

/** Whoever asks for the id gets an epoch that is higher than all before; what is open is aborted first. */
export function expectInit(state: State, freshProducerId: number): Expectation {
  if (state === undefined) {
    const producer = { producerId: freshProducerId, producerEpoch: 0 };
    const next = { ...producer, status: "Empty", partitions: [], startedAtMs: -1 } as const;
    return { errorCode: Errors.NONE, next, producer };
  }
  if (isPrepared(state)) return stays(state, Errors.CONCURRENT_TRANSACTIONS);
  const producerEpoch = state.producerEpoch + 1;
  if (state.status === "Ongoing") {
    return { errorCode: Errors.CONCURRENT_TRANSACTIONS, next: { ...state, status: "PrepareAbort", producerEpoch } };
  }
  const producer = { producerId: state.producerId, producerEpoch };
  return { errorCode: Errors.NONE, next: { ...producer, status: "Empty", partitions: [], startedAtMs: -1 }, producer };
}

export function expectAdd(state: State, by: ModelProducer, partition: string, nowMs: number): Expectation {
  if (state === undefined) return stays(state, Errors.INVALID_PRODUCER_ID_MAPPING);
  if (isPrepared(state)) return stays(state, Errors.CONCURRENT_TRANSACTIONS);
  if (state.producerId !== by.producerId) return stays(state, Errors.INVALID_PRODUCER_ID_MAPPING);
  if (state.producerEpoch !== by.producerEpoch) return stays(state, Errors.PRODUCER_FENCED);
  const isOpen = state.status === "Ongoing";
  const partitions = isOpen ? state.partitions : [];
  const next: ModelTransaction = {
    ...state,
    status: "Ongoing",
    partitions: partitions.includes(partition) ? partitions : [...partitions, partition].sort(),
    startedAtMs: isOpen ? state.startedAtMs : nowMs,
  };
  return { errorCode: Errors.NONE, next };
}

/** `isBumping`: with the end of a transaction the producer gets the epoch of the next one (KIP-890). */
export function expectEnd(state: State, by: ModelProducer, isCommit: boolean, isBumping: boolean): Expectation {
  if (state === undefined) return stays(state, Errors.INVALID_PRODUCER_ID_MAPPING);
  if (isBumping && isPrepared(state)) return stays(state, Errors.CONCURRENT_TRANSACTIONS);
  if (state.producerId !== by.producerId) return stays(state, Errors.INVALID_PRODUCER_ID_MAPPING);
  const isCurrent = state.producerEpoch === by.producerEpoch;
  const isBefore = state.producerEpoch === by.producerEpoch + 1;
  const isSameEnd = state.status === (isCommit ? "CompleteCommit" : "CompleteAbort");
  const isComplete = state.status === "CompleteCommit" || state.status === "CompleteAbort";
  const decided = (): Expectation => {
    const producerEpoch = isBumping ? state.producerEpoch + 1 : state.producerEpoch;
    const next = { ...state, status: isCommit ? "PrepareCommit" : "PrepareAbort", producerEpoch } as const;
    return { errorCode: Errors.NONE, next, ...(isBumping ? { producer: { ...by, producerEpoch } } : {}) };
  };
  if (!isBumping) {
    if (!isCurrent) return stays(state, Errors.PRODUCER_FENCED);
    if (isPrepared(state)) return stays(state, Errors.CONCURRENT_TRANSACTIONS);
    if (state.status === "Ongoing") return decided();
    return stays(state, isSameEnd ? Errors.NONE : Errors.INVALID_TXN_STATE);
  }
  // Who repeats a request has the epoch before.
  if (isBefore && isComplete) {
    if (!isSameEnd) return stays(state, Errors.INVALID_TXN_STATE);
    return { errorCode: Errors.NONE, next: state, producer: state };
  }
  if (!isCurrent) return stays(state, Errors.PRODUCER_FENCED);
  if (state.status === "Ongoing") return decided();
  // There is nothing to commit; an abort is always taken, and leaves the requests behind that are on their way.
  return isCommit ? stays(state, Errors.INVALID_TXN_STATE) : decided();
}

/** All markers are written. */
export function complete(state: ModelTransaction): ModelTransaction {
  if (!isPrepared(state)) return state;
  return { ...state, status: state.status === "PrepareCommit" ? "CompleteCommit" : "CompleteAbort", partitions: [] };
}
