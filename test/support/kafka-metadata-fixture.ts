import { readFileSync } from "node:fs";
import { batches } from "../../src/protocol/records/batches.ts";
import { type LoadedBatch } from "../../src/metadata/loader.ts";
import { payloadOf, recordsOf } from "../../src/protocol/records/record-iterator.ts";

/**
 * What Apache Kafka 4.3.0 wrote: one node in combined mode, formatted with `--standalone --add-scram`, on which topics were
 * created, changed, deleted and created again, configurations of every resource set, quotas, a SCRAM user and an ACL added; then
 * stopped, started, and killed. The snapshot is the one that it took at offset 59.
 */
const directory = new URL("../data/metadata/kafka-4.3.0/", import.meta.url);

export function kafkaFile(name: string): Buffer {
  return readFileSync(new URL(name, directory));
}

export const kafkaSnapshot = { name: "00000000000000000059-0000000002.checkpoint", offset: 59, epoch: 2 };

/** The batches of its metadata log, as raft would hand them over. */
export function kafkaLog(): LoadedBatch[] {
  return [...batches(kafkaFile("00000000000000000000.log"))].map((batch) => ({
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    epoch: batch.partitionLeaderEpoch,
    appendTimestampMs: batch.maxTimestamp,
    sizeBytes: batch.sizeInBytes,
    values: batch.isControl ? [] : [...recordsOf(batch, payloadOf(batch))].map(({ value }) => value ?? Buffer.alloc(0)),
  }));
}

/** The values of the records in its snapshot. */
export function kafkaSnapshotValues(): Buffer[] {
  return [...batches(kafkaFile(kafkaSnapshot.name))]
    .filter((batch) => !batch.isControl)
    .flatMap((batch) => [...recordsOf(batch, payloadOf(batch))].map(({ value }) => value ?? Buffer.alloc(0)));
}
