import { type TimestampMs, type Uuid } from "../../../base/brand.ts";
import { javaStringHash, timelineHashOrder } from "../../../base/java-hash.ts";
import { TimelineCell, TimelineMap, type Timeline, type View } from "../../../base/timeline-map.ts";
import { noPartitions, type Partitions } from "../assignor/partition-assignor.ts";
import { isReconciledTo, regexOf, type ConsumerMember, type OwnedPartitions } from "./member.ts";

export type ConsumerGroupState = "Empty" | "Assigning" | "Reconciling" | "Stable";

/** Grows with each change that asks for a new target; the hash tells whether the topics are still as they were then. */
export interface GroupEpoch {
  readonly epoch: number;
  readonly metadataHash: bigint;
}

/** The group epoch that the target assignment was made for, and when; 0 when that is not known. */
export interface TargetEpoch {
  readonly epoch: number;
  readonly madeAtMs: TimestampMs;
}

/** The topics that a regular expression stood for, when it was looked at last. */
export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>;
  /** Of the metadata. */
  readonly version: number;
  readonly resolvedAtMs: TimestampMs;
}

/** How many members name a topic, and how many of the regular expressions match it. */
export interface SubscriptionCount {
  readonly byName: number;
  readonly byRegex: number;
}

const firstEpoch: GroupEpoch = { epoch: 1, metadataHash: 0n };
const firstTarget: TargetEpoch = { epoch: 1, madeAtMs: 0 };

/**
 * A group of the consumer protocol (KIP-848). Where classic members agree among themselves, here the coordinator decides:
 *
 * ```
 *  subscriptions, topics ──► group epoch ──► target assignment ──► members, each at its pace
 *     change                 is bumped        of that epoch         with its own epoch
 * ```
 * Made of timeline maps; only replayed records and what is not in records (marked so) change it.
 */
export class ConsumerGroup {
  readonly type = "consumer";
  readonly groupId: string;
  readonly epoch: TimelineCell<GroupEpoch>;
  readonly target: TimelineCell<TargetEpoch>;
  readonly members: TimelineMap<string, ConsumerMember>;
  readonly targets: TimelineMap<string, Partitions>;
  /** Member ids by instance id. */
  readonly staticMembers: TimelineMap<string, string>;
  readonly resolvedRegexes: TimelineMap<string, ResolvedRegex>;
  /** Members by the regular expression they are subscribed to: how many. */
  readonly regexCounts: TimelineMap<string, number>;
  readonly topicCounts: TimelineMap<string, SubscriptionCount>;
  /** Left behind by versions that kept what the hash has replaced. */
  readonly hasPartitionMetadata: TimelineCell<boolean>;
  /** Not in records: until then the topics need not be looked at again. */
  readonly metadataValidUntilMs: TimelineCell<TimestampMs>;
  /** Not in records: regular expressions are being resolved. */
  readonly isResolving: TimelineCell<boolean>;
  readonly #timeline: Timeline;
  /** The most members that there were when one was put to them, or in place of another. */
  #memberCountMax = 0;
  readonly #hashes = new Map<string, number>();
  /** The epoch of the member that has the partition. */
  readonly #owners: TimelineMap<Uuid, TimelineMap<number, number>>;

  constructor(timeline: Timeline, groupId: string) {
    this.groupId = groupId;
    this.#timeline = timeline;
    this.epoch = new TimelineCell(timeline, firstEpoch);
    this.target = new TimelineCell(timeline, firstTarget);
    this.members = new TimelineMap(timeline);
    this.targets = new TimelineMap(timeline);
    this.staticMembers = new TimelineMap(timeline);
    this.resolvedRegexes = new TimelineMap(timeline);
    this.regexCounts = new TimelineMap(timeline);
    this.topicCounts = new TimelineMap(timeline);
    this.hasPartitionMetadata = new TimelineCell(timeline, false);
    this.metadataValidUntilMs = new TimelineCell(timeline, 0);
    this.isResolving = new TimelineCell(timeline, false);
    this.#owners = new TimelineMap(timeline);
  }

  state(view: View = "latest"): ConsumerGroupState {
    const targetEpoch = this.target.get(view).epoch;
    let isEmpty = true;
    let isReconciled = true;
    for (const [, member] of this.members.entries(view)) {
      isEmpty = false;
      isReconciled &&= isReconciledTo(member, targetEpoch);
    }
    if (isEmpty) return "Empty";
    if (this.epoch.get(view).epoch > targetEpoch) return "Assigning";
    return isReconciled ? "Stable" : "Reconciling";
  }

  staticMember(instanceId: string | null): ConsumerMember | undefined {
    const memberId = instanceId === null ? undefined : this.staticMembers.get(instanceId);
    return memberId === undefined ? undefined : this.members.get(memberId);
  }

