import { call } from "../../../bench/harness/admin.ts";
import { type ApiName, type ApiRequest, type ApiResponse, apis } from "../../../src/protocol/apis.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { type Scene } from "./bodies.ts";

type Ranges = ReadonlyMap<number, { minVersion: number; maxVersion: number }>;

/**
 * Joins a group, commits, reads the commit and leaves, each request in its version `step` (or the nearest that it has).
 * Resolves with what went wrong.
 */
export async function liveAsMember(port: number, served: Ranges, scene: Scene, step: number): Promise<unknown[]> {
  const problems: unknown[] = [];
  const groupId = `${scene.group}-${step}`;
  const versionOf = (name: ApiName) => {
    const { minVersion = 0, maxVersion = 0 } = served.get(apis[name].key) ?? {};
    return Math.min(Math.max(step, minVersion), maxVersion);
  };
  const send = async <N extends ApiName>(name: N, request: Draft<ApiRequest<N>>): Promise<ApiResponse<N>> =>
    (await call(port, apis[name] as never, versionOf(name), request as never)) as ApiResponse<N>;
  const note = (name: string, code: number | undefined) => {
    if (code !== Errors.NONE) problems.push(`${name}: ${code}`);
  };

  const join = (memberId: string) =>
    send("joinGroup", {
      groupId,
      memberId,
      sessionTimeoutMs: 60_000,
      ...(versionOf("joinGroup") >= 1 ? { rebalanceTimeoutMs: 60_000 } : {}),
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: Buffer.from([1]) }],
    });
  let joined = await join("");
  if (joined.errorCode === Errors.MEMBER_ID_REQUIRED) joined = await join(joined.memberId);
  note("joinGroup", joined.errorCode);
  const member = { groupId, generationId: joined.generationId, memberId: joined.memberId };

  const assignments = [{ memberId: joined.memberId, assignment: Buffer.from([7]) }];
  const synced = await send("syncGroup", {
    ...member,
    ...(versionOf("syncGroup") >= 5 ? { protocolType: "consumer", protocolName: "range" } : {}),
    assignments,
  });
  note("syncGroup", synced.errorCode);
  if (!synced.assignment.equals(Buffer.from([7]))) problems.push("syncGroup: not our assignment");
  note("heartbeat", (await send("heartbeat", member)).errorCode);

  const topicIn = (version: number) => (version >= 10 ? { topicId: scene.topicId } : { name: scene.topic });
  const committed = await send("offsetCommit", {
    groupId,
    generationIdOrMemberEpoch: joined.generationId,
    memberId: joined.memberId,
    topics: [
      {
        ...topicIn(versionOf("offsetCommit")),
        partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: "m" }],
      },
    ],
  });
  note("offsetCommit", committed.topics[0]?.partitions[0]?.errorCode);
  await checkFetched(send, scene, groupId, versionOf("offsetFetch"), problems);

  const left =
    versionOf("leaveGroup") >= 3
      ? await send("leaveGroup", { groupId, members: [{ memberId: joined.memberId }] })
      : await send("leaveGroup", { groupId, memberId: joined.memberId });
  note("leaveGroup", left.errorCode);
  const deleted = await send("offsetDelete", {
    groupId,
    topics: [{ name: scene.topic, partitions: [{ partitionIndex: 0 }] }],
  });
  note("offsetDelete", deleted.errorCode);
  return problems;
}

async function checkFetched(
  send: (name: "offsetFetch", request: Draft<ApiRequest<"offsetFetch">>) => Promise<ApiResponse<"offsetFetch">>,
  scene: Scene,
  groupId: string,
  version: number,
  problems: unknown[],
): Promise<void> {
  const topic = version >= 10 ? { topicId: scene.topicId } : { name: scene.topic };
  const topics = [{ ...topic, partitionIndexes: [0] }];
  const fetched = await send("offsetFetch", version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics });
  const partition = version >= 8 ? fetched.groups[0]?.topics[0]?.partitions[0] : fetched.topics[0]?.partitions[0];
  const seen = [partition?.errorCode, partition?.committedOffset, partition?.metadata];
  if (JSON.stringify(seen) !== JSON.stringify([0, 5, "m"])) problems.push(`offsetFetch: ${JSON.stringify(seen)}`);
}
