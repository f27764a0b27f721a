import { errorName } from "../../src/protocol/errors.ts";
import { openLoadConnection, type LoadConnection } from "./frame-stream.ts";
import { fetchedSizeBytes } from "./consume-load.ts";
import { fetchErrorAt, FetchFrame, produceBatch, produceErrorAt, produceFrame } from "./frames.ts";
import { type JobResult, type LatencyJob } from "./job.ts";
import { Phases } from "./phases.ts";

/**
 * One producer that sends single records at a fixed rate, one consumer with a long poll always open. Record n has offset n
 * (the topic is new), so the time it was sent needs not travel with it.
 */
export async function latencyLoad(job: LatencyJob, onMeasuring: () => void): Promise<JobResult> {
  const batch = produceBatch(1, job.valueSizeBytes);
  const frame = produceFrame(job.topic, 0, batch);
  const fetch = new FetchFrame(job.topic, 1 << 20, 500);
  const sentMs: number[] = [];
  const latencies: number[] = [];
  let received = 0;

  const phases = new Phases(job, onMeasuring);
  const connections: LoadConnection[] = [];
  let pacer: NodeJS.Timeout | undefined;
  try {
    const result = await new Promise<JobResult>((resolve, reject) => {
      const onProduced = (head: Buffer): void => {
        const error = head.readInt16BE(produceErrorAt(job.topic));
        if (error !== 0) throw new Error(`produce: ${errorName(error)}`);
        phases.counts.requests++;
      };
      const onFetched = (head: Buffer): void => {
        const now = performance.now();
        const count = Math.floor(fetchedSizeBytes(head, fetchErrorAt(job.topic)) / batch.length);
        for (let index = 0; index < count; index++) {
          const latency = now - sentMs[received++]!;
          if (phases.isMeasuring) latencies.push(latency);
        }
        phases.counts.records += count;
        fetch.setOffset(received);
        connections[0]!.socket.write(fetch.bytes);
      };
      const run = async (): Promise<void> => {
        connections.push(await openLoadConnection(job.port, onFetched, () => undefined, reject));
        connections.push(await openLoadConnection(job.port, onProduced, () => undefined, reject));
        fetch.setOffset(0);
        connections[0]!.socket.write(fetch.bytes);
        const start = performance.now();
        const pace = (): void => {
          phases.tick();
          if (phases.isOver) return resolve(phases.result());
          const due = Math.floor(((performance.now() - start) * job.recordsPerSecond) / 1000);
          while (sentMs.length < due) {
            sentMs.push(performance.now());
            connections[1]!.socket.write(frame);
          }
          pacer = setTimeout(pace, 1);
        };
        pace();
      };
      run().catch(reject);
    });
    latencies.sort((a, b) => a - b);
    if (latencies.length === 0) throw new Error("latency: no record came back");
    return { ...result, latencyMs: { p50: at(latencies, 0.5), p99: at(latencies, 0.99), max: at(latencies, 1) } };
  } finally {
    clearTimeout(pacer);
    for (const connection of connections) connection.close();
  }
}

function at(sorted: readonly number[], quantile: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))]!;
}
