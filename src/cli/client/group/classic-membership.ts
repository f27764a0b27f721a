import { Errors } from "../../../protocol/errors.ts";
import { type Cluster } from "../cluster.ts";
import { ClientError, KafkaError, throwIfError } from "../kafka-error.ts";
import { type TopicPartition } from "../topic-partition.ts";
import { type Assignor, type LastAssignment } from "./assignors/assignor.ts";
import { GroupCoordinator } from "./group-coordinator.ts";
import { commitOffsets, fetchOffsets } from "./group-offsets.ts";
import { assignAsLeader } from "./leader-assignment.ts";
import {
  type Membership,
  type PartitionOffset,
  type PartitionOwner,
  pollTimeoutExpired,
  without,
} from "./membership.ts";
import { decodeAssignment, encodeSubscription } from "./subscription-data.ts";
import { fingerprint, type TopicSubscription } from "./topic-subscription.ts";

export interface ClassicGroupSettings {
  readonly groupId: string;
  /** Of a static member. */
  readonly instanceId: string | null;
  readonly rack: string | null;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  /** For one commit, or one look-up of offsets, with all retries. */
  readonly operationTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  /** The most wanted first; not empty. */
  readonly assignors: readonly Assignor[];
}

const coordinatorLogger = "org.apache.kafka.clients.consumer.internals.ConsumerCoordinator";
const protocolType = "consumer";
/** What the coordinator adds to a join, on top of the time that the others have to come back. */
const joinSlackMs = 5_000;
/** Answers after which what we own may be others' already. */
const membershipLost = new Set<number>([Errors.UNKNOWN_MEMBER_ID, Errors.ILLEGAL_GENERATION]);

/** The classic protocol: who is told to, joins again; the member that the coordinator makes the leader assigns. */
export class ClassicMembership implements Membership {
  onChange: () => void = () => {};
  readonly #cluster: Cluster;
  readonly #coordinator: GroupCoordinator;
  readonly #settings: ClassicGroupSettings;
  readonly #subscription: TopicSubscription;
  /** Partitions are kept during a join only when each assignor that the group may agree on expects it. */
  readonly #isCooperative: boolean;
  #memberId = "";
  #generation = -1;
  #last: LastAssignment | undefined;
  #isDue = true;
  #failure: Error | undefined;
  #heartbeat: { cancel(): void } | undefined;
  #topicWatch: { cancel(): void } | undefined;
  /** The topics when we joined, while we lead: only then new ones and new partitions are ours to notice. */
  #topicsAtJoin: string | undefined;

