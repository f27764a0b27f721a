import { errorName } from "../../src/protocol/errors.ts";
import { openLoadConnection, type LoadConnection } from "./frame-stream.ts";
import { produceBatch, produceErrorAt, produceFrame, producePartitionSizeBytes } from "./frames.ts";
import { type JobResult, type ProduceJob } from "./job.ts";
import { PageStock } from "./page-stock.ts";
import { Phases } from "./phases.ts";

/**
 * Keeps `window` produce requests in flight on every connection, partitions taking turns. All requests are encoded
 * beforehand and have one size, so what goes out is always a slice of one buffer.
 */
export async function produceLoad(job: ProduceJob, brokerCpuSeconds: () => number): Promise<JobResult> {
  const batch = produceBatch(job.recordsPerBatch, job.valueSizeBytes);
  const frames = requestsOf(job, batch);
  const frameSize = frames[0]!.length;
  // As many frames as ever go out at once, from any frame on.
  const ring = Buffer.concat(
    Array.from({ length: frames.length + job.window }, (_, index) => frames[index % frames.length]!),
  );
  const firstErrorAt = produceErrorAt(job.topic);
  const errorsEnd = firstErrorAt + job.partitionsPerRequest * producePartitionSizeBytes;

  const stock = new PageStock(job.stockFiles ?? []);
  let writtenBytes = 0;
  const phases = new Phases(job, brokerCpuSeconds);
  const connections: LoadConnection[] = [];
  try {
    return await new Promise<JobResult>((resolve, reject) => {
      const start = async (index: number): Promise<void> => {
        let next = Math.floor((index * frames.length) / job.connections);
        let due = job.window;
        const send = (): void => {
          if (due === 0 || phases.isOver) return;
          connection.socket.write(ring.subarray(next * frameSize, (next + due) * frameSize));
          next = (next + due) % frames.length;
          due = 0;
        };
        const onFrame = (head: Buffer): void => {
          for (let at = firstErrorAt; at < errorsEnd; at += producePartitionSizeBytes) {
            const error = head.readInt16BE(at);
            if (error !== 0) throw new Error(`produce: ${errorName(error)}`);
          }
          due++;
          if (phases.isOver) return;
          phases.counts.requests++;
          phases.counts.records += job.recordsPerBatch * job.partitionsPerRequest;
          phases.counts.bytes += batch.length * job.partitionsPerRequest;
          writtenBytes += batch.length * job.partitionsPerRequest;
          stock.follow(writtenBytes);
          phases.tick();
          if (phases.isOver) resolve(phases.result());
        };
        const connection = await openLoadConnection(job.port, onFrame, send, reject);
        connections.push(connection);
        send();
      };
      for (let index = 0; index < job.connections; index++) start(index).catch(reject);
    });
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** One request for each group of partitions. */
function requestsOf(job: ProduceJob, batch: Buffer): Buffer[] {
  return Array.from({ length: job.partitions / job.partitionsPerRequest }, (_, group) => {
    const first = group * job.partitionsPerRequest;
    const partitions = Array.from({ length: job.partitionsPerRequest }, (_, index) => first + index);
    return produceFrame(job.topic, partitions, batch);
  });
}
