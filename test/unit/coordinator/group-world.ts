import { Timeline } from "../../../src/base/timeline-map.ts";
import { rangeAssignor } from "../../../src/coordinator/group/assignor/range.ts";
import { uniformAssignor } from "../../../src/coordinator/group/assignor/uniform.ts";
import { type ConsumerGroup } from "../../../src/coordinator/group/consumer/consumer-group.ts";
import { GroupMetadata } from "../../../src/coordinator/group/consumer/group-metadata.ts";
import { type GroupCoordinatorConfig } from "../../../src/coordinator/group/group-config.ts";
import { GroupCoordinator } from "../../../src/coordinator/group/group-coordinator.ts";
import { type GroupRecord } from "../../../src/coordinator/group/group-records.ts";
import { groupShard } from "../../../src/coordinator/group/group-shard.ts";
import { type GroupState } from "../../../src/coordinator/group/group-state.ts";
import { CoordinatorRuntime } from "../../../src/coordinator/runtime/coordinator-runtime.ts";
import { RecordReplay } from "../../../src/coordinator/runtime/replay-records.ts";
import { type CompressionName, type Compute, type Logger } from "../../../src/io/ports.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { MemoryPartitionLog } from "../../support/memory-partition-log.ts";
import { silentLogger } from "../../support/silent-logger.ts";

export const testConfig: GroupCoordinatorConfig = {
  sessionTimeoutMsMin: 6_000,
  sessionTimeoutMsMax: 1_800_000,
  groupSizeMax: 2_147_483_647,
  initialRebalanceDelayMs: 3_000,
  offsetMetadataLengthMax: 4_096,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  consumerGroupSizeMax: 2_147_483_647,
  consumerSessionTimeoutMs: 45_000,
  consumerSessionTimeoutMsMin: 45_000,
  consumerSessionTimeoutMsMax: 60_000,
  consumerHeartbeatIntervalMs: 5_000,
  consumerHeartbeatIntervalMsMin: 5_000,
  consumerHeartbeatIntervalMsMax: 15_000,
  consumerAssignmentIntervalMs: 0,
  consumerAssignmentIntervalMsMin: 0,
  consumerAssignmentIntervalMsMax: 15_000,
  consumerAssignors: [uniformAssignor, rangeAssignor],
  consumerMigrationPolicy: "bidirectional",
  consumerRegexRefreshIntervalMs: 600_000,
};

/** Compression for tests: no codec is needed, since these do not look at the payload. */
export const noCompute: Compute = {
  compress: (_codec, data) => Promise.resolve(data),
  decompress: (_codec, data) => Promise.resolve(data),
};

export interface WorldOptions {
  readonly config?: Partial<GroupCoordinatorConfig>;
  readonly logger?: Logger;
  readonly compression?: CompressionName;
  readonly partitionCount?: number;
}

/** A group coordinator on a clock that stands still and a log in memory. */
export class GroupWorld {
  readonly time = new ManualTime();
  readonly log = new MemoryPartitionLog();
  readonly metadata = new GroupMetadata();
  readonly config: GroupCoordinatorConfig;
  readonly runtime: CoordinatorRuntime<GroupState, GroupRecord>;
  readonly groups: GroupCoordinator;
  readonly partitionCount: number;
  #epoch = 0;

  constructor(options: WorldOptions = {}) {
    this.config = { ...testConfig, ...options.config };
    this.partitionCount = options.partitionCount ?? 1;
    this.runtime = new CoordinatorRuntime("__consumer_offsets", {
      shard: groupShard(this.config, this.metadata),
      writer: this.log,
      loader: this.log,
      clock: this.time,
      timers: this.time,
      compute: noCompute,
      logger: options.logger ?? silentLogger,
      compression: options.compression ?? "none",
      writeTimeoutMs: 5_000,
    });
    this.groups = new GroupCoordinator({
      runtime: this.runtime,
      config: this.config,
      partitionCount: () => this.partitionCount,
      metadata: this.metadata,
    });
  }