  constructor(cluster: Cluster, settings: ClassicGroupSettings, subscription: TopicSubscription) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#subscription = subscription;
    this.#coordinator = new GroupCoordinator(cluster, settings.groupId);
    this.#isCooperative = settings.assignors.every(({ isCooperative }) => isCooperative);
  }

  get isRebalanceDue(): boolean {
    return this.#isDue;
  }

  async rebalance(owner: PartitionOwner, isGone: () => boolean): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#topicWatch?.cancel();
    if (this.#generation < 0) this.#lose(owner);
    else if (!this.#isCooperative) await owner.release(owner.owned());
    this.#isDue = false;
    const topics = await this.#subscription.await(isGone);
    const names = topics.map(({ name }) => name);
    if (this.#isCooperative && this.#generation >= 0)
      await owner.release(owner.owned().filter(({ topic }) => !names.includes(topic)));
    const assigned = await this.#join(names, owner, isGone);
    if (assigned === undefined || isGone()) return;
    const revoked = without(owner.owned(), assigned);
    if (revoked.length > 0) {
      await owner.release(revoked);
      // Only when it is known that we have let go of them, others can get them.
      this.#isDue = true;
    }
    owner.assign(without(assigned, owner.owned()));
    this.#startHeartbeat();
    if (this.#topicsAtJoin !== undefined) {
      this.#topicsAtJoin = fingerprint(topics);
      this.#watchTopics();
    }
  }

  committed(partitions: readonly TopicPartition[]): Promise<PartitionOffset[]> {
    return this.#coordinator.retry(this.#settings.operationTimeoutMs, () =>
      fetchOffsets(this.#cluster, this.#coordinator, partitions),
    );
  }

  async commit(offsets: readonly PartitionOffset[], retryMsMax = Number.POSITIVE_INFINITY): Promise<void> {
    if (offsets.length === 0) return;
    const { instanceId, operationTimeoutMs } = this.#settings;
    // An offset that comes without a generation is taken by a group that is empty.
    if (this.#generation < 0) throw notInGroup();
    const member = { memberId: this.#memberId, epoch: this.#generation, instanceId };
    try {
      await this.#coordinator.retry(Math.min(operationTimeoutMs, retryMsMax), () =>
        commitOffsets(this.#cluster, this.#coordinator, offsets, member),
      );
    } catch (error) {
      if (!(error instanceof KafkaError) || !mustRejoin(error.code)) throw error;
      // Else a join is under way, or was meanwhile.
      if (member.epoch === this.#generation && this.#heartbeat !== undefined) {
        this.#forget(error.code);
        this.#rejoin();
      }
      throw commitFailure(error.code);
    }
  }

  async withdraw(): Promise<void> {
    this.#cluster.warn(coordinatorLogger, `consumer ${pollTimeoutExpired}`);
    const memberId = this.#memberId;
    this.#memberId = "";
    this.#generation = -1;
    this.#isDue = true;
    this.#topicWatch?.cancel();
    this.#stopHeartbeat();
    await this.#sendLeave(memberId, "consumer poll timeout has expired.");
  }

  async leave(): Promise<void> {
    this.#stopHeartbeat();
    this.#topicWatch?.cancel();
    await this.#sendLeave(this.#memberId, "the consumer is being closed");
    this.#coordinator.close();
  }

  /** Static members stay. */
  async #sendLeave(memberId: string, reason: string): Promise<void> {
    if (memberId === "" || this.#settings.instanceId !== null || !this.#coordinator.isConnected) return;
    const members = [{ memberId, reason }];
    // Whatever the answer, we are gone.
    await this.#coordinator.send("leaveGroup", { groupId: this.#settings.groupId, members }).catch(() => {});
  }

  /** Joins as often as it takes; undefined when the consumer was closed meanwhile. */
  async #join(
    names: readonly string[],
    owner: PartitionOwner,
    isGone: () => boolean,
  ): Promise<TopicPartition[] | undefined> {
    this.#stopHeartbeat();
    while (!isGone()) {
      try {
        return await this.#joinOnce(names, owner.owned());
      } catch (error) {
        if (!this.#mayRejoin(error)) throw error;
        if (this.#generation < 0) this.#lose(owner);
        await this.#cluster.sleep(this.#cluster.options.retryBackoffMs);
      }
    }
    return undefined;
  }

  async #joinOnce(names: readonly string[], owned: readonly TopicPartition[]): Promise<TopicPartition[]> {
    const { groupId, instanceId, rack, sessionTimeoutMs, rebalanceTimeoutMs, assignors } = this.#settings;
    const subscription = { topics: names, owned, generation: this.#generation, rack };
    const joined = await this.#coordinator.send(
      "joinGroup",
      {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType,
        protocols: assignors.map((assignor) => ({
          name: assignor.name,
          metadata: encodeSubscription({ ...subscription, userData: assignor.userData(this.#last) }),
        })),
      },
      rebalanceTimeoutMs + joinSlackMs,
    );
    if (joined.errorCode === Errors.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId;
      return this.#joinOnce(names, owned);
    }
    throwIfError(joined.errorCode);
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    const isLeader = joined.leader === joined.memberId;
    this.#topicsAtJoin = isLeader ? "" : undefined;
    const synced = await this.#coordinator.send(
      "syncGroup",
      {
        groupId,
        generationId: this.#generation,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType,
        protocolName: joined.protocolName,
        assignments: isLeader && !joined.skipAssignment ? await assignAsLeader(this.#cluster, assignors, joined) : [],
      },
      rebalanceTimeoutMs + joinSlackMs,
    );
    throwIfError(synced.errorCode);
    const partitions = decodeAssignment(synced.assignment);
    this.#last = { generation: this.#generation, partitions };
    return partitions;
  }

  #lose(owner: PartitionOwner): void {
    if (owner.owned().length > 0) owner.lose(owner.owned());
  }

  #mayRejoin(error: unknown): boolean {
    if (!(error instanceof ClientError)) return error instanceof Error && error.name === "NetError";
    if (!(error instanceof KafkaError)) return error.isRetriable;
    this.#forget(error.code);
    return error.isRetriable || mustRejoin(error.code);
  }

  /** Drops what an answer shows to be stale. */
  #forget(code: number): void {
    this.#coordinator.forget(code);
    if (!membershipLost.has(code)) return;
    // Of another generation we are still the member that we were: under a new id the old one would be waited for.
    if (code === Errors.UNKNOWN_MEMBER_ID) this.#memberId = "";
    this.#generation = -1;
  }

  #startHeartbeat(): void {
    this.#heartbeat = this.#cluster.ports.timers.after(this.#settings.heartbeatIntervalMs, () => void this.#beat());
  }

  #stopHeartbeat(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
  }

  async #beat(): Promise<void> {
    try {
      const { groupId, instanceId } = this.#settings;
      const { errorCode } = await this.#coordinator.send("heartbeat", {
        groupId,
        generationId: this.#generation,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
      });
      throwIfError(errorCode);
    } catch (error) {
      // A join that began in the meantime has ended these heartbeats.
      if (this.#heartbeat === undefined) return;
      if (error instanceof KafkaError) this.#forget(error.code);
      if (error instanceof KafkaError && !error.isRetriable) {
        // Another consumer has taken our place: to join again would be to take it back.
        if (error.code === Errors.FENCED_INSTANCE_ID) this.#failure = error;
        this.#rejoin();
        return;
      }
    }
    if (this.#heartbeat !== undefined) this.#startHeartbeat();
  }

  #rejoin(): void {
    this.#stopHeartbeat();
    this.#isDue = true;
    this.onChange();
  }

  /** Lets the group join again when there are new topics or partitions. */
  #watchTopics(): void {
    this.#topicWatch = this.#cluster.ports.timers.after(this.#settings.metadataMaxAgeMs, async () => {
      const found = await this.#subscription.find().catch(() => undefined);
      if (this.#heartbeat === undefined) return;
      if (found !== undefined && fingerprint(found) !== this.#topicsAtJoin) {
        this.#isDue = true;
        this.onChange();
      } else this.#watchTopics();
    });
  }
}

