import { type Log } from "../../src/log/log.ts";
import { type ModelProducer, type PartitionModel, producersOf } from "./log-model.ts";

/** As the producer's next batch has to follow: where the log has lost its last one for a good reason, on what it has. */
export function knownProducer(model: PartitionModel, log: Log, producerId: number): ModelProducer | undefined {
  const known = producersOf(model.batches).producers.get(producerId);
  const isInLog = known !== undefined && known.lastOffset < log.logEndOffset;
  if (!isInLog || !model.hasLostRecoveryPoint || !model.isCompacted) return known;
  const entry = log.producerState.get(producerId);
  const isSameEpoch = entry?.producerEpoch === known.epoch;
  return { ...known, lastSequence: isSameEpoch ? entry.lastSequence : -1 };
}

/** The epoch and the sequence of a producer's next batch. */
export function nextSequence(known: ModelProducer | undefined, log: Log, producerId: number, isNewEpoch: boolean) {
  const isInLog = known !== undefined && known.lastOffset < log.logEndOffset;
  // With its batches: all of them, or all but a marker.
  const isForgotten = isInLog && (log.producerState.get(producerId)?.lastSequence ?? -1) < 0;
  const hasSequence = known !== undefined && known.lastSequence >= 0 && !isNewEpoch && !isForgotten;
  return {
    producerEpoch: (known?.epoch ?? 0) + (isNewEpoch ? 1 : 0),
    baseSequence: hasSequence ? known.lastSequence + 1 : 0,
  };
}
