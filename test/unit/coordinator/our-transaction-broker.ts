import { type ApiName, type ApiRequest, type ApiResponse } from "../../../src/protocol/apis.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { type AnyHandler } from "../../../src/server/handler.ts";
import { addOffsetsToTxnHandler } from "../../../src/server/handlers/add-offsets-to-txn.ts";
import { addPartitionsToTxnHandler } from "../../../src/server/handlers/add-partitions-to-txn.ts";
import { describeTransactionsHandler } from "../../../src/server/handlers/describe-transactions.ts";
import { endTxnHandler } from "../../../src/server/handlers/end-txn.ts";
import { findCoordinatorHandler } from "../../../src/server/handlers/find-coordinator.ts";
import { initProducerIdHandler } from "../../../src/server/handlers/init-producer-id.ts";
import { listTransactionsHandler } from "../../../src/server/handlers/list-transactions.ts";
import { compilePattern } from "../../../src/server/id-pattern.ts";
import { groupTopicsCache } from "../../support/group-topics.ts";
import { type TransactionBroker } from "../../support/transaction-script.ts";
import { GroupWorld } from "./group-world.ts";
import { handled } from "./handled-request.ts";
import { TransactionWorld } from "./transaction-world.ts";

export interface RawRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

export function recordsIn(bytes: Buffer): RawRecord[] {
  return [...batches(bytes)].flatMap((batch) =>
    [...recordsOf(batch, payloadOf(batch))].map(({ key, value }) => ({ key: key!, value })),
  );
}

/** Our handlers on a clock that stands still unless the script lets it go on. */
export class OurTransactionBroker implements TransactionBroker {
  readonly #world: TransactionWorld;
  readonly #handlers: readonly AnyHandler[];
  readonly #cache = groupTopicsCache(5, 3);

  constructor(transactionVersion: number) {
    this.#world = new TransactionWorld({ config: { timeoutCheckIntervalMs: 500 }, partitionCount: 3 });
    this.#world.transactionVersion = transactionVersion;
    // 0 is what a producer id is in answers that have none.
    this.#world.nextProducerId = 1;
    const { transactions } = this.#world;
    const { groups } = new GroupWorld({ partitionCount: 5 });
    const producerIds = { take: () => Promise.resolve(this.#world.takeProducerId()) };
    this.#handlers = [
      findCoordinatorHandler({
        cache: this.#cache,
        topicCreation: { create: () => new Map() },
        nodeId: 1,
        coordinators: new Map([["__transaction_state", { leads: () => true }]]),
      }),
      initProducerIdHandler({ producerIds, transactions }),
      addPartitionsToTxnHandler({ transactions, cache: this.#cache }),
      addOffsetsToTxnHandler({ transactions, groups }),
      endTxnHandler({ transactions }),
      describeTransactionsHandler({ transactions }),
      listTransactionsHandler({ transactions, compilePattern }),
    ];
  }

  start(): Promise<void> {
    return this.#world.elect();
  }

  async send<N extends ApiName>(
    _connection: string,
    name: N,
    version: number,
    request: Draft<ApiRequest<N>>,
  ): Promise<ApiResponse<N>> {
    return handled(this.#handlers, name, version, request, async (answering) => {
      const isAnswered = answering.then(() => true);
      do await this.#world.time.advance(0);
      while (!(await Promise.race([isAnswered, Promise.resolve(false)])));
    });
  }

  async pass(ms: number): Promise<void> {
    await this.#world.time.advance(ms);
  }

  topicId(name: string): string {
    return this.#cache.topic(name)!.id;
  }

  /** All that was written, partition after partition. */
  records(): RawRecord[] {
    return [0, 1, 2].flatMap((partition) => this.#world.log.batches(partition).flatMap(recordsIn));
  }

  async useUpEpochs(transactionalId: string): Promise<void> {
    await this.#world.useUpEpochs(transactionalId);
  }
}
