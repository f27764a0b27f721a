import { setTimeout as sleep } from "node:timers/promises";
import { type Uuid } from "../../src/base/brand.ts";
import { apis, type ApiResponse } from "../../src/protocol/apis.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { consumerProtocolAssignment, consumerProtocolSubscription } from "../../src/protocol/consumer-protocol.ts";
import { Errors, errorName } from "../../src/protocol/errors.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { type Draft, type Message } from "../../src/protocol/schema.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { LoadClient } from "./client.ts";
import { waitForGroups } from "./commit-load.ts";
import { type JobResult, type RebalanceJob } from "./job.ts";

const memberProtocolVersion = 3;
/** How soon a member that has not all that it is to have asks again: far sooner than clients, since the broker is measured. */
const impatienceMs = 5;
const sessionTimeoutMs = 45_000;
const rebalanceTimeoutMs = 60_000;
const timeoutMs = 120_000;

/** What a member knows. */
interface Member {
  readonly client: LoadClient;
  memberId: string;
  /** Generation or member epoch. */
  epoch: number;
  partitions: number;
}

/**
 * What the members know together, so that the broker is only asked by those who wait for it: a member rests once it has its
 * whole share in the newest epoch that anybody has heard of. One of the consumer protocol also rests until all have joined; a
 * classic one must not, since the others cannot join without it.
 */
class Together {
  #joining: number;
  #newestEpoch = 0;
  #endedEpoch = 0;
  #resting: (() => void)[] = [];

  /** @param joining how many have to join before the others wake */
  constructor(joining: number) {
    this.#joining = joining;
  }

