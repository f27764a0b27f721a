import { type TimestampMs } from "../../base/brand.ts";
import { assert } from "../../base/assert.ts";
import { javaHashOrder, javaStringHash } from "../../base/java-hash.ts";
import { TimelineMap, type Timeline, type View } from "../../base/timeline-map.ts";
import { metadataOf, type ClassicMember } from "./classic-member.ts";
import { consumerProtocolType, subscribedTopicsOf } from "./consumer-subscription.ts";

/**
 * ```
 *            first join                  all joined, or delay over
 *   Empty ──────────────► Preparing ─────────────────────────► Completing
 *     ▲                  ▲ │     ▲                                │ │
 *     └──────────────────┼─┘     └────────────────────────────────┘ │ leader's sync
 *       nobody joined    │            join, leave, timeout          ▼
 *                        └───────────────────────────────────── Stable
 * ```
 * "Dead" is told of groups that are not there.
 */
export type ClassicState = "Empty" | "PreparingRebalance" | "CompletingRebalance" | "Stable" | "Dead";

const statesBefore: Record<ClassicState, readonly ClassicState[]> = {
  Empty: ["PreparingRebalance"],
  PreparingRebalance: ["Stable", "CompletingRebalance", "Empty"],
  CompletingRebalance: ["PreparingRebalance"],
  Stable: ["CompletingRebalance"],
  Dead: [],
};

/** A map that is only looked at. */
type MapView<V> = Pick<TimelineMap<string, V>, "get" | "has" | "size" | "keys" | "values">;

/** A classic group as it stands in the state, where it must not be changed. */
export interface ClassicGroupView {
  readonly type: "classic";
  readonly groupId: string;
  readonly state: ClassicState;
  readonly previousState: ClassicState;
  readonly stateSinceMs: TimestampMs;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  readonly members: MapView<ClassicMember>;
  /** Member ids by group instance id. */
  readonly staticMembers: MapView<string>;
  /** Ids that were handed out and have not joined with yet, and their session timeouts. */
  readonly pendingJoin: Pick<TimelineMap<string, number>, "has" | "size" | "entries">;
  /** Members of this generation that have not synced yet. */
  readonly pendingSync: MapView<true>;
  /** What consumers are subscribed to; null when that is not known. */
  readonly subscribedTopics: ReadonlySet<string> | null;
  readonly newMemberAdded: boolean;
  copy(): ClassicGroup;
  /** In the order in which Kafka tells of them. */
  orderedMembers(view?: View): ClassicMember[];
  hasAllJoined(): boolean;
  canRebalance(): boolean;
  isConsumerGroup(): boolean;
  isSimple(): boolean;
  isSubscribedTo(topic: string): boolean;
  rebalanceTimeoutMs(): number;
  supportsProtocols(protocolType: string, names: readonly string[]): boolean;
}

/**
 * A copy of a classic group, to be changed within one turn. The copies share what grows with the members, in maps that know
 * themselves what is final: of older copies those may be looked at with the view "committed" alone.
 */
export class ClassicGroup implements ClassicGroupView {
  readonly type = "classic";
  readonly groupId: string;
  state: ClassicState = "Empty";
  previousState: ClassicState = "Dead";
  stateSinceMs: TimestampMs = -1;
  generation = 0;
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  members: TimelineMap<string, ClassicMember>;
  staticMembers: TimelineMap<string, string>;
  readonly pendingJoin: TimelineMap<string, number>;
  readonly pendingSync: TimelineMap<string, true>;
  subscribedTopics: ReadonlySet<string> | null = null;
  newMemberAdded = false;
  readonly #timeline: Timeline;
  /** The most members that there were at a time. */
  #memberCountMax = 0;

  /** @param shared the group that this is to be a copy of */
  constructor(timeline: Timeline, groupId: string, shared?: ClassicGroup) {
    this.#timeline = timeline;
    this.groupId = groupId;
    this.members = shared?.members ?? new TimelineMap(timeline);
    this.staticMembers = shared?.staticMembers ?? new TimelineMap(timeline);
    this.pendingJoin = shared?.pendingJoin ?? new TimelineMap(timeline);
    this.pendingSync = shared?.pendingSync ?? new TimelineMap(timeline);
  }

