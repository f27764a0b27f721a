import { type MemberSubscription } from "./assignor.ts";

/** One topic while it is shared out in ranges: what is left of it, and how much more each member may get. */
export class TopicRange {
  readonly partitionCount: number;
  readonly members: readonly MemberSubscription[];
  /** Whether it makes a difference to some member which of the partitions it gets. */
  readonly wantsRacks: boolean;
  readonly #racks: readonly (readonly string[])[];
  readonly #give: (member: MemberSubscription, partition: number) => void;
  readonly #free: Set<number>;
  readonly #given = new Map<string, number>();
  readonly #perMember: number;
  /** How many members may still get one more than the others. */
  #extras: number;

  /**
   * @param members those that subscribe to the topic, in order
   * @param racks of each partition's replicas
   * @param give notes that a member gets a partition
   */
  constructor(
    partitionCount: number,
    members: readonly MemberSubscription[],
    racks: readonly (readonly string[])[],
    give: (member: MemberSubscription, partition: number) => void,
  ) {
    this.partitionCount = partitionCount;
    this.members = members;
    this.#racks = racks;
    this.#give = give;
    this.#free = new Set(Array.from({ length: partitionCount }, (_, partition) => partition));
    this.#perMember = Math.floor(partitionCount / members.length);
    this.#extras = partitionCount % members.length;
    this.wantsRacks = racksMatter(members, this.#racks);
  }

  /** Whether a replica of the partition lies in the member's rack; who has no rack is near to all. */
  isNear({ rack }: MemberSubscription, partition: number): boolean {
    return !rack || this.#racks[partition]?.includes(rack) === true;
  }

  /** How many partitions the member may get besides those that it has. */
  roomOf({ memberId }: MemberSubscription): number {
    return Math.max(0, this.#perMember + (this.#extras > 0 ? 1 : 0) - (this.#given.get(memberId) ?? 0));
  }

  give(member: MemberSubscription, partitions: readonly number[]): void {
    for (const partition of partitions) {
      this.#free.delete(partition);
      this.#give(member, partition);
    }
    const count = (this.#given.get(member.memberId) ?? 0) + partitions.length;
    this.#given.set(member.memberId, count);
    if (partitions.length > 0 && count > this.#perMember) this.#extras--;
  }

  /** Gives each member, in order, the first partitions that are left and may be its own, as many as it has room for. */
  giveRanges(mayGet: (member: MemberSubscription, partition: number) => boolean = () => true): void {
    for (const member of this.members) {
      const partitions = [...this.#free].filter((partition) => mayGet(member, partition));
      this.give(member, partitions.slice(0, this.roomOf(member)));
    }
  }
}

/** Not where all partitions lie in the same racks, nor where no member is in any of those. */
function racksMatter(members: readonly MemberSubscription[], racks: readonly (readonly string[])[]): boolean {
  const all = new Set(racks.flat());
  const isMembersRack = members.some(({ rack }) => rack !== null && all.has(rack));
  return isMembersRack && racks.some((own) => new Set(own).size < all.size);
}
