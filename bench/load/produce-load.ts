import { expectNoErrors, produceBatch, produceErrorAt, produceFrame, producePartitionSizeBytes } from "./frames.ts";
import { type JobResult, type ProduceJob } from "./job.ts";
import { Phases } from "./phases.ts";
import { frameRing, pipelinedLoad } from "./pipelined-load.ts";

/**
 * Keeps `window` produce requests in flight on every connection, partitions taking turns. All requests are encoded
 * beforehand and have one size, so what goes out is always a slice of one buffer.
 */
export async function produceLoad(job: ProduceJob, brokerCpuSeconds: () => number): Promise<JobResult> {
  const batch = produceBatch(job.recordsPerBatch, job.valueSizeBytes);
  const frames = requestsOf(job, batch);
  const firstErrorAt = produceErrorAt(job.topic);
  const errorsEnd = firstErrorAt + job.partitionsPerRequest * producePartitionSizeBytes;
  const recordsPerRequest = job.recordsPerBatch * job.partitionsPerRequest;
  const bytesPerRequest = batch.length * job.partitionsPerRequest;

  const phases = new Phases(job, brokerCpuSeconds);
  const { port, connections, window } = job;
  const framesFrom = frameRing(frames, window);
  const onAnswer = (head: Buffer): void => {
    expectNoErrors("produce", head, firstErrorAt, errorsEnd, producePartitionSizeBytes);
    if (phases.isOver) return;
    phases.counts.records += recordsPerRequest;
    phases.counts.bytes += bytesPerRequest;
  };
  return pipelinedLoad({ port, connections, window, frameCount: frames.length, framesFrom, onAnswer }, phases);
}

/** One request for each group of partitions. */
function requestsOf(job: ProduceJob, batch: Buffer): Buffer[] {
  return Array.from({ length: job.partitions / job.partitionsPerRequest }, (_, group) => {
    const first = group * job.partitionsPerRequest;
    const partitions = Array.from({ length: job.partitionsPerRequest }, (_, index) => first + index);
    return produceFrame(job.topic, partitions, batch);
  });
}
