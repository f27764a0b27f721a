import { type Uuid } from "../../../base/brand.ts";
import { type MemberProtocol } from "../classic-member.ts";

/**
 * ```
 *   Stable ──────────► Unrevoked ──────────► Unreleased ──────► Stable
 *    new target   must give partitions    waits for others   has all of its
 *                 up, keeps its epoch     to give theirs up   target
 * ```
 * Each step may be skipped. "unknown" is what a later version has written.
 */
export type MemberState = "stable" | "unrevoked" | "unreleased" | "unknown";

/** By topic and partition the epoch in which the member got the partition. */
export type OwnedPartitions = ReadonlyMap<Uuid, ReadonlyMap<number, number>>;

export const nothingOwned: OwnedPartitions = new Map();

/** What is known of a member that talks the classic protocol. */
export interface ClassicSide {
  readonly sessionTimeoutMs: number;
  readonly supportedProtocols: readonly MemberProtocol[];
}

/** Epochs by which members leave; a static member that leaves with -2 comes back. */
export const leavingEpoch = -1;
export const pausingEpoch = -2;

/** One member of a consumer group; replaced, never changed. */
export interface ConsumerMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  /** Ascending, without duplicates. */
  readonly topicNames: readonly string[];
  /** "" or null: none. */
  readonly topicRegex: string | null;
  readonly serverAssignor: string | null;
  /** null of members that talk the consumer protocol. */
  readonly classic: ClassicSide | null;
  readonly epoch: number;
  /** The one before: a member that has not got its last answer comes with it. */
  readonly previousEpoch: number;
  readonly state: MemberState;
  readonly assigned: OwnedPartitions;
  /** What the member is to give up before its epoch goes on. */
  readonly pendingRevocation: OwnedPartitions;
}

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: "",
    clientHost: "",
    rebalanceTimeoutMs: -1,
    topicNames: [],
    topicRegex: "",
    serverAssignor: null,
    classic: null,
    epoch: 0,
    previousEpoch: -1,
    state: "stable",
    assigned: nothingOwned,
    pendingRevocation: nothingOwned,
  };
}

/** The regular expression that the member is subscribed to, if any. */
export function regexOf(member: ConsumerMember | undefined): string | undefined {
  const regex = member?.topicRegex ?? "";
  return regex === "" ? undefined : regex;
}

/** A list of names as it is kept and written. */
export function sortedNames(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

export function isReconciledTo(member: ConsumerMember, targetEpoch: number): boolean {
  return member.state === "stable" && member.epoch === targetEpoch;
}

/** Whether the two are subscribed, known and reachable in the same way. */
export function sameMetadata(one: ConsumerMember, other: ConsumerMember): boolean {
  return (
    one.instanceId === other.instanceId &&
    one.rackId === other.rackId &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    one.topicRegex === other.topicRegex &&
    one.serverAssignor === other.serverAssignor &&
    sameNames(one.topicNames, other.topicNames) &&
    sameClassicSide(one.classic, other.classic)
  );
}

export function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((name, index) => name === other[index]));
}

function sameClassicSide(one: ClassicSide | null, other: ClassicSide | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.sessionTimeoutMs === other.sessionTimeoutMs &&
    one.supportedProtocols.length === other.supportedProtocols.length &&
    one.supportedProtocols.every(({ name, metadata }, index) => {
      const protocol = other.supportedProtocols[index]!;
      return name === protocol.name && metadata.equals(protocol.metadata);
    })
  );
}

export function sameAssignment(one: ConsumerMember, other: ConsumerMember): boolean {
  return (
    one.epoch === other.epoch &&
    one.previousEpoch === other.previousEpoch &&
    one.state === other.state &&
    sameOwned(one.assigned, other.assigned) &&
    sameOwned(one.pendingRevocation, other.pendingRevocation)
  );
}

export function sameOwned(one: OwnedPartitions, other: OwnedPartitions): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId);
    if (others?.size !== partitions.size) return false;
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false;
  }
  return true;
}
