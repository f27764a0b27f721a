import { type Timeline } from "../../base/timeline-map.ts";
import { type CoordinatorShard } from "../runtime/shard.ts";
import { type AnyTicket } from "../runtime/ticket.ts";
import { type ClassicGroupView } from "./classic-group.ts";
import { type ConsumerGroup } from "./consumer/consumer-group.ts";
import { type GroupMetadata } from "./consumer/group-metadata.ts";
import { armMemberTimers } from "./consumer/timers.ts";
import { scheduleExpiration } from "./expire.ts";
import { type GroupCoordinatorConfig } from "./group-config.ts";
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from "./group-records.ts";
import { GroupState, type GroupScheduling, type GroupTurn } from "./group-state.ts";
import { newMemberJoinTimeoutMs } from "./join.ts";
import { delayFirstGeneration, prepareRebalance, renewSession, waitForJoins, waitForSyncs } from "./rebalance.ts";
import { replayGroupRecord, replayTransactionEnd } from "./replay.ts";

/** The coordinator of groups, of one partition of `__consumer_offsets`. */
export function groupShard(
  config: GroupCoordinatorConfig,
  metadata: GroupMetadata,
): CoordinatorShard<GroupState, GroupRecord> {
  return {
    newState: (timeline: Timeline) => new GroupState(timeline, config, metadata),
    encode: encodeGroupRecord,
    decode: decodeGroupRecord,
    replay: replayGroupRecord,
    replayTransactionEnd,
    onLoaded,
    onReverted,
  };
}

function onLoaded(turn: GroupTurn): void {
  for (const group of classicGroups(turn)) {
    armTimers(turn, group);
    const { groupSizeMax } = turn.state.config;
    if (group.members.size > groupSizeMax) {
      const reason =
        `Freshly-loaded group ${group.groupId} (size ${group.members.size}) is over capacity ${groupSizeMax}. ` +
        "Rebalancing in order to give a chance for consumers to commit offsets";
      prepareRebalance(turn, turn.state.edit(group), reason);
    }
  }
  for (const group of consumerGroups(turn)) armMemberTimers(turn, group);
  scheduleExpiration(turn);
}

function onReverted(turn: GroupTurn, lost: ReadonlySet<AnyTicket>): void {
  const missing = turn.missingTimers();
  for (const group of classicGroups(turn)) {
    const lostJoins = membersWithLost(group, lost, "joining");
    const lostSyncs = membersWithLost(group, lost, "syncing");
    if (lostJoins.length + lostSyncs.length === 0) {
      armTimers(missing, group);
      continue;
    }
    const edited = turn.state.edit(group);
    for (const memberId of lostJoins) edited.update(memberId, { joining: undefined });
    for (const memberId of lostSyncs) edited.update(memberId, { syncing: undefined });
    armTimers(missing, edited);
    if (edited.state === "CompletingRebalance") {
      prepareRebalance(turn, edited, "Error when storing group assignment during SyncGroup.");
    }
  }
  for (const group of consumerGroups(turn)) {
    armMemberTimers(missing, group);
    // What is not in records may have been taken back with what is.
    group.metadataValidUntilMs.set(0);
    group.isResolving.set(false);
  }
  scheduleExpiration(missing);
}

function consumerGroups(turn: GroupTurn): ConsumerGroup[] {
  return [...turn.state.groups.values()].filter((group) => group.type === "consumer");
}

function classicGroups(turn: GroupTurn): ClassicGroupView[] {
  return [...turn.state.groups.values()].filter((group) => group.type === "classic");
}

/**
 * What could not be written is tried again after that time at the earliest. A group without members waits for nobody: as long
 * as the log takes no records it would try to become empty all the time.
 */
const retryDelayMs = 1_000;

/** Starts everything that a group waits for. */
function armTimers(turn: GroupScheduling, group: ClassicGroupView): void {
  for (const { memberId, sessionTimeoutMs, isNew } of group.members.values()) {
    renewSession(turn, group.groupId, memberId, isNew ? newMemberJoinTimeoutMs : sessionTimeoutMs);
  }
  for (const [memberId, timeoutMs] of group.pendingJoin.entries())
    renewSession(turn, group.groupId, memberId, timeoutMs);
  if (group.state === "PreparingRebalance") {
    if (group.previousState === "Empty") delayFirstGeneration(turn, group, retryDelayMs);
    else waitForJoins(turn, group, retryDelayMs);
  }
  if (group.pendingSync.size > 0) waitForSyncs(turn, group, retryDelayMs);
}

function membersWithLost(
  group: ClassicGroupView,
  lost: ReadonlySet<AnyTicket>,
  parked: "joining" | "syncing",
): string[] {
  return [...group.members.values()]
    .filter((member) => member[parked] !== undefined && lost.has(member[parked]))
    .map(({ memberId }) => memberId);
}
