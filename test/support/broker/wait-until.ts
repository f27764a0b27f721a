import { setTimeout as sleep } from "node:timers/promises";
import { call } from "../../../bench/harness/admin.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { Errors, errorName } from "../../../src/protocol/errors.ts";

const defaultTimeoutMs = 60_000;

/**
 * `attempt` says what is there, or undefined when it is what was waited for.
 * @throws Error with what was there last
 */
export async function waitUntil(
  what: string,
  attempt: () => Promise<string | undefined>,
  timeoutMs = defaultTimeoutMs,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await attempt();
    if (found === undefined) return;
    if (performance.now() > deadline) throw new Error(`${what}: ${found} after ${timeoutMs} ms`);
    await sleep(50);
  }
}

/** The coordinator of the group has loaded what is committed; not every client asks again while it does. */
export function waitUntilCoordinated(port: number, group: string): Promise<void> {
  return waitUntil(`coordinator of ${group}`, async () => {
    const described = await call(port, apis.describeGroups, 5, { groups: [group] });
    const error = described.groups[0]?.errorCode;
    return error === Errors.NONE ? undefined : errorName(error ?? -1);
  });
}

/** The group has members that all know what they own. */
export function waitUntilInGroup(port: number, group: string): Promise<void> {
  return waitUntil(`members of ${group}`, async () => {
    const { groups } = await call(port, apis.listGroups, 5, {});
    const state = groups.find(({ groupId }) => groupId === group)?.groupState;
    return state === "Stable" ? undefined : String(state);
  });
}

export function waitUntilTopicIsGone(port: number, topic: string): Promise<void> {
  return waitUntil(`deletion of ${topic}`, async () => {
    const metadata = await call(port, apis.metadata, 12, { topics: [{ name: topic }], allowAutoTopicCreation: false });
    const error = metadata.topics[0]?.errorCode ?? Errors.NONE;
    return error === Errors.UNKNOWN_TOPIC_OR_PARTITION ? undefined : errorName(error);
  });
}

/** Every partition of the topic has a leader that answers for it. */
export function waitUntilLed(port: number, topic: string, count: number): Promise<void> {
  const partitions = Array.from({ length: count }, (_, index) => ({ partitionIndex: index, timestamp: -1 }));
  return waitUntil(`leaders of ${topic}`, async () => {
    const listed = await call(port, apis.listOffsets, 7, { replicaId: -1, topics: [{ name: topic, partitions }] });
    const failed = listed.topics[0]?.partitions.find((partition) => partition.errorCode !== Errors.NONE);
    return failed === undefined ? undefined : errorName(failed.errorCode);
  });
}
