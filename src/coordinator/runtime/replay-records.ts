import { type Compute, type Logger } from "../../io/ports.ts";
import { type BatchView } from "../../protocol/records/batch-header.ts";
import { batches } from "../../protocol/records/batches.ts";
import { controlTypeOf, ControlType } from "../../protocol/records/control-records.ts";
import { decompressBatch, payloadOf, recordsOf } from "../../protocol/records/record-iterator.ts";
import { type CoordinatorShard } from "./shard.ts";

/** No sane batch of coordinator records is larger when decompressed. */
const payloadSizeBytesMax = 256 * 1024 * 1024;

/**
 * Applies whole batches from the log to a shard's state; returns how many records that were.
 * @throws when a batch is malformed
 */
export async function replayRecords<S, R>(
  records: Buffer,
  shard: CoordinatorShard<S, R>,
  state: S,
  compute: Compute,
  logger: Logger,
): Promise<number> {
  let count = 0;
  for (const batch of batches(records)) {
    const payload = batch.isCompressed ? await decompressBatch(batch, compute, payloadSizeBytesMax) : payloadOf(batch);
    count += batch.isControl
      ? replayControls(batch, payload, shard, state)
      : replayBatch(batch, payload, shard, state, logger);
  }
  return count;
}

function replayBatch<S, R>(
  batch: BatchView,
  payload: Buffer,
  shard: CoordinatorShard<S, R>,
  state: S,
  logger: Logger,
): number {
  const producerId = batch.isTransactional ? batch.producerId : -1;
  let count = 0;
  for (const { offset, key, value } of recordsOf(batch, payload)) {
    count++;
    const record = key === null ? undefined : shard.decode(key, value);
    // Left behind by a later version, perhaps, that the cluster was taken back from.
    if (record === undefined) logger.warn({ offset }, "coordinator record of an unknown type, passed over");
    else shard.replay(state, record, { offset, producerId });
  }
  return count;
}

function replayControls<S, R>(batch: BatchView, payload: Buffer, shard: CoordinatorShard<S, R>, state: S): number {
  let count = 0;
  for (const { key } of recordsOf(batch, payload)) {
    count++;
    const type = controlTypeOf(key);
    if (type !== ControlType.COMMIT && type !== ControlType.ABORT) continue;
    shard.replayTransactionEnd(state, batch.producerId, type === ControlType.COMMIT);
  }
  return count;
}
