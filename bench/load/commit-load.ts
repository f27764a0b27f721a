import { apis, type ApiRequest } from "../../src/protocol/apis.ts";
import { errorName } from "../../src/protocol/errors.ts";
import { encodeRequestFrame } from "../../src/protocol/request-header.ts";
import { type Draft } from "../../src/protocol/schema.ts";
import { LoadClient, untilAnswered } from "./client.ts";
import { openLoadConnection, type LoadConnection } from "./frame-stream.ts";
import { type CommitJob, type JobResult } from "./job.ts";
import { Phases } from "./phases.ts";

/** The newest that names topics by name. */
const commitVersion = 9;
const findCoordinatorVersion = 4;
/** Groups that are not there are dead, and no error. */
const describeVersion = 5;
/** index, error code, tags */
const partitionSizeBytes = 4 + 2 + 1;

export function commitBody(
  groupId: string,
  topic: string,
  partitions: number,
  offset: number,
): Draft<ApiRequest<"offsetCommit">> {
  return {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: "",
    topics: [
      {
        name: topic,
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
          partitionIndex,
          committedOffset: offset,
          committedLeaderEpoch: -1,
          committedMetadata: "",
        })),
      },
    ],
  };
}

/** The coordinator of each of the groups answers, whether they are there or not. */
export async function waitForGroups(port: number, groups: readonly string[]): Promise<void> {
  const client = await LoadClient.open(port);
  await untilAnswered(
    "find coordinator",
    ({ coordinators }) => coordinators.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0,
    () => client.call(apis.findCoordinator, findCoordinatorVersion, { keyType: 0, coordinatorKeys: [...groups] }),
  );
  await untilAnswered(
    "describe groups",
    ({ groups: found }) => found.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0,
    () => client.call(apis.describeGroups, describeVersion, { groups: [...groups] }),
  );
  client.close();
}

/** Keeps `window` commits in flight on every connection, groups taking turns. */
export async function commitLoad(job: CommitJob, brokerCpuSeconds: () => number): Promise<JobResult> {
  const groups = Array.from({ length: job.groups }, (_, index) => `group-${index}`);
  await waitForGroups(job.port, groups);
  const header = { correlationId: 0, clientId: "bench" };
  const frames = groups.map((group) =>
    encodeRequestFrame(
      apis.offsetCommit,
      commitVersion,
      header,
      commitBody(group, job.topic, job.partitions, 1),
    ).toBuffer(),
  );
  // length, correlation id, tags, throttle │ topics, name │ partitions, index
  const firstErrorAt = 4 + 4 + 1 + 4 + 1 + 1 + job.topic.length + 1 + 4;
  const errorsEnd = firstErrorAt + job.partitions * partitionSizeBytes;
  const phases = new Phases(job, brokerCpuSeconds);
  const connections: LoadConnection[] = [];
  try {
    return await new Promise<JobResult>((resolve, reject) => {
      const start = async (index: number): Promise<void> => {
        let next = Math.floor((index * frames.length) / job.connections);
        let due = job.window;
        const send = (): void => {
          if (due === 0 || phases.isOver) return;
          const parts = Array.from({ length: due }, () => frames[next++ % frames.length] as Buffer);
          due = 0;
          connection.socket.write(Buffer.concat(parts));
        };
        const onFrame = (head: Buffer): void => {
          for (let at = firstErrorAt; at < errorsEnd; at += partitionSizeBytes) {
            const error = head.readInt16BE(at);
            if (error !== 0) throw new Error(`commit: ${errorName(error)}`);
          }
          due++;
          if (phases.isOver) return;
          phases.counts.requests++;
          phases.counts.records += job.partitions;
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