function mustRejoin(code: number): boolean {
  return membershipLost.has(code) || code === Errors.REBALANCE_IN_PROGRESS;
}

/** What the caller of a commit hears when it is to join again first, as Kafka's client words it. */
function commitFailure(code: number): ClientError {
  if (code === Errors.REBALANCE_IN_PROGRESS) {
    return new ClientError(
      "org.apache.kafka.common.errors.RebalanceInProgressException",
      "Offset commit cannot be completed since the consumer group is executing a rebalance at the moment. You can try completing the rebalance by calling poll() and then retry commit again",
    );
  }
  return new ClientError(
    "org.apache.kafka.clients.consumer.CommitFailedException",
    "Commit cannot be completed since the group has already rebalanced and assigned the partitions to another member. This means that the time between subsequent calls to poll() was longer than the configured max.poll.interval.ms, which typically implies that the poll loop is spending too much time message processing. You can address this either by increasing max.poll.interval.ms or by reducing the maximum size of batches returned in poll() with max.poll.records.",
  );
}

function notInGroup(): ClientError {
  return new ClientError(
    "org.apache.kafka.clients.consumer.CommitFailedException",
    "Offset commit cannot be completed since the consumer is not part of an active group for auto partition assignment; it is likely that the consumer was kicked out of the group.",
  );
}
