import { openLoadConnection, type LoadConnection } from "./frame-stream.ts";
import { type JobResult } from "./job.ts";
import { type Phases } from "./phases.ts";

interface Pipeline {
  readonly port: number;
  readonly connections: number;
  /** Requests in flight on each connection. */
  readonly window: number;
  /** How many requests there are, which take turns on each connection. */
  readonly frameCount: number;
  /** The bytes of `count` requests from request `first` on, in one piece. */
  framesFrom(first: number, count: number): Buffer;
  /** Looks at an answer, and counts it unless the load is over. Throws when the answer tells of an error. */
  onAnswer(head: Buffer): void;
}

/**
 * Keeps the windows of all connections full until the phases are over, and ends when everything that was sent is answered: who
 * asks the broker next finds it with nothing to do, and all that it is going to have.
 */
export async function pipelinedLoad(pipeline: Pipeline, phases: Phases): Promise<JobResult> {
  const { port, connections: count, window, frameCount } = pipeline;
  const connections: LoadConnection[] = [];
  let unanswered = 0;
  let result: JobResult | undefined;
  try {
    return await new Promise<JobResult>((resolve, reject) => {
      const start = async (index: number): Promise<void> => {
        let next = Math.floor((index * frameCount) / count);
        let due = window;
        const send = (): void => {
          if (due === 0 || phases.isOver) return;
          connection.socket.write(pipeline.framesFrom(next, due));
          unanswered += due;
          next = (next + due) % frameCount;
          due = 0;
        };
        const onFrame = (head: Buffer): void => {
          pipeline.onAnswer(head);
          due++;
          unanswered--;
          if (!phases.isOver) {
            phases.counts.requests++;
            phases.tick();
            if (phases.isOver) result = phases.result();
          }
          if (result !== undefined && unanswered === 0) resolve(result);
        };
        const connection = await openLoadConnection(port, onFrame, send, reject);
        connections.push(connection);
        send();
      };
      for (let index = 0; index < count; index++) start(index).catch(reject);
    });
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Requests of one size, one behind the other as often as ever go out at once: what goes out is a slice. */
export function frameRing(frames: readonly Buffer[], window: number): (first: number, count: number) => Buffer {
  const sizeBytes = frames[0]!.length;
  const ring = Buffer.concat(
    Array.from({ length: frames.length + window }, (_, index) => frames[index % frames.length]!),
  );
  return (first, count) => ring.subarray(first * sizeBytes, (first + count) * sizeBytes);
}
