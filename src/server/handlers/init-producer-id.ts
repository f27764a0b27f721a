import { type TransactionCoordinator } from "../../coordinator/transaction/transaction-coordinator.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";
import { type ProducerIdManager } from "../producer-id-manager.ts";

export interface InitProducerIdDeps {
  readonly producerIds: Pick<ProducerIdManager, "take">;
  readonly transactions: TransactionCoordinator;
}

/**
 * A producer id, and epoch 0, for an idempotent producer; for one with a transactional id, what its coordinator says. A
 * transaction that the id has left open is aborted first: CONCURRENT_TRANSACTIONS until that is done.
 *
 * - v3: an id and epoch to be bumped (KIP-360); giving one without the other is INVALID_REQUEST.
 * - v4: PRODUCER_FENCED, which is INVALID_PRODUCER_EPOCH before.
 * - v6 (unstable): two-phase commit, refused unless it is enabled; keeping what is prepared is UNSUPPORTED_VERSION, as in
 *   Kafka 4.3.
 */
export function initProducerIdHandler({ producerIds, transactions }: InitProducerIdDeps): Handler<"initProducerId"> {
  return {
    api: "initProducerId",
    async handle(request, { apiVersion }) {
      const { transactionalId, producerId, producerEpoch } = request;
      if ((producerId === -1) !== (producerEpoch === -1)) return failure(Errors.INVALID_REQUEST);
      if (transactionalId === null) {
        const taken = await producerIds.take();
        if (taken.errorCode !== Errors.NONE) return failure(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        return { errorCode: Errors.NONE, producerId: taken.producerId, producerEpoch: 0 };
      }
      const initialized = await transactions.initProducer({
        transactionalId,
        timeoutMs: request.transactionTimeoutMs,
        expected: producerId === -1 ? undefined : { producerId, producerEpoch },
        enableTwoPhaseCommit: request.enable2Pc,
        keepPreparedTransaction: request.keepPreparedTxn,
      });
      const isFenced = initialized.errorCode === Errors.PRODUCER_FENCED && apiVersion < 4;
      return isFenced ? failure(Errors.INVALID_PRODUCER_EPOCH) : initialized;
    },
  };
}

function failure(errorCode: ErrorCode) {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}
