import { Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";
import { type ProducerIdManager } from "../producer-id-manager.ts";

/**
 * A producer id, and epoch 0, for an idempotent producer. Ids with a transactional id come from the transaction
 * coordinator, which this broker does not have yet: COORDINATOR_NOT_AVAILABLE, as from a Kafka broker before its
 * transaction topic is there.
 *
 * - v3: an id and epoch to be bumped; giving one without the other is INVALID_REQUEST.
 */
export function initProducerIdHandler({ producerIds }: { producerIds: ProducerIdManager }): Handler<"initProducerId"> {
  return {
    api: "initProducerId",
    async handle({ transactionalId, producerId, producerEpoch, enable2Pc, keepPreparedTxn }) {
      const failure = (errorCode: number) => ({ errorCode, producerId: -1, producerEpoch: -1 });
      if ((producerId === -1) !== (producerEpoch === -1)) return failure(Errors.INVALID_REQUEST);
      if (transactionalId === "") return failure(Errors.INVALID_REQUEST);
      if (transactionalId !== null) return failure(Errors.COORDINATOR_NOT_AVAILABLE);
      if (enable2Pc || keepPreparedTxn) return failure(Errors.INVALID_REQUEST);
      const taken = await producerIds.take();
      if (taken.errorCode !== Errors.NONE) return failure(Errors.COORDINATOR_LOAD_IN_PROGRESS);
      return { errorCode: Errors.NONE, producerId: taken.producerId, producerEpoch: 0 };
    },
  };
}
