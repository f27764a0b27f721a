import { openLoadConnection, type LoadConnection } from "./frame-stream.ts";
import { fetchedSizeBytes, fetchErrorAt, FetchFrame, produceBatch } from "./frames.ts";
import { type ConsumeJob, type JobResult } from "./job.ts";
import { Phases } from "./phases.ts";

/**
 * One connection, one fetch at a time. How far a fetch came is told by its size, since all batches are alike.
 */
export async function consumeLoad(job: ConsumeJob, brokerCpuSeconds: () => number): Promise<JobResult> {
  const batchSize = produceBatch(job.recordsPerBatch, job.valueSizeBytes).length;
  const warmupBatches = Math.floor(job.warmupSizeBytes / batchSize);
  const rangeBatches = Math.floor(job.rangeSizeBytes / batchSize);
  const frame = new FetchFrame(job.topic, job.fetchSizeBytes, 500);
  const errorAt = fetchErrorAt(job.topic);
  const phases = new Phases(job, brokerCpuSeconds);
  let connection: LoadConnection | undefined;
  let batchesRead = 0;
  try {
    return await new Promise<JobResult>((resolve, reject) => {
      const send = (): void => {
        frame.setOffset(batchesRead * job.recordsPerBatch);
        connection!.socket.write(frame.bytes);
      };
      const onFrame = (head: Buffer): void => {
        const sizeBytes = fetchedSizeBytes(head, errorAt);
        const batches = Math.floor(sizeBytes / batchSize);
        if (batches === 0) throw new Error(`consume: nothing at batch ${batchesRead}`);
        batchesRead += batches;
        phases.counts.requests++;
        phases.counts.records += batches * job.recordsPerBatch;
        phases.counts.bytes += sizeBytes;
        const wasMeasuring = phases.isMeasuring;
        phases.tick();
        if (!phases.isMeasuring) {
          if (batchesRead >= warmupBatches) batchesRead = 0;
        } else if (!wasMeasuring) {
          batchesRead = warmupBatches;
        } else if (batchesRead >= rangeBatches) {
          batchesRead = warmupBatches;
          if (job.isOnce) phases.end();
        }
        if (phases.isOver) resolve(phases.result());
        else send();
      };
      openLoadConnection(job.port, onFrame, () => undefined, reject)
        .then((opened) => {
          connection = opened;
          return send();
        })
        .catch(reject);
    });
  } finally {
    connection?.close();
  }
}