  /** In the order in which Kafka tells of them. */
  orderedMembers(view: View = "latest"): ConsumerMember[] {
    const members =
      view === "latest" ? [...this.members.values()] : [...this.members.entries(view)].map(([, member]) => member);
    return timelineHashOrder(members, ({ memberId }) => this.hashOf(memberId), this.#memberCountMax);
  }

  /** Java's hash of a member's id: each new target asks for those of all. */
  hashOf(memberId: string): number {
    let hash = this.#hashes.get(memberId);
    if (hash === undefined) this.#hashes.set(memberId, (hash = javaStringHash(memberId)));
    return hash;
  }

  targetOf(memberId: string): Partitions {
    return this.targets.get(memberId) ?? noPartitions;
  }

  /** Whether anybody has the partition, even if only to give it up. */
  isOwned(topicId: Uuid, partition: number): boolean {
    return this.#owners.get(topicId)?.has(partition) === true;
  }

  isSubscribedTo(topic: string): boolean {
    return this.topicCounts.has(topic);
  }

  classicMemberCount(): number {
    let count = 0;
    for (const member of this.members.values()) if (member.classic !== null) count++;
    return count;
  }

  /** Whether all members are subscribed to the same topics. */
  isHomogeneous(): boolean {
    const memberCount = this.members.size;
    const [regexMembers] = this.regexCounts.values();
    if (regexMembers !== undefined && regexMembers !== memberCount) return false;
    for (const { byName, byRegex } of this.topicCounts.values()) {
      if (regexMembers === undefined ? byName !== memberCount : byRegex !== 1 || byName > 0) return false;
    }
    return true;
  }

  // ---- For replay

  putMember(member: ConsumerMember): void {
    const before = this.members.get(member.memberId);
    this.#memberCountMax = Math.max(this.#memberCountMax, this.members.size);
    this.members.set(member.memberId, member);
    if (before?.topicNames !== member.topicNames) {
      this.#countNames(before, -1);
      this.#countNames(member, 1);
    }
    if (regexOf(before) !== regexOf(member)) {
      this.#countRegex(before, -1);
      this.#countRegex(member, 1);
    }
    if (member.instanceId !== null) this.staticMembers.set(member.instanceId, member.memberId);
    if (before !== undefined) this.#disown(before);
    this.#own(member.assigned, member.epoch);
    this.#own(member.pendingRevocation, member.epoch);
  }

  removeMember(memberId: string): void {
    const member = this.members.get(memberId);
    if (member === undefined) return;
    this.members.delete(memberId);
    this.#hashes.delete(memberId);
    this.#countNames(member, -1);
    this.#countRegex(member, -1);
    this.#disown(member);
    if (member.instanceId !== null) this.staticMembers.delete(member.instanceId);
  }

  /** undefined forgets it. */
  putResolvedRegex(regex: string, resolved: ResolvedRegex | undefined): void {
    for (const topic of this.resolvedRegexes.get(regex)?.topics ?? []) this.#count(topic, 0, -1);
    if (resolved === undefined) {
      this.resolvedRegexes.delete(regex);
      return;
    }
    this.resolvedRegexes.set(regex, resolved);
    for (const topic of resolved.topics) this.#count(topic, 0, 1);
  }

  #countNames(member: ConsumerMember | undefined, by: number): void {
    for (const topic of member?.topicNames ?? []) this.#count(topic, by, 0);
  }

  #count(topic: string, byName: number, byRegex: number): void {
    const before = this.topicCounts.get(topic);
    const count = { byName: (before?.byName ?? 0) + byName, byRegex: (before?.byRegex ?? 0) + byRegex };
    if (count.byName <= 0 && count.byRegex <= 0) this.topicCounts.delete(topic);
    else this.topicCounts.set(topic, count);
  }

  #countRegex(member: ConsumerMember | undefined, by: number): void {
    const regex = regexOf(member);
    if (regex === undefined) return;
    const count = (this.regexCounts.get(regex) ?? 0) + by;
    if (count <= 0) this.regexCounts.delete(regex);
    else this.regexCounts.set(regex, count);
  }

  #own(partitions: OwnedPartitions, epoch: number): void {
    for (const [topicId, owned] of partitions) {
      let owners = this.#owners.get(topicId);
      if (owners === undefined) {
        owners = new TimelineMap(this.#timeline);
        this.#owners.set(topicId, owners);
      }
      for (const partition of owned.keys()) owners.set(partition, epoch);
    }
  }

  /** A partition that somebody else has got meanwhile stays theirs: compacted logs tell of such in any order. */
  #disown({ assigned, pendingRevocation, epoch }: ConsumerMember): void {
    for (const partitions of [assigned, pendingRevocation]) {
      for (const [topicId, owned] of partitions) {
        const owners = this.#owners.get(topicId);
        if (owners === undefined) continue;
        for (const partition of owned.keys()) if (owners.get(partition) === epoch) owners.delete(partition);
        if (owners.size === 0) this.#owners.delete(topicId);
      }
    }
  }
}
