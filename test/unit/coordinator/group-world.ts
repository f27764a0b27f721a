import { Timeline } from "../../../src/base/timeline-map.ts";
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
  readonly config: GroupCoordinatorConfig;
  readonly runtime: CoordinatorRuntime<GroupState, GroupRecord>;
  readonly groups: GroupCoordinator;
  readonly partitionCount: number;
  #epoch = 0;

  constructor(options: WorldOptions = {}) {
    this.config = { ...testConfig, ...options.config };
    this.partitionCount = options.partitionCount ?? 1;
    this.runtime = new CoordinatorRuntime("__consumer_offsets", {
      shard: groupShard(this.config),
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
    const shard = groupShard(this.config);
    const loaded = shard.newState(timeline);
    const replay = new RecordReplay(shard, loaded, noCompute, silentLogger);
    for (const batch of this.log.batches(partition)) await replay.apply(batch);
    const live = this.runtime.read(partition, (state) => state);
    if (!live.ok) throw new Error("not loaded");
    return { loaded: persistedPart(loaded, live.response), live: persistedPart(live.response, live.response) };
  }
}

/** A group between two generations is not fully in the log: of it, only the offsets count. */
function persistedPart(state: GroupState, live: GroupState): object {
  const groups: Record<string, unknown> = {};
  for (const [groupId, group] of state.groups.entries()) {
    const inLive = live.groups.get(groupId);
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
  return { groups, offsets };
}
