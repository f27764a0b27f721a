import { apis, type ApiRequest } from "../../src/protocol/apis.ts";
import { encodeRequestFrame } from "../../src/protocol/request-header.ts";
import { type Draft } from "../../src/protocol/schema.ts";
import { LoadClient, untilAnswered } from "./client.ts";
import { expectNoErrors } from "./frames.ts";
import { type CommitJob, type JobResult } from "./job.ts";
import { Phases } from "./phases.ts";
import { pipelinedLoad } from "./pipelined-load.ts";

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
  const { port, connections, window } = job;
  const framesFrom = (first: number, count: number): Buffer =>
    Buffer.concat(Array.from({ length: count }, (_, index) => frames[(first + index) % frames.length]!));
  const onAnswer = (head: Buffer): void => {
    expectNoErrors("commit", head, firstErrorAt, errorsEnd, partitionSizeBytes);
    if (!phases.isOver) phases.counts.records += job.partitions;
  };
  return pipelinedLoad({ port, connections, window, frameCount: frames.length, framesFrom, onAnswer }, phases);
}