  hasJoined(): void {
    if (--this.#joining === 0) this.wakeAll();
  }

  hear(epoch: number): void {
    if (epoch <= this.#newestEpoch) return;
    this.#newestEpoch = epoch;
    if (this.#joining === 0) this.wakeAll();
  }

  /** A classic generation that had not all members is over: those who rest in it are to hear that, too. */
  hearEnd(epoch: number): void {
    if (epoch <= this.#endedEpoch) return;
    this.#endedEpoch = epoch;
    this.wakeAll();
  }

  mayRest(epoch: number, hasShare: boolean): boolean {
    return this.#joining > 0 || (hasShare && epoch === this.#newestEpoch && epoch > this.#endedEpoch);
  }

  rest(): Promise<void> {
    return new Promise((resolve) => this.#resting.push(resolve));
  }

  wakeAll(): void {
    for (const wake of this.#resting.splice(0)) wake();
  }
}

/**
 * All members join at once, each on its connection. It is over when every member of one generation has its share of the
 * partitions; the time until then is the result.
 */
export async function rebalanceLoad(job: RebalanceJob, brokerCpuSeconds: () => number): Promise<JobResult> {
  await waitForGroups(job.port, [job.groupId]);
  const members: Member[] = [];
  for (let index = 0; index < job.members; index++) {
    members.push({ client: await LoadClient.open(job.port), memberId: "", epoch: 0, partitions: 0 });
  }
  const share = job.partitions / job.members;
  const isStable = (): boolean =>
    members.every(({ epoch, partitions }) => partitions === share && epoch === members[0]?.epoch);
  const start = performance.now();
  const cpuBefore = brokerCpuSeconds();
  const own = process.cpuUsage();
  let isOver = false;
  const deadline = start + timeoutMs;
  const together = new Together(job.protocol === "classic" ? 0 : members.length);
  const goesOn = (): boolean => {
    if (!isOver && isStable()) {
      isOver = true;
      together.wakeAll();
    }
    if (!isOver && performance.now() > deadline) throw new Error(`not stable within ${timeoutMs} ms`);
    return !isOver;
  };
  const live = (member: Member, index: number): Promise<void> =>
    job.protocol === "classic"
      ? classicMember(member, job, together, goesOn)
      : consumerMember(member, index, job, together, goesOn);
  await Promise.all(members.map(live));
  const { user, system } = process.cpuUsage(own);
  const result = {
    elapsedMs: performance.now() - start,
    brokerCpuSeconds: brokerCpuSeconds() - cpuBefore,
    generatorCpuSeconds: (user + system) / 1e6,
    requests: job.members,
    records: 0,
    bytes: 0,
  };
  for (const { client } of members) client.close();
  return result;
}

async function classicMember(
  member: Member,
  job: RebalanceJob,
  together: Together,
  goesOn: () => boolean,
): Promise<void> {
  const { client } = member;
  const metadata = encode(consumerProtocolSubscription, { topics: [job.topic] });
  while (goesOn()) {
    const joined = await client.call(apis.joinGroup, 9, {
      groupId: job.groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: member.memberId,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata }],
    });
    member.memberId = joined.memberId;
    if (joined.errorCode === Errors.MEMBER_ID_REQUIRED) continue;
    expectNone("join", joined.errorCode);
    const isLeader = joined.leader === joined.memberId;
    const memberIds = joined.members.map(({ memberId }) => memberId);
    const synced = await client.call(apis.syncGroup, 5, {
      groupId: job.groupId,
      generationId: joined.generationId,
      memberId: member.memberId,
      protocolType: "consumer",
      protocolName: "range",
      assignments: isLeader ? assignmentsOf(memberIds, job) : [],
    });
    if (synced.errorCode === Errors.REBALANCE_IN_PROGRESS) continue;
    expectNone("sync", synced.errorCode);
    member.partitions = assignedCount(synced.assignment);
    member.epoch = joined.generationId;
    together.hear(member.epoch);
    await heartbeats(member, job, together, goesOn);
  }
}

/** Until there is a rebalance. */
async function heartbeats(member: Member, job: RebalanceJob, together: Together, goesOn: () => boolean): Promise<void> {
  while (goesOn()) {
    await pause(member, job, together);
    if (!goesOn()) return;
    const { errorCode } = await member.client.call(apis.heartbeat, 4, {
      groupId: job.groupId,
      generationId: member.epoch,
      memberId: member.memberId,
    });
    if (errorCode === Errors.REBALANCE_IN_PROGRESS) {
      together.hearEnd(member.epoch);
      return;
    }
    expectNone("heartbeat", errorCode);
  }
}

async function consumerMember(
  member: Member,
  index: number,
  job: RebalanceJob,
  together: Together,
  goesOn: () => boolean,
): Promise<void> {
  let owned: { topicId: Uuid; partitions: number[] }[] | undefined = [];
  member.memberId = `member-${index}`;
  while (goesOn()) {
    const answer: ApiResponse<"consumerGroupHeartbeat"> = await member.client.call(apis.consumerGroupHeartbeat, 1, {
      groupId: job.groupId,
      memberId: member.memberId,
      memberEpoch: member.epoch,
      rebalanceTimeoutMs: member.epoch === 0 ? rebalanceTimeoutMs : -1,
      subscribedTopicNames: member.epoch === 0 ? [job.topic] : null,
      topicPartitions: owned ?? null,
    });
    expectNone("heartbeat", answer.errorCode);
    if (member.epoch === 0) together.hasJoined();
    member.epoch = answer.memberEpoch;
    together.hear(member.epoch);
    owned = answer.assignment?.topicPartitions.map(({ topicId, partitions }) => ({
      topicId,
      partitions: [...partitions],
    }));
    if (owned !== undefined) member.partitions = owned.reduce((sum, { partitions }) => sum + partitions.length, 0);
    // What was revoked or given is told at once, as clients do.
    if (owned !== undefined) continue;
    if (!goesOn()) return;
    await pause(member, job, together);
  }
}

/** Until there is something to ask for. */
function pause({ epoch, partitions }: Member, job: RebalanceJob, together: Together): Promise<void> {
  const hasShare = partitions === job.partitions / job.members;
  return together.mayRest(epoch, hasShare) ? together.rest() : sleep(impatienceMs);
}

function assignmentsOf(memberIds: readonly string[], job: RebalanceJob): { memberId: string; assignment: Buffer }[] {
  const share = job.partitions / memberIds.length;
  return memberIds.map((memberId, index) => {
    const [from, to] = [Math.floor(index * share), Math.floor((index + 1) * share)];
    const partitions = Array.from({ length: to - from }, (_, place) => from + place);
    const assignment = encode(consumerProtocolAssignment, {
      assignedPartitions: [{ topic: job.topic, partitions }],
    });
    return { memberId, assignment };
  });
}

function assignedCount(assignment: Buffer): number {
  if (assignment.length === 0) return 0;
  const reader = new Reader(assignment);
  const { assignedPartitions } = codecOf(consumerProtocolAssignment, reader.int16()).decode(reader);
  return assignedPartitions.reduce((sum, { partitions }) => sum + partitions.length, 0);
}

/** With the version before it, as members send it to each other. */
function encode<T>(schema: Message<T>, value: Draft<T>): Buffer {
  const writer = new Writer();
  writer.int16(memberProtocolVersion);
  codecOf(schema, memberProtocolVersion).encode(writer, value);
  return writer.toBuffer();
}

function expectNone(what: string, error: number): void {
  if (error !== Errors.NONE) throw new Error(`${what}: ${errorName(error)}`);
}
