import { type GroupState } from "../group-state.ts";

/** Keys of what can be set for one group. */
const keys = {
  sessionTimeoutMs: "consumer.session.timeout.ms",
  heartbeatIntervalMs: "consumer.heartbeat.interval.ms",
  assignmentIntervalMs: "consumer.assignment.interval.ms",
} as const;

export function sessionTimeoutMs(state: GroupState, groupId: string): number {
  const { consumerSessionTimeoutMs, consumerSessionTimeoutMsMin, consumerSessionTimeoutMsMax } = state.config;
  const override = state.metadata.overridesOf(groupId).get(keys.sessionTimeoutMs);
  if (override === undefined) return consumerSessionTimeoutMs;
  return within(Number(override), consumerSessionTimeoutMsMin, consumerSessionTimeoutMsMax);
}

export function heartbeatIntervalMs(state: GroupState, groupId: string): number {
  const { consumerHeartbeatIntervalMs, consumerHeartbeatIntervalMsMin, consumerHeartbeatIntervalMsMax } = state.config;
  const override = state.metadata.overridesOf(groupId).get(keys.heartbeatIntervalMs);
  if (override === undefined) return consumerHeartbeatIntervalMs;
  return within(Number(override), consumerHeartbeatIntervalMsMin, consumerHeartbeatIntervalMsMax);
}

/** How long a target assignment stands at least, whatever changes. */
export function assignmentIntervalMs(state: GroupState, groupId: string): number {
  const { consumerAssignmentIntervalMs, consumerAssignmentIntervalMsMin, consumerAssignmentIntervalMsMax } =
    state.config;
  const override = state.metadata.overridesOf(groupId).get(keys.assignmentIntervalMs);
  if (override === undefined) return consumerAssignmentIntervalMs;
  return within(Number(override), consumerAssignmentIntervalMsMin, consumerAssignmentIntervalMsMax);
}

/** The broker's bounds may have been changed since the group's value was set. */
function within(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