  copy(): ClassicGroup {
    const copy = new ClassicGroup(this.#timeline, this.groupId, this);
    copy.state = this.state;
    copy.previousState = this.previousState;
    copy.stateSinceMs = this.stateSinceMs;
    copy.generation = this.generation;
    copy.protocolType = this.protocolType;
    copy.protocolName = this.protocolName;
    copy.leaderId = this.leaderId;
    copy.subscribedTopics = this.subscribedTopics;
    copy.newMemberAdded = this.newMemberAdded;
    copy.#memberCountMax = Math.max(this.#memberCountMax, this.members.size);
    return copy;
  }

  orderedMembers(view: View = "latest"): ClassicMember[] {
    const members = Array.from(this.members.entries(view), ([, member]) => member);
    const countMax = Math.max(this.#memberCountMax, members.length);
    return javaHashOrder(members, ({ memberId }) => javaStringHash(memberId), undefined, countMax);
  }

  /** Members in place of those that there are, which older copies keep. */
  replaceMembers(members: readonly ClassicMember[]): void {
    this.members = new TimelineMap(this.#timeline);
    this.staticMembers = new TimelineMap(this.#timeline);
    for (const member of members) this.add(member);
  }

  hasAllJoined(): boolean {
    if (this.pendingJoin.size > 0) return false;
    for (const member of this.members.values()) if (member.joining === undefined) return false;
    return true;
  }

  awaitingJoinCount(): number {
    let count = 0;
    for (const member of this.members.values()) if (member.joining !== undefined) count++;
    return count;
  }

  canRebalance(): boolean {
    return statesBefore.PreparingRebalance.includes(this.state);
  }

  isConsumerGroup(): boolean {
    return this.protocolType === consumerProtocolType;
  }

  /** Nothing but committed offsets: no member was ever there. */
  isSimple(): boolean {
    return this.protocolType === null && this.state === "Empty" && this.pendingJoin.size === 0;
  }

  /** When the subscriptions of consumers are not known, any topic may be among them. */
  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics === null ? this.isConsumerGroup() : this.subscribedTopics.has(topic);
  }

  /** The group waits as long as its most patient member. */
  rebalanceTimeoutMs(): number {
    let timeoutMs = 0;
    for (const member of this.members.values()) timeoutMs = Math.max(timeoutMs, member.rebalanceTimeoutMs);
    return timeoutMs;
  }

  supportsProtocols(protocolType: string, names: readonly string[]): boolean {
    if (this.state === "Empty") return protocolType !== "" && names.length > 0;
    if (this.protocolType !== protocolType) return false;
    return names.some((name) => this.#isCommon(name));
  }

  transitionTo(state: ClassicState, nowMs: TimestampMs): void {
    assert(statesBefore[state].includes(this.state), `group ${this.groupId} cannot go from ${this.state} to ${state}`);
    this.previousState = this.state;
    this.state = state;
    this.stateSinceMs = nowMs;
  }

  add(member: ClassicMember): void {
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, member.memberId);
    if (this.members.size === 0) this.protocolType = member.protocolType;
    this.leaderId ??= member.memberId;
    this.members.set(member.memberId, member);
    this.pendingJoin.delete(member.memberId);
  }

  /** Puts changes of a member in place. */
  update(memberId: string, changes: Partial<ClassicMember>): ClassicMember {
    const member = this.members.get(memberId);
    assert(member !== undefined, `${memberId} is no member of ${this.groupId}`);
    const changed = { ...member, ...changes };
    this.members.set(memberId, changed);
    return changed;
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId);
    this.members.delete(memberId);
    if (member !== undefined && member.groupInstanceId !== null) this.staticMembers.delete(member.groupInstanceId);
    if (this.leaderId === memberId) this.leaderId = this.orderedMembers()[0]?.memberId ?? null;
    this.pendingJoin.delete(memberId);
    this.pendingSync.delete(memberId);
  }

  /** Nobody's SyncGroup is waited for any more. */
  forgetSyncs(): void {
    for (const memberId of this.pendingSync.keys()) this.pendingSync.delete(memberId);
  }

  /** The protocol that most members would like best among those that all of them know; of equals, the one that Kafka takes. */
  selectProtocol(): string {
    const [any] = this.members.values();
    const common = new Set(any?.protocols.map(({ name }) => name).filter((name) => this.#isCommon(name)));
    const votes = new Map<string, number>();
    for (const member of this.members.values()) {
      const vote = member.protocols.find(({ name }) => common.has(name));
      assert(vote !== undefined, `member ${member.memberId} of ${this.groupId} knows none of the common protocols`);
      votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1);
    }
    let selected: string | undefined;
    for (const name of javaHashOrder([...votes.keys()], javaStringHash)) {
      if (selected === undefined || votes.get(name)! > votes.get(selected)!) selected = name;
    }
    assert(selected !== undefined, `group ${this.groupId} has no member to choose a protocol`);
    return selected;
  }

  /** After a change of members or protocol; false when a member's subscription cannot be read. */
  refreshSubscribedTopics(): boolean {
    this.subscribedTopics = null;
    if (!this.isConsumerGroup()) return true;
    if (this.members.size > 0 && this.protocolName === null) return true;
    const topics = new Set<string>();
    for (const member of this.members.values()) {
      const metadata = metadataOf(member, this.protocolName);
      const subscribed = metadata === undefined ? undefined : subscribedTopicsOf(metadata);
      if (subscribed === undefined) return false;
      for (const topic of subscribed) topics.add(topic);
    }
    this.subscribedTopics = topics;
    return true;
  }

  /** Whether all members know the protocol. */
  #isCommon(protocolName: string): boolean {
    for (const { protocols } of this.members.values()) {
      if (!protocols.some(({ name }) => name === protocolName)) return false;
    }
    return true;
  }
}
