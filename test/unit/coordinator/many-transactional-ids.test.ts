import { expect, test } from "vitest";
import { Timeline } from "../../../src/base/timeline-map.ts";
import { Turn } from "../../../src/coordinator/runtime/turn.ts";
import { expireIds } from "../../../src/coordinator/transaction/expire-ids.ts";
import { matchingTransactions } from "../../../src/coordinator/transaction/list-transactions.ts";
import { type TransactionRecord } from "../../../src/coordinator/transaction/transaction-records.ts";
import { TransactionState, type TransactionTurn } from "../../../src/coordinator/transaction/transaction-state.ts";
import { type TransactionStatus } from "../../../src/coordinator/transaction/transaction-status.ts";
import { noPartitions } from "../../../src/coordinator/transaction/transaction.ts";
import { type Timers } from "../../../src/io/ports.ts";
import { testTransactionConfig } from "./transaction-world.ts";

const nowMs = 1_000_000_000_000;

function idUnusedFor(transactionalId: string, status: TransactionStatus, unusedMs: number) {
  const producer = {
    producerId: 1,
    previousProducerId: -1,
    nextProducerId: -1,
    producerEpoch: 0,
    lastProducerEpoch: -1,
  };
  const times = { timeoutMs: 60_000, startedAtMs: -1, updatedAtMs: nowMs - unusedMs };
  return { transactionalId, ...producer, status, partitions: noPartitions, ...times, clientVersion: 2 };
}

test("ids that have expired are forgotten a part at a time, each one once, and no others", () => {
  const effects = { onPrepared() {}, onPreparedInDoubt() {}, onTimedOutWithoutEpochs() {} };
  const environment = { config: testTransactionConfig, effects, transactionVersion: () => 2 };
  const state = new TransactionState(new Timeline(), environment);
  const { idExpirationMs, idExpirationCheckIntervalMs } = testTransactionConfig;
  for (let index = 0; index < 5_000; index++) {
    state.transactions.set(`id-${index}`, idUnusedFor(`id-${index}`, "CompleteCommit", idExpirationMs));
  }
  state.transactions.set("open", idUnusedFor("open", "Ongoing", idExpirationMs));
  state.transactions.set("used", idUnusedFor("used", "Empty", idExpirationMs - 1));
  const forgotten: number[] = [];
  const delays: (number | undefined)[] = [];
  let operation: (turn: TransactionTurn) => void = expireIds;
  do {
    const turn: TransactionTurn = new Turn(state, nowMs, ({ transactionalId, transaction }: TransactionRecord) => {
      expect(transaction).toBeNull();
      expect(state.transactions.delete(transactionalId)).toBe(true);
    });
    operation(turn);
    expect(turn.isDivisible).toBe(true);
    forgotten.push(turn.records.length);
    ({ operation } = turn.timers[0]!);
    delays.push(turn.timers[0]!.delayMs);
  } while (delays.at(-1) === 0);
  expect(forgotten).toEqual([2_000, 2_000, 1_000]);
  expect(delays).toEqual([0, 0, idExpirationCheckIntervalMs]);
  expect([...state.transactions.keys()]).toEqual(["open", "used"]);
});

test("a pattern is matched with a part of the ids at a time", async () => {
  const transactionStates = Array.from({ length: 5_000 }, (_, index) => ({ transactionalId: `id-${index}` }));
  const parts: number[] = [];
  let matched = 0;
  const timers: Pick<Timers, "endOfTurn"> = {
    endOfTurn(callback) {
      parts.push(matched);
      callback();
    },
  };
  const matches = (id: string) => {
    matched++;
    return id.endsWith("99");
  };
  const response = await matchingTransactions({ transactionStates }, matches, timers as Timers);
  expect(parts).toEqual([2_000, 4_000]);
  expect(matched).toBe(5_000);
  expect(response.transactionStates?.map(({ transactionalId }) => transactionalId)).toEqual(
    transactionStates.map(({ transactionalId }) => transactionalId).filter((id) => id.endsWith("99")),
  );
});