  async elect(): Promise<void> {
    this.#epoch++;
    for (let partition = 0; partition < this.partitionCount; partition++) {
      await this.groups.onElection(partition, this.#epoch);
    }
  }

  /** Another leader takes over and gives back: all is loaded again. */
  async reload(): Promise<void> {
    for (let partition = 0; partition < this.partitionCount; partition++) {
      this.groups.onResignation(partition, this.#epoch);
    }
    await this.elect();
  }

  /** What the records alone say, and what is in memory, as far as the records are to say it. */
  async compare(partition = 0): Promise<{ loaded: object; live: object }> {
    const timeline = new Timeline();
    const shard = groupShard(this.config, this.metadata);
    const loaded = shard.newState(timeline);
    const replay = new RecordReplay(shard, loaded, noCompute, silentLogger);
    for (const batch of this.log.batches(partition)) await replay.apply(batch);
    const live = this.runtime.read(partition, (state) => state);
    if (!live.ok) throw new Error("not loaded");
    return { loaded: persistedPart(loaded, live.response), live: persistedPart(live.response, live.response) };
  }
}

function consumerPart(group: ConsumerGroup): object {
  const sorted = <V>(map: { entries(): Iterable<[string, V]> }) =>
    [...map.entries()].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    state: group.state(),
    epoch: group.epoch.get(),
    target: group.target.get(),
    members: sorted(group.members).map(([, { topicNames, ...member }]) => ({ ...member, topicNames: [...topicNames] })),
    targets: sorted(group.targets),
    staticMembers: sorted(group.staticMembers),
    resolvedRegexes: sorted(group.resolvedRegexes),
    regexCounts: sorted(group.regexCounts),
    topicCounts: sorted(group.topicCounts),
    isHomogeneous: group.isHomogeneous(),
    owned: sorted(group.members).flatMap(([, { assigned, pendingRevocation }]) =>
      [...assigned, ...pendingRevocation].flatMap(([topicId, partitions]) =>
        [...partitions.keys()].filter((partition) => !group.isOwned(topicId, partition)),
      ),
    ),
  };
}

/** A group between two generations is not fully in the log: of it, only the offsets count. */
function persistedPart(state: GroupState, live: GroupState): object {
  const groups: Record<string, unknown> = {};
  for (const [groupId, group] of state.groups.entries()) {
    const inLive = live.groups.get(groupId);
    if (group.type === "consumer" && inLive?.type === "consumer") {
      groups[groupId] = consumerPart(group);
      continue;
    }
    if (group.type !== "classic" || inLive?.type !== "classic") {
      groups[groupId] = inLive === undefined ? "not in memory" : group;
      continue;
    }
    const hasOffsets = state.offsets.topicsOf(groupId) !== undefined;
    if (inLive.state === "PreparingRebalance" || inLive.state === "CompletingRebalance") {
      groups[groupId] = "rebalancing";
    } else if (hasOffsets || group.protocolType !== null) {
      // Of a group with neither members nor offsets there is nothing to tell.
      groups[groupId] = {
        state: group.state,
        since: group.protocolType !== null && group.state === "Empty" ? group.stateSinceMs : undefined,
        generation: group.generation,
        protocolType: group.protocolType,
        protocolName: group.protocolName,
        leaderId: group.leaderId,
        topics: group.subscribedTopics === null ? null : [...group.subscribedTopics].sort(),
        members: [...group.members.values()].map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          rebalanceTimeoutMs: member.rebalanceTimeoutMs,
          sessionTimeoutMs: member.sessionTimeoutMs,
          metadata: member.protocols.find(({ name }) => name === group.protocolName)?.metadata.toString("hex"),
          assignment: member.assignment.toString("hex"),
        })),
      };
    }
  }
  const offsets = [...state.offsets.all()].map((entry) => JSON.stringify(entry)).sort();
  const pending = [...live.groups.keys()].sort().map((group) => [...state.offsets.pendingPartitionsOf(group)].sort());
  return { groups, offsets, pending };
}
