import { call } from "../../../bench/harness/admin.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { type BatchCompression } from "../../../src/protocol/records/batch-header.ts";
import { batches } from "../../../src/protocol/records/batches.ts";

/** The codecs of the batches that lie in a topic: what a client really sent. */
export async function storedCodecs(port: number, topic: string, partitions: number): Promise<Set<BatchCompression>> {
  const found = new Set<BatchCompression>();
  for (let partition = 0; partition < partitions; partition++) {
    const fetched = await call(port, apis.fetch, 12, {
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 64 << 20,
      sessionEpoch: -1,
      topics: [{ topic, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 64 << 20 }] }],
    });
    const records = fetched.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0);
    for (const batch of batches(records)) found.add(batch.compression);
  }
  return found;
}
