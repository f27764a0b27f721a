import { type TopicPartition } from "../../topic-partition.ts";

/** What a member said when it joined. */
export interface MemberSubscription {
  readonly memberId: string;
  /** Of a static member. */
  readonly instanceId: string | null;
  /** Empty counts as none. */
  readonly rack: string | null;
  readonly topics: readonly string[];
  /** What it still reads. */
  readonly owned: readonly TopicPartition[];
  /** Of the generation in which it got them; below 0 when it does not tell. */
  readonly generation: number;
  /** What the assignor of the same name put into its subscription. */
  readonly userData: Buffer | null;
}

/** What the last generation that a member was part of gave to it. */
export interface LastAssignment {
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
}

/** A way in which the leader of a classic group shares out partitions. Members agree on one by its name. */
export interface Assignor {
  readonly name: string;
  /** Whether members keep reading while they join, and give up afterwards what goes to others. */
  readonly isCooperative: boolean;
  /** What a member tells the leader's assignor about itself, beyond its subscription. */
  userData(last: LastAssignment | undefined): Buffer | null;
  /**
   * Pure.
   * @param counts the partitions of the topics that are there
   * @param racks of the brokers that have the partitions, as far as they have one
   * @returns what each member gets, in the order in which it is told
   */
  assign(
    members: readonly MemberSubscription[],
    counts: ReadonlyMap<string, number>,
    racks?: RacksByTopic,
  ): ReadonlyMap<string, readonly TopicPartition[]>;
}

/** For each partition of a topic the racks of its replicas. */
export type RacksByTopic = ReadonlyMap<string, readonly (readonly string[])[]>;

/** Members as assignors go through them: static ones first, by their instance, then the others by their id. */
export function inMemberOrder(members: readonly MemberSubscription[]): MemberSubscription[] {
  return [...members].sort((one, other) => {
    if (one.instanceId !== null && other.instanceId !== null) return compare(one.instanceId, other.instanceId);
    if (one.instanceId !== null || other.instanceId !== null) return one.instanceId === null ? 1 : -1;
    return compare(one.memberId, other.memberId);
  });
}

/** By UTF-16 units, as Java compares strings. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
