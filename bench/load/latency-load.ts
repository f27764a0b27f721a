import { logEnds } from "../harness/admin.ts";
import { openLoadConnection, type LoadConnection } from "./frame-stream.ts";
import { expectNoErrors, produceBatch, produceErrorAt, produceFrame } from "./frames.ts";
import { type JobResult, type LatencyJob } from "./job.ts";
import { Phases } from "./phases.ts";
import { quantilesOf } from "./quantiles.ts";
import { sessionReader, singleReader } from "./record-reader.ts";

const paceMs = 1;

/**
 * Producers that send single records at a steady rate, one consumer with a long poll always open. Record n goes to
 * partition n modulo partitions and no one else writes there, so the time it was sent needs not travel with it.
 */
export async function latencyLoad(job: LatencyJob, brokerCpuSeconds: () => number): Promise<JobResult> {
  const batch = produceBatch(1, job.valueSizeBytes);
  const frames = Array.from({ length: job.partitions }, (_, index) => produceFrame(job.topic, [index], batch));
  const errorAt = produceErrorAt(job.topic);
  const reader = job.partitions === 1 ? singleReader(job.topic) : sessionReader(job.topic, job.partitions);
  const received = new Float64Array(job.partitions);
  /** Where each partition ended before. */
  const starts = await logEnds(job.port, job.topic, job.partitions);
  const sentMs: number[] = [];
  const latencies: number[] = [];

  const phases = new Phases(job, brokerCpuSeconds);
  const connections: LoadConnection[] = [];
  let pacer: NodeJS.Timeout | undefined;
  try {
    const result = await new Promise<JobResult>((resolve, reject) => {
      const onProduced = (head: Buffer): void => {
        expectNoErrors("produce", head, errorAt, errorAt + 2, 2);
        phases.counts.requests++;
      };
      const onRecords = (partition: number, sizeBytes: number): void => {
        const now = performance.now();
        for (let count = Math.floor(sizeBytes / batch.length); count > 0; count--) {
          const latency = now - sentMs[received[partition]!++ * job.partitions + partition]!;
          phases.counts.records++;
          if (phases.isMeasuring) latencies.push(latency);
        }
        reader.moveTo(partition, starts[partition]! + received[partition]!);
      };
      const run = async (): Promise<void> => {
        const onFetched = (frame: Buffer): void => {
          reader.read(frame, onRecords);
          consumer.socket.write(reader.next());
        };
        const consumer = await openLoadConnection(job.port, onFetched, () => undefined, reject, reader.headSizeBytes);
        connections.push(consumer);
        for (let partition = 0; partition < job.partitions; partition++) reader.moveTo(partition, starts[partition]!);
        consumer.socket.write(reader.next());
        const producers: LoadConnection[] = [];
        for (let index = 0; index < job.producers; index++) {
          producers.push(await openLoadConnection(job.port, onProduced, () => undefined, reject));
          connections.push(producers[index]!);
        }
        const start = performance.now();
        const pace = (): void => {
          phases.tick();
          if (phases.isOver) return resolve(phases.result());
          const due = Math.floor(((performance.now() - start) * job.recordsPerSecond) / 1000);
          while (sentMs.length < due) {
            const number = sentMs.push(performance.now()) - 1;
            producers[number % job.producers]!.socket.write(frames[number % job.partitions]!);
          }
          pacer = setTimeout(pace, paceMs);
        };
        pace();
      };
      run().catch(reject);
    });
    if (latencies.length === 0) throw new Error("latency: no record came back");
    return { ...result, latencyMs: quantilesOf(latencies) };
  } finally {
    clearTimeout(pacer);
    for (const connection of connections) connection.close();
  }
}
