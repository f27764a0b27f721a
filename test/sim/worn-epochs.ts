import { encodeTransactionRecord, recordVersionOf } from "../../src/coordinator/transaction/transaction-records.ts";
import { newTransaction } from "../../src/coordinator/transaction/transitions.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { type BrokerWorld } from "./broker-world.ts";
import { demand } from "./violation.ts";

/**
 * Leaves transactional ids behind as long-lived producers do, with few of their epochs left: their next ones soon get another
 * producer id. The coordinator loads its part anew to learn of it.
 */
export async function wearEpochs(world: BrokerWorld, transactionalIds: readonly string[]): Promise<void> {
  const { broker, cluster, draw, time } = world;
  const partition = broker!.replicas.partition("__transaction_state", 0)!;
  const nowMs = time.wallMs();
  const version = recordVersionOf(world.transactionVersion);
  const records = transactionalIds.map((transactionalId) => {
    const producerEpoch = 32_766 - draw(6);
    const transaction = {
      ...newTransaction(transactionalId, world.takeProducerId(), nowMs),
      producerEpoch,
      timeoutMs: 1,
    };
    return { ...encodeTransactionRecord({ transactionalId, transaction, version }), timestamp: nowMs };
  });
  const { ok } = partition.appendAsLeader(buildBatch({ records }), "coordinator", nowMs);
  demand(ok, () => "the worn epochs are not taken");
  await world.settle();
  broker!.publish(cluster.lead("__transaction_state", 0, false));
  broker!.publish(cluster.lead("__transaction_state", 0, true));
  await world.settle();
}
