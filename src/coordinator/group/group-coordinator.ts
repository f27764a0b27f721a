import { type LeaderEpoch, type Uuid } from "../../base/brand.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type CoordinatorRuntime } from "../runtime/coordinator-runtime.ts";
import { clientErrorOf } from "../runtime/operation-errors.ts";
import { partitionFor } from "../runtime/partition-for.ts";
import { type TransactionEnd } from "../runtime/transaction-end.ts";
import { failed, type Result } from "../runtime/ticket.ts";
import { commitError, commitOffsets, type OffsetCommitResponse } from "./commit.ts";
import { describeConsumerGroup, type DescribedConsumerGroup } from "./consumer/describe.ts";
import { type GroupMetadata } from "./consumer/group-metadata.ts";
import {
  consumerHeartbeat,
  heartbeatProblem,
  type ConsumerCaller,
  type ConsumerHeartbeat,
  type ConsumerHeartbeatResponse,
} from "./consumer/heartbeat.ts";
import { deleteGroups, type DeletedGroup } from "./delete.ts";
import { describeGroup, listGroups, type DescribedGroup } from "./describe.ts";
import { deleteOffsetsOfTopics } from "./expire.ts";
import { fetchOffsets, type OffsetFetchGroup, type OffsetFetchGroupResponse } from "./fetch.ts";
import { type GroupCoordinatorConfig } from "./group-config.ts";
import { type GroupRecord } from "./group-records.ts";
import { type GroupState } from "./group-state.ts";
import { heartbeat } from "./heartbeat.ts";
import { type JoinResponse, type SyncResponse } from "./classic-member.ts";
import { joinGroup } from "./join.ts";
import { type JoinCaller } from "./joining.ts";
import { leaveGroup } from "./leave.ts";
import { deleteOffsets, type OffsetDeleteResponse } from "./offset-delete.ts";
import { syncGroup } from "./sync.ts";
import {
  commitTransactionalOffsets,
  transactionalCommitError,
  verificationKindOf,
  type TxnOffsetCommitResponse,
} from "./transactional-commit.ts";

export interface GroupCoordinatorOptions {
  readonly runtime: CoordinatorRuntime<GroupState, GroupRecord>;
  readonly config: GroupCoordinatorConfig;
  /** Of `__consumer_offsets` when it is there, else what it will be created with. */
  readonly partitionCount: () => number;
  /** The one that the shards of `runtime` look at. */
  readonly metadata: GroupMetadata;
}

/**
 * The groups of this node, as request handlers see them: finds the shard of a group, and turns what happens to a request on
 * the way there and back into the response with the error that Kafka's clients expect. Each method takes its place in the
 * shard's order before it returns, so that requests of one connection take effect in their order.
 */
export class GroupCoordinator {
  readonly #runtime: CoordinatorRuntime<GroupState, GroupRecord>;
  readonly #config: GroupCoordinatorConfig;
  readonly #partitionCount: () => number;
  readonly #metadata: GroupMetadata;
  #isActive = true;

  constructor({ runtime, config, partitionCount, metadata }: GroupCoordinatorOptions) {
    this.#runtime = runtime;
    this.#config = config;
    this.#partitionCount = partitionCount;
    this.#metadata = metadata;
  }

