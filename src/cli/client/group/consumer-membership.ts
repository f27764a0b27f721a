import { randomUuid } from "../../../base/uuid.ts";
import { type ApiRequest, type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { type Cluster, isTransient } from "../cluster.ts";
import { ClientError, KafkaError, throwIfError } from "../kafka-error.ts";
import { type TopicPartition } from "../topic-partition.ts";
import { GroupCoordinator } from "./group-coordinator.ts";
import { commitOffsets, fetchOffsets } from "./group-offsets.ts";
import { fatalError } from "./heartbeat-errors.ts";
import { type HeartbeatChanges, HeartbeatFields } from "./heartbeat-fields.ts";
import { HeartbeatLoop } from "./heartbeat-loop.ts";
import {
  type Membership,
  type PartitionOffset,
  type PartitionOwner,
  pollTimeoutExpired,
  without,
} from "./membership.ts";
import { areSame, resolveTarget, type TargetAssignment, targetOf } from "./target-assignment.ts";
import { type TopicSubscription } from "./topic-subscription.ts";

export interface ConsumerGroupSettings {
  readonly groupId: string;
  /** Of a static member. */
  readonly instanceId: string | null;
  readonly rack: string | null;
  /** The coordinator's assignor; null for the one that it is configured with. */
  readonly remoteAssignor: string | null;
  readonly rebalanceTimeoutMs: number;
  /** For one commit, or one look-up of offsets, with all retries. */
  readonly operationTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
}

const heartbeatsLogger = "org.apache.kafka.clients.consumer.internals.ConsumerHeartbeatRequestManager";
const joinEpoch = 0;
const leaveEpoch = -1;
/** A static member that may come back. */
const leaveForNowEpoch = -2;

/** Answers that say that the group goes on without us: what we own is lost, and we join as if new. */
const fenced = new Set<number>([Errors.FENCED_MEMBER_EPOCH, Errors.UNKNOWN_MEMBER_ID]);

/**
 * The consumer protocol (KIP-848): heartbeats carry the coordinator's wish to us and what came of it back.
 *
 * joining ──answer──▶ stable ──other partitions──▶ reconciling ──let go, then taken──▶ told with the next heartbeat
 *    ▲                                                                                        │
 *    └──────── what we own is lost ◀──fenced── any of them ◀──────────────────────────────────┘
 */
export class ConsumerMembership implements Membership {
  onChange: () => void = () => {};
  readonly #cluster: Cluster;
  readonly #coordinator: GroupCoordinator;
  readonly #settings: ConsumerGroupSettings;
  readonly #subscription: TopicSubscription;
  readonly #memberId: string;
  readonly #heartbeats: HeartbeatLoop;
  readonly #fields = new HeartbeatFields();
  #epoch = joinEpoch;
  #names: readonly string[] = [];
  /** Undefined until the coordinator has told, be it that there is nothing for us. */
  #target: TargetAssignment | undefined;
  #isDue = true;
  #isFenced = false;
  #hasLeft = false;
  #failure: Error | undefined;
  #isSubscribed = false;
  #topicWatch: { cancel(): void } | undefined;

  constructor(cluster: Cluster, settings: ConsumerGroupSettings, subscription: TopicSubscription) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#subscription = subscription;
    this.#coordinator = new GroupCoordinator(cluster, settings.groupId);
    this.#memberId = randomUuid(cluster.ports.random);
    this.#heartbeats = new HeartbeatLoop(cluster.ports.timers, () => this.#beat());
  }

  get isRebalanceDue(): boolean {
    return this.#isDue;
  }

  async rebalance(owner: PartitionOwner, isGone: () => boolean): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#isDue = false;
    if (this.#isSubscribed && !this.#isFenced) return this.#reconcile(owner);
    if (owner.owned().length > 0) owner.lose(owner.owned());
    this.#isFenced = false;
    this.#target = undefined;
    if (!this.#isSubscribed) await this.#subscribe(isGone);
    this.#beatNow();
  }

  async committed(partitions: readonly TopicPartition[]): Promise<PartitionOffset[] | undefined> {
    try {
      return await this.#asMember(() => fetchOffsets(this.#cluster, this.#coordinator, partitions, this.#identity));
    } catch (error) {
      if (!isMembershipOver(error)) throw error;
      // What to do about it is for the answer to a heartbeat to say.
      this.#beatNow();
      return undefined;
    }
  }

  async commit(offsets: readonly PartitionOffset[], retryMsMax?: number): Promise<void> {
    if (offsets.length === 0) return;
    try {
      const attempt = () => commitOffsets(this.#cluster, this.#coordinator, offsets, this.#identity);
      await this.#asMember(attempt, retryMsMax);
    } catch (error) {
      if (!isMembershipOver(error)) throw error;
      const why = error.code === Errors.UNKNOWN_MEMBER_ID ? "unknown member ID" : "stale member epoch";
      throw new ClientError(
        "org.apache.kafka.clients.consumer.CommitFailedException",
        `OffsetCommit failed with ${why}. ${error.message}`,
      );
    }
  }

  async withdraw(): Promise<void> {
    this.#cluster.warn(heartbeatsLogger, `Consumer ${pollTimeoutExpired}`);
    const leaving = this.#sendLeave();
    this.#fence();
    await leaving;
  }

  async leave(): Promise<void> {
    this.#heartbeats.stop();
    this.#topicWatch?.cancel();
    this.#hasLeft = true;
    await this.#sendLeave();
    this.#coordinator.close();
  }

  async #sendLeave(): Promise<void> {
    const { groupId, instanceId } = this.#settings;
    const isMember = this.#isSubscribed && !this.#isFenced && this.#failure === undefined;
    if (!isMember || !this.#coordinator.isConnected) return;
    const memberEpoch = instanceId === null ? leaveEpoch : leaveForNowEpoch;
    const request = { groupId, memberId: this.#memberId, instanceId, memberEpoch };
    // Whatever the answer, we are gone.
    await this.#coordinator.send("consumerGroupHeartbeat", request).catch(() => {});
  }

  get #identity() {
    return { memberId: this.#memberId, epoch: this.#epoch, instanceId: this.#settings.instanceId };
  }

  /** Tries again when the epoch with which something was asked is one that a heartbeat has replaced meanwhile. */
  #asMember<T>(attempt: () => Promise<T>, retryMsMax = Number.POSITIVE_INFINITY): Promise<T> {
    return this.#coordinator.retry(Math.min(this.#settings.operationTimeoutMs, retryMsMax), async () => {
      try {
        return await attempt();
      } catch (error) {
        const code = error instanceof KafkaError ? error.code : Errors.NONE;
        if (code === Errors.STALE_MEMBER_EPOCH && this.#epoch > 0) throw new StaleEpoch();
        throw error;
      }
    });
  }

  /** Learns of the topics, and begins to look at them now and then. */
  async #subscribe(isGone: () => boolean): Promise<void> {
    this.#isSubscribed = true;
    const { name } = this.#subscription;
    // A topic that is named may be subscribed to before it is there.
    if (name === undefined) this.#names = namesOf(await this.#subscription.await(isGone));
    else {
      this.#names = [name];
      void this.#subscription.await(() => isGone() || this.#hasLeft).catch((error: Error) => this.#end(error));
    }
    this.#watchTopics();
  }

  #watchTopics(): void {
    this.#topicWatch = this.#cluster.ports.timers.after(this.#settings.metadataMaxAgeMs, async () => {
      const found = await this.#subscription.find().catch(() => undefined);
      if (this.#hasLeft) return;
      if (
        found !== undefined &&
        this.#subscription.name === undefined &&
        namesOf(found).join() !== this.#names.join()
      ) {
        this.#names = namesOf(found);
        this.#beatNow();
      }
      this.#watchTopics();
    });
  }

  /** Lets go of what is no longer ours, takes what is new, and says so. */
  async #reconcile(owner: PartitionOwner): Promise<void> {
    const target = this.#target;
    if (target === undefined) return;
    const { partitions, known, isComplete } = await resolveTarget(this.#cluster, this.#names, target);
    // What is asked of the coordinator meanwhile may be another assignment, or that we were fenced.
    const isStale = () => this.#target !== target || this.#isFenced || this.#hasLeft;
    if (isStale()) return;
    if (!isComplete) this.#rebalanceLater();
    const isNews = without(owner.owned(), partitions).length > 0 || without(partitions, owner.owned()).length > 0;
    if (!isComplete && !isNews) return;
    await owner.release(without(owner.owned(), partitions));
    if (isStale()) return;
    owner.assign(without(partitions, owner.owned()));
    this.#fields.own(known);
    this.#beatNow();
  }

  #rebalanceLater(): void {
    this.#cluster.ports.timers.after(this.#cluster.options.retryBackoffMs, () => this.#makeDue());
  }

  #makeDue(): void {
    this.#isDue = true;
    this.onChange();
  }

  /** Not while what we own has to be let go of first: it would be a join that the owner knows nothing of. */
  #beatNow(): void {
    if (!this.#isFenced) this.#heartbeats.beatNow();
  }

  /** Resolves with when the next heartbeat is due; undefined when none is until the owner has let go, or after the end. */
  async #beat(): Promise<number | undefined> {
    try {
      const answer = await this.#coordinator.send("consumerGroupHeartbeat", this.#request());
      // We have withdrawn while it was under way.
      if (this.#isFenced) return undefined;
      throwIfError(answer.errorCode, answer.errorMessage);
      this.#take(answer);
      return answer.heartbeatIntervalMs;
    } catch (error) {
      if (this.#isFenced) return undefined;
      // What of it the coordinator has heard is not known.
      this.#fields.forget();
      return this.#hasLeft ? undefined : this.#afterFailure(error as Error);
    }
  }

  #request(): Draft<ApiRequest<"consumerGroupHeartbeat">> {
    const { groupId, instanceId, rack, remoteAssignor, rebalanceTimeoutMs } = this.#settings;
    const isJoining = this.#epoch === joinEpoch;
    const wanted: HeartbeatChanges = {
      rebalanceTimeoutMs,
      subscribedTopicNames: this.#names,
      serverAssignor: remoteAssignor,
    };
    return {
      groupId,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      instanceId,
      rackId: isJoining ? rack : null,
      ...(isJoining ? this.#fields.ofJoin(wanted) : this.#fields.changed(wanted)),
    };
  }

  #take({ memberEpoch, assignment }: ApiResponse<"consumerGroupHeartbeat">): void {
    if (this.#hasLeft) return;
    this.#epoch = memberEpoch;
    if (assignment === null) return;
    const target = targetOf(assignment);
    if (this.#target !== undefined && areSame(target, this.#target)) return;
    this.#target = target;
    this.#makeDue();
  }

  #afterFailure(error: Error): number | undefined {
    if (error instanceof KafkaError) this.#coordinator.forget(error.code);
    if (error instanceof KafkaError && fenced.has(error.code)) {
      this.#fence();
      return undefined;
    }
    if (isTransient(error)) return this.#cluster.options.retryBackoffMs;
    this.#end(fatalError(this.#cluster, this.#identity, error));
    return undefined;
  }

  /** The group goes on without us: no heartbeat until the owner has let go. */
  #fence(): void {
    this.#epoch = joinEpoch;
    this.#isFenced = true;
    this.#heartbeats.holdBack();
    this.#makeDue();
  }

  #end(error: Error): void {
    this.#failure ??= error;
    this.#heartbeats.stop();
    this.#makeDue();
  }
}

/** The epoch of a request was replaced while it was under way: the next try has the new one. */
class StaleEpoch extends KafkaError {
  override readonly isRetriable: boolean = true;

  constructor() {
    super(Errors.STALE_MEMBER_EPOCH);
  }
}

function isMembershipOver(error: unknown): error is KafkaError {
  return (
    error instanceof KafkaError && (error.code === Errors.UNKNOWN_MEMBER_ID || error.code === Errors.STALE_MEMBER_EPOCH)
  );
}

function namesOf(topics: readonly { name: string }[]): string[] {
  return topics.map(({ name }) => name).sort();
}
