import { openLoadConnection, type LoadConnection } from "./frame-stream.ts";
import {
  expectNoErrors,
  fetchedSizeBytes,
  fetchErrorAt,
  FetchFrame,
  produceBatch,
  produceErrorAt,
  produceFrame,
} from "./frames.ts";
import { type JobResult, type TailJob } from "./job.ts";
import { Phases } from "./phases.ts";

const pollMs = 1;

/**
 * Consumers with a long poll each on one partition, and one producer that stays just ahead of the slowest of them. What
 * counts is what the consumers got.
 */
export async function tailLoad(job: TailJob, brokerCpuSeconds: () => number): Promise<JobResult> {
  const batch = produceBatch(job.recordsPerBatch, job.valueSizeBytes);
  const frame = produceFrame(job.topic, [0], batch);
  const producedAt = produceErrorAt(job.topic);
  const fetchedAt = fetchErrorAt(job.topic);
  const phases = new Phases(job, brokerCpuSeconds);
  const connections: LoadConnection[] = [];
  /** How many consumers have each of the batches that not all have yet. */
  const holders = Array.from<number>({ length: job.window }).fill(0);
  let sent = 0;
  let everywhere = 0;
  let pacer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<JobResult>((resolve, reject) => {
      let producer: LoadConnection | undefined;
      const start = performance.now();
      const send = (): void => {
        if (producer === undefined || phases.isOver) return;
        const due =
          job.batchesPerSecond === undefined
            ? Infinity
            : Math.floor(((performance.now() - start) * job.batchesPerSecond) / 1000);
        for (; sent < due && sent < everywhere + job.window; sent++) producer.socket.write(frame);
      };
      const onProduced = (head: Buffer): void => {
        expectNoErrors("produce", head, producedAt, producedAt + 2, 2);
        phases.counts.requests++;
      };
      const consume = async (): Promise<void> => {
        const fetch = new FetchFrame(job.topic, 1 << 20, 500);
        let received = 0;
        const onFetched = (head: Buffer): void => {
          const sizeBytes = fetchedSizeBytes(head, fetchedAt);
          const until = received + Math.floor(sizeBytes / batch.length);
          phases.counts.bytes += sizeBytes;
          phases.counts.records += (until - received) * job.recordsPerBatch;
          for (; received < until; received++) {
            const slot = received % job.window;
            if (++holders[slot]! < job.consumers) continue;
            holders[slot] = 0;
            everywhere++;
          }
          phases.tick();
          if (phases.isOver) return resolve(phases.result());
          fetch.setOffset(received * job.recordsPerBatch);
          connection.socket.write(fetch.bytes);
        };
        const connection = await openLoadConnection(job.port, onFetched, send, reject);
        connections.push(connection);
        fetch.setOffset(0);
        connection.socket.write(fetch.bytes);
      };
      const run = async (): Promise<void> => {
        await Promise.all(Array.from({ length: job.consumers }, consume));
        producer = await openLoadConnection(job.port, onProduced, () => undefined, reject);
        connections.push(producer);
        if (job.batchesPerSecond === undefined) return send();
        const pace = (): void => {
          send();
          pacer = setTimeout(pace, pollMs);
        };
        pace();
      };
      run().catch(reject);
    });
  } finally {
    clearTimeout(pacer);
    for (const connection of connections) connection.close();
  }
}
