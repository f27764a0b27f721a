import { describe, expect, test } from "vitest";
import { type AppendOrigin } from "../../../../src/log/append-result.ts";
import { ProducerState } from "../../../../src/log/producers/producer-state.ts";
import { Errors } from "../../../../src/protocol/errors.ts";
import { BatchView } from "../../../../src/protocol/records/batch-header.ts";
import { batch, type BatchOptions, marker } from "../batches.ts";

class Partition {
  readonly state = new ProducerState("topic-0");
  #end = 0;

  /** What an append does: check, then take in; the error when there is one. */
  append(bytes: Buffer, origin: AppendOrigin = "client") {
    const view = new BatchView(bytes, 0);
    const failure = this.state.check(view, origin, this.#end);
    if (failure !== null) return failure.error;
    view.setBaseOffset(this.#end);
    const aborted = this.state.update(view);
    this.#end = view.nextOffset;
    return aborted;
  }

  send(producerId: number, baseSequence: number, options: BatchOptions = {}) {
    return this.append(batch({ producerId, producerEpoch: 0, baseSequence, ...options }));
  }
}

describe("transactions", () => {
  test("the oldest open one holds the first undecided offset", () => {
    const partition = new Partition();
    const { transactions } = partition.state;
    partition.send(1, 0, { isTransactional: true, count: 3 });
    partition.send(2, 0, { isTransactional: true });
    partition.send(1, 3, { isTransactional: true });
    expect(transactions.firstUndecidedOffset).toBe(0);
    expect(partition.append(marker(1, true), "coordinator")).toEqual({
      producerId: 1,
      firstOffset: 0,
      lastOffset: 5,
      lastStableOffset: 3,
    });
    expect([transactions.firstUndecidedOffset, transactions.firstUnstableOffset]).toEqual([3, 0]);
    transactions.onHighWatermark(5);
    expect(transactions.firstUnstableOffset).toBe(0);
    transactions.onHighWatermark(6);
    expect(transactions.firstUnstableOffset).toBe(3);
    expect(partition.append(marker(2, false), "coordinator")).toBeNull();
    transactions.onHighWatermark(7);
    expect([transactions.firstUndecidedOffset, transactions.firstUnstableOffset]).toEqual([-1, -1]);
  });

  test("a marker without a transaction changes nothing but the epochs", () => {
    const partition = new Partition();
    expect(partition.append(marker(1, true), "coordinator")).toBeNull();
    expect(partition.state.get(1)).toMatchObject({ coordinatorEpoch: 0, producerEpoch: 0, lastSequence: -1 });
  });

  test("a plain write inside a transaction is refused", () => {
    const partition = new Partition();
    partition.send(1, 0, { isTransactional: true });
    expect(partition.send(1, 1)).toBe(Errors.INVALID_TXN_STATE);
  });

  test("a coordinator of an older epoch is fenced", () => {
    const partition = new Partition();
    partition.append(marker(1, true), "coordinator");
    partition.state.get(1)!.coordinatorEpoch = 3;
    expect(partition.append(marker(1, true), "coordinator")).toBe(Errors.TRANSACTION_COORDINATOR_FENCED);
  });
});

describe("a batch whose transaction is being verified", () => {
  const epochOf = (epoch: number): BatchOptions => ({ producerEpoch: epoch, isTransactional: true });
  // The first batch that gets into the log is the one that the producer sent first, whatever the order of the answers.
  test.each([
    {
      asked: [
        [0, 5],
        [0, 3],
      ],
      sent: [0, 5],
      error: Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
    },
    {
      asked: [
        [0, 5],
        [0, 3],
      ],
      sent: [0, 3],
      error: undefined,
    },
    {
      asked: [
        [0, 3],
        [0, 5],
      ],
      sent: [0, 5],
      error: Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
    },
    {
      asked: [
        [0, 3],
        [1, 7],
      ],
      sent: [1, 7],
      error: undefined,
    },
    {
      asked: [
        [1, 7],
        [0, 3],
      ],
      sent: [1, 7],
      error: undefined,
    },
  ])("waits for one that was sent before it: $asked, $sent", ({ asked, sent, error }) => {
    const { state } = new Partition();
    for (const [epoch, sequence] of asked) state.startVerification(1, epoch!, sequence!, false, 0);
    const bytes = batch({ producerId: 1, baseSequence: sent[1]!, ...epochOf(sent[0]!) });
    expect(state.check(new BatchView(bytes, 0), "client", 0)?.error).toBe(error);
  });

  test("may go on with its numbers where the partition knows some of its epoch", () => {
    const partition = new Partition();
    partition.send(1, 0);
    partition.state.startVerification(1, 0, 1, true, 0);
    expect(partition.send(1, 1, { isTransactional: true })).toBeNull();
  });

  test("may be appended behind a plain one", () => {
    const state = new ProducerState("topic-0", { verifiesTransactions: true });
    const guard = state.startVerification(1, 0, 1, false, 0) as object;
    state.update(new BatchView(batch({ producerId: 1, producerEpoch: 0, baseSequence: 0 }), 0));
    const next = new BatchView(batch({ producerId: 1, baseSequence: 1, ...epochOf(0) }), 0);
    expect(state.check(next, "client", 1)?.error).toBe(Errors.INVALID_TXN_STATE);
    expect(state.check(next, "client", 1, { guard })).toBeNull();
  });
});

test("a state that could not be made anew still keeps back what is not replicated", () => {
  const partition = new Partition();
  const { state } = partition;
  partition.send(1, 0, { isTransactional: true, count: 3 });
  expect(partition.append(marker(1, true), "coordinator")).toMatchObject({ lastOffset: 3, lastStableOffset: 4 });
  const act = () => {
    state.clear(0);
    throw new Error("no descriptors");
  };
  expect(() => state.remake(act)).toThrow("no descriptors");
  expect([state.transactions.firstUndecidedOffset, state.transactions.firstUnstableOffset]).toEqual([-1, 0]);
  expect(state.endOffset).toBe(4);
});

describe("sequences", () => {
  test("only clients are held to them, epochs hold for all", () => {
    const partition = new Partition();
    partition.send(1, 0, { producerEpoch: 4 });
    expect(partition.append(batch({ producerId: 1, producerEpoch: 4, baseSequence: 9 }), "coordinator")).toBeNull();
    expect(partition.append(batch({ producerId: 1, producerEpoch: 3, baseSequence: 0 }), "coordinator")).toBe(
      Errors.INVALID_PRODUCER_EPOCH,
    );
  });

  test("a producer without an epoch has none, and may begin anywhere when it has got one", () => {
    const partition = new Partition();
    expect(partition.send(1, 5, { producerEpoch: -1 })).toBeNull();
    expect(partition.send(1, 9, { producerEpoch: -1 })).toBeNull();
    expect(partition.send(1, 7, { producerEpoch: 0 })).toBeNull();
    expect(partition.send(1, 9, { producerEpoch: 0 })).toBe(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
  });

  test("a producer that is not known may begin anywhere", () => {
    expect(new Partition().send(1, 500)).toBeNull();
  });

  test("a duplicate has the same first and last sequence and epoch", () => {
    const partition = new Partition();
    partition.send(1, 0, { count: 3 });
    const find = (options: BatchOptions) =>
      partition.state.findDuplicate(new BatchView(batch({ producerId: 1, producerEpoch: 0, ...options }), 0));
    expect(find({ baseSequence: 0, count: 3 })).toMatchObject({ lastOffset: 2, offsetDelta: 2 });
    expect(find({ baseSequence: 0, count: 2 })).toBeUndefined();
    expect(find({ baseSequence: 1, count: 2 })).toBeUndefined();
    expect(find({ baseSequence: 0, count: 3, producerEpoch: 1 })).toBeUndefined();
    expect(find({ baseSequence: 0, count: 3, producerId: 2 })).toBeUndefined();
    partition.send(3, 2_147_483_646, { count: 4 });
    expect(find({ producerId: 3, baseSequence: 2_147_483_646, count: 4 })).toMatchObject({ lastSequence: 1 });
  });
});

test("a verification that nobody used expires", () => {
  const { state } = new Partition();
  const start = (nowMs: number) => state.startVerification(1, 0, 0, false, nowMs);
  const guard = start(1_000);
  state.expire(1_999, 1_000);
  expect(start(1_999)).toBe(guard);
  state.expire(2_000, 1_000);
  expect(start(2_000)).not.toBe(guard);
});

test("expiry spares open transactions", () => {
  const partition = new Partition();
  partition.send(1, 0, { timestamp: 1_000 });
  partition.send(2, 0, { timestamp: 1_000, isTransactional: true });
  partition.send(3, 0, { timestamp: 1_001 });
  partition.state.expire(2_000, 1_000);
  expect(Array.from(partition.state.entries(), ({ producerId }) => producerId)).toEqual([2, 3]);
});