  partitionFor(groupId: string): number {
    return partitionFor(groupId, this.#partitionCount());
  }

  /** This node leads a partition of `__consumer_offsets` from now on. Resolves when it is loaded. */
  onElection(partition: number, leaderEpoch: LeaderEpoch): Promise<void> {
    return this.#isActive ? this.#runtime.elect(partition, leaderEpoch) : Promise.resolve();
  }

  /** Whether it was told so, by `onElection`. */
  leads(partition: number): boolean {
    return this.#runtime.leads(partition);
  }

  /** This node does not lead it any more; no epoch when the partition was deleted. */
  onResignation(partition: number, leaderEpoch?: LeaderEpoch): void {
    this.#runtime.resign(partition, leaderEpoch);
  }

  /** How long a target assignment stands at least, where a group has no value of its own. */
  reconfigure(consumerAssignmentIntervalMs: number): void {
    this.#config.consumerAssignmentIntervalMs = consumerAssignmentIntervalMs;
  }

  /** Offsets of deleted topics are deleted, too. */
  async onTopicsDeleted(topics: readonly { readonly topicId: Uuid; readonly name: string }[]): Promise<void> {
    await this.#runtime.writeAll<undefined>((turn, ticket) => {
      deleteOffsetsOfTopics(turn, topics);
      turn.reply(ticket, undefined);
    });
  }

  /** The metadata has changed: groups look at their topics again when a member is heard of. */
  async onMetadataChanged(delta: MetadataDelta, image: MetadataImage): Promise<void> {
    const changed = this.#metadata.update(delta, image);
    if (changed.size === 0) return;
    await this.#runtime.writeAll<undefined>((turn, ticket) => {
      for (const group of turn.state.groups.values()) {
        if (group.type !== "consumer") continue;
        if ([...changed].some((topic) => group.isSubscribedTo(topic))) group.metadataValidUntilMs.set(0);
      }
      turn.reply(ticket, undefined);
    });
  }

  /** Whoever waits hears NOT_COORDINATOR, and requests that come later COORDINATOR_NOT_AVAILABLE. */
  close(): void {
    this.#isActive = false;
    this.#runtime.close();
  }

  async joinGroup(request: ApiRequest<"joinGroup">, caller: JoinCaller): Promise<JoinResponse> {
    const { memberId, sessionTimeoutMs } = request;
    const refusal = this.#refusalOf(request.groupId);
    if (refusal !== undefined) return { memberId, errorCode: refusal };
    if (sessionTimeoutMs < this.#config.sessionTimeoutMsMin || sessionTimeoutMs > this.#config.sessionTimeoutMsMax) {
      return { memberId, errorCode: Errors.INVALID_SESSION_TIMEOUT };
    }
    const result = await this.#runtime.write<JoinResponse>(this.partitionFor(request.groupId), (turn, ticket) =>
      joinGroup(turn, { request, caller, ticket }),
    );
    return responseOf(result, (errorCode) => ({ errorCode }));
  }

  async consumerHeartbeat(
    request: ConsumerHeartbeat,
    apiVersion: number,
    caller: ConsumerCaller,
  ): Promise<ConsumerHeartbeatResponse> {
    if (!this.#isActive) return { errorCode: Errors.COORDINATOR_NOT_AVAILABLE };
    const problem = heartbeatProblem(request, apiVersion, this.#config.consumerAssignors);
    if (problem !== undefined) return problem;
    const result = await this.#runtime.write<ConsumerHeartbeatResponse>(
      this.partitionFor(request.groupId),
      (turn, ticket) => consumerHeartbeat(turn, request, caller, ticket),
    );
    return responseOf(result, (errorCode) => ({ errorCode }));
  }

  describeConsumerGroups(groupIds: readonly string[]): DescribedConsumerGroup[] {
    return groupIds.map((groupId) => {
      const refusal = this.#refusalOf(groupId);
      if (refusal !== undefined) return { groupId, errorCode: refusal };
      const result = this.#runtime.read(this.partitionFor(groupId), (state) => describeConsumerGroup(state, groupId));
      return responseOf(result, (errorCode) => ({ groupId, errorCode }));
    });
  }

  async syncGroup(request: ApiRequest<"syncGroup">): Promise<SyncResponse> {
    const refusal = this.#refusalOf(request.groupId);
    if (refusal !== undefined) return { errorCode: refusal };
    const result = await this.#runtime.write<SyncResponse>(this.partitionFor(request.groupId), (turn, ticket) =>
      syncGroup(turn, request, ticket),
    );
    return responseOf(result, (errorCode) => ({ errorCode }));
  }

  async heartbeat(request: ApiRequest<"heartbeat">): Promise<Draft<ApiResponse<"heartbeat">>> {
    const refusal = this.#refusalOf(request.groupId);
    if (refusal !== undefined) return { errorCode: refusal };
    const result = await this.#runtime.write<Draft<ApiResponse<"heartbeat">>>(
      this.partitionFor(request.groupId),
      (turn, ticket) => heartbeat(turn, request, ticket),
    );
    // Nothing is wrong with the member while its coordinator loads.
    return responseOf(result, (errorCode) => (errorCode === Errors.COORDINATOR_LOAD_IN_PROGRESS ? {} : { errorCode }));
  }

  async leaveGroup(
    request: Pick<ApiRequest<"leaveGroup">, "groupId" | "members">,
  ): Promise<Draft<ApiResponse<"leaveGroup">>> {
    const refusal = this.#refusalOf(request.groupId);
    if (refusal !== undefined) return { errorCode: refusal };
    const result = await this.#runtime.write<Draft<ApiResponse<"leaveGroup">>>(
      this.partitionFor(request.groupId),
      (turn, ticket) => leaveGroup(turn, request, ticket),
    );
    return responseOf(result, (errorCode) => ({ errorCode }));
  }

  /** The groups of all partitions that this node leads. */
  listGroups(request: ApiRequest<"listGroups">): Draft<ApiResponse<"listGroups">> {
    if (!this.#isActive) return { errorCode: Errors.COORDINATOR_NOT_AVAILABLE };
    const groups = [];
    for (const result of this.#runtime.readAll((state) => listGroups(state, request))) {
      if (result.ok) groups.push(result.response);
      else if (result.error !== Errors.NOT_COORDINATOR) return { errorCode: result.error };
    }
    return { groups: groups.flat() };
  }

  describeGroups(groupIds: readonly string[], apiVersion: number): DescribedGroup[] {
    return groupIds.map((groupId) => {
      if (!this.#isActive) return { groupId, errorCode: Errors.COORDINATOR_NOT_AVAILABLE };
      const result = this.#runtime.read(this.partitionFor(groupId), (state) =>
        describeGroup(state, groupId, apiVersion),
      );
      return responseOf(result, (errorCode) => ({ groupId, errorCode }));
    });
  }

  /** Answers in the order of the ids. */
  async deleteGroups(groupIds: readonly string[]): Promise<DeletedGroup[]> {
    if (!this.#isActive) return groupIds.map((groupId) => ({ groupId, errorCode: Errors.COORDINATOR_NOT_AVAILABLE }));
    const idsByPartition = new Map<number, string[]>();
    for (const groupId of groupIds) {
      const partition = this.partitionFor(groupId);
      idsByPartition.set(partition, [...(idsByPartition.get(partition) ?? []), groupId]);
    }
    const answers = await Promise.all(
      [...idsByPartition].map(async ([partition, ids]) => {
        const result = await this.#runtime.write<DeletedGroup[]>(partition, (turn, ticket) =>
          deleteGroups(turn, ids, ticket),
        );
        return responseOf(result, (errorCode) => ids.map((groupId) => ({ groupId, errorCode })));
      }),
    );
    const answerById = new Map(answers.flat().map((answer) => [answer.groupId, answer]));
    return groupIds.map((groupId) => answerById.get(groupId)!);
  }

  /** Topics have both their names and ids; whether they exist was checked before. */
  async commitOffsets(request: ApiRequest<"offsetCommit">, apiVersion: number): Promise<OffsetCommitResponse> {
    if (!this.#isActive) return commitError(request, Errors.COORDINATOR_NOT_AVAILABLE);
    const result = await this.#runtime.write<OffsetCommitResponse>(this.partitionFor(request.groupId), (turn, ticket) =>
      commitOffsets(turn, request, apiVersion, ticket),
    );
    return responseOf(result, (error) => commitError(request, error));
  }

  /** Resolves with an error when the offsets cannot be told. */
  async fetchOffsets(request: OffsetFetchGroup, requireStable: boolean): Promise<Result<OffsetFetchGroupResponse>> {
    if (!this.#isActive) return failed(Errors.COORDINATOR_NOT_AVAILABLE);
    const partition = this.partitionFor(request.groupId);
    if (!requireStable) return this.#runtime.read(partition, (state) => fetchOffsets(state, request, "committed"));
    // Through the log's queue: what was written before is committed when the answer leaves.
    const result = await this.#runtime.write<OffsetFetchGroupResponse>(partition, (turn, ticket) =>
      turn.reply(ticket, fetchOffsets(turn.state, request, "latest")),
    );
    return result.ok ? result : failed(fetchErrorOf(result.error));
  }

  /**
   * Offsets that count once the producer's transaction commits. The transaction's coordinator is asked first whether it is
   * open; from version 5 on that makes this partition part of it.
   */
  async commitTransactionalOffsets(
    request: ApiRequest<"txnOffsetCommit">,
    apiVersion: number,
  ): Promise<TxnOffsetCommitResponse> {
    const refusal = this.#refusalOf(request.groupId);
    if (refusal !== undefined) return transactionalCommitError(request, refusal);
    const result = await this.#runtime.writeInTransaction<TxnOffsetCommitResponse>(
      this.partitionFor(request.groupId),
      request,
      verificationKindOf(apiVersion),
      (turn, ticket) => commitTransactionalOffsets(turn, request, ticket),
    );
    return responseOf(result, (error) => transactionalCommitError(request, error));
  }

  /**
   * The end of a transaction in a partition of `__consumer_offsets`: nobody but this may write markers there. Resolves when
   * the marker is committed; with NOT_LEADER_OR_FOLLOWER while no coordinator is here, which whoever wrote the
   * transaction's end answers with another attempt.
   */
  async completeTransaction({
    partition,
    ...end
  }: TransactionEnd & { readonly partition: number }): Promise<ErrorCode> {
    if (!this.#isActive) return Errors.NOT_LEADER_OR_FOLLOWER;
    const result = await this.#runtime.completeTransaction(partition, end);
    if (result.ok) return Errors.NONE;
    const isElsewhere = result.error === Errors.NOT_COORDINATOR || result.error === Errors.COORDINATOR_LOAD_IN_PROGRESS;
    return isElsewhere ? Errors.NOT_LEADER_OR_FOLLOWER : result.error;
  }

  async deleteOffsets(request: ApiRequest<"offsetDelete">): Promise<OffsetDeleteResponse> {
    const refusal = this.#refusalOf(request.groupId);
    if (refusal !== undefined) return { errorCode: refusal };
    const result = await this.#runtime.write<OffsetDeleteResponse>(this.partitionFor(request.groupId), (turn, ticket) =>
      deleteOffsets(turn, request, ticket),
    );
    return responseOf(result, (errorCode) => ({ errorCode }));
  }

  #refusalOf(groupId: string): ErrorCode | undefined {
    if (!this.#isActive) return Errors.COORDINATOR_NOT_AVAILABLE;
    return groupId === "" ? Errors.INVALID_GROUP_ID : undefined;
  }
}

function responseOf<T>(result: Result<T>, onError: (error: ErrorCode) => T): T {
  return result.ok ? result.response : onError(clientErrorOf(result.error));
}

/** Fetching clients know no COORDINATOR_NOT_AVAILABLE here: they are to look for the coordinator. */
function fetchErrorOf(error: ErrorCode): ErrorCode {
  const clientError = clientErrorOf(error);
  return clientError === Errors.COORDINATOR_NOT_AVAILABLE ? Errors.NOT_COORDINATOR : clientError;
}
