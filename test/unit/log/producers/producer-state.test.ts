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

describe("sequences", () => {
  test("only clients are held to them, epochs hold for all", () => {
    const partition = new Partition();
    partition.send(1, 0, { producerEpoch: 4 });
    expect(partition.append(batch({ producerId: 1, producerEpoch: 4, baseSequence: 9 }), "coordinator")).toBeNull();
    expect(partition.append(batch({ producerId: 1, producerEpoch: 3, baseSequence: 0 }), "coordinator")).toBe(
      Errors.INVALID_PRODUCER_EPOCH,
    );
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
