import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { InputProgress } from "./input-progress.ts";
import { type InputLedger, type InputSource } from "./input-source.ts";
import { demand, demandEqual } from "./violation.ts";

interface Owner {
  readonly memberId: string;
  readonly generationId: number;
  readonly partitions: ReadonlySet<number>;
}

interface DescribedAssignment {
  readonly topicPartitions?: readonly { readonly partitions?: readonly number[] | undefined }[] | undefined;
}

interface DescribedMember {
  readonly memberId?: string | undefined;
  readonly instanceId?: string | null | undefined;
  readonly memberEpoch?: number | undefined;
  /** Of a member of the new protocol. */
  readonly assignment?: DescribedAssignment | undefined;
}

/** That a member was told of a partition, and nobody else since. */
export interface Grant {
  readonly memberId: string;
}

/** An offset that is below what was committed, from somebody who may commit it, or whose answer has not come. */
export interface SetBack {
  readonly partition: number;
  readonly offset: number;
}

/** Judges a group by what its members were told: who has which partition, and where their work begins. */
export class GroupLedger extends InputProgress implements InputLedger {
  readonly #owners = new Map<SimulatedClient, Owner>();
  readonly #grants = new Map<number, Grant>();
  readonly #setsBack = new Set<SetBack>();
  readonly #world: BrokerWorld;
  /** How often a member was told of a partition. */
  handovers = 0;
  /**
   * The largest generation or epoch of which a member was told what it has. One that has members and nothing for them yet is
   * not written down, as in Kafka, and is gone with the broker.
   */
  newestGeneration = -1;
  /** All members have one generation. */
  readonly isClassic: boolean;

  constructor(inputCounts: readonly number[], world: BrokerWorld, isClassic: boolean) {
    super(inputCounts);
    this.isClassic = isClassic;
    this.#world = world;
  }

  protected override mayBeSetBack(partition: number, offset: number): boolean {
    return [...this.#setsBack].some((each) => each.partition === partition && each.offset === offset);
  }

  /** From now on the offset may be told. */
  maySetBack(setBack: SetBack): void {
    this.#setsBack.add(setBack);
  }

  /** It was refused. */
  wasRefused(setBack: SetBack): void {
    this.#setsBack.delete(setBack);
  }

  /** A commit was granted: the offset is told from now on. Its sender may hear of that when others were granted. */
  wasCommitted(partition: number, offset: number): void {
    this.committedCounts[partition] = offset;
  }

  /** All is processed, as far as the members know. */
  ended(offsets: readonly number[]): void {
    for (const [partition, offset] of offsets.entries()) this.told(partition, offset);
    const expected = this.inputCounts.map((count, partition) => {
      const isBack = [...this.#setsBack].some((each) => each.partition === partition && each.offset < count);
      return isBack ? Math.min(count, offsets[partition]!) : count;
    });
    demandEqual(offsets, expected, "the group's offsets");
  }

  /** Nobody else who is a member may have them; who stands still may not know that it is none any more. */
  owns(
    client: SimulatedClient,
    { memberId, generationId }: InputSource["member"],
    partitions: ReadonlySet<number>,
  ): void {
    this.#owners.set(client, { memberId, generationId, partitions });
    if (partitions.size === 0) return;
    this.newestGeneration = Math.max(this.newestGeneration, generationId);
    this.handovers++;
    for (const partition of partitions) {
      if (this.#grants.get(partition)?.memberId !== memberId) this.#grants.set(partition, { memberId });
    }
    const members = this.members();
    const waitedFor = this.#staticClassicMembers();
    for (const [other, { memberId: otherId, generationId: otherGeneration, partitions: owned }] of this.#owners) {
      if (other === client || !members.has(otherId)) continue;
      // As in Kafka, a static member that does not join anew in time stays, and hears of that at its next heartbeat.
      if (waitedFor.has(otherId) && otherGeneration < generationId) continue;
      const shared = [...owned].filter((partition) => partitions.has(partition));
      demand(shared.length === 0, () => `${client.name} and ${other.name} have ${shared.join(" and ")}`);
    }
  }

  grantOf(partition: number): Grant | undefined {
    return this.#grants.get(partition);
  }

  /** It has its place in the group until its session is over; as in Kafka, what it was to give up is given up. */
  paused(instanceId: string): void {
    const member = this.#described().find((each) => each.instanceId === instanceId);
    demand(member !== undefined, () => `${instanceId} is away for a while, and has no place in the group any more`);
    const kept = new Set(member.assignment?.topicPartitions?.flatMap(({ partitions = [] }) => partitions));
    for (const [client, owner] of this.#owners) {
      if (owner.memberId !== member.memberId) continue;
      const partitions = new Set([...owner.partitions].filter((partition) => kept.has(partition)));
      this.#owners.set(client, { ...owner, partitions });
    }
  }

  /** The members of the group "g", by either protocol. */
  members(): ReadonlySet<string> {
    return new Set(this.#described().map(({ memberId = "" }) => memberId));
  }

  #staticClassicMembers(): ReadonlySet<string> {
    const members = this.#world.broker?.groups.describeGroups(["g"], 6).flatMap((group) => group.members ?? []) ?? [];
    const areStatic = members.filter(({ groupInstanceId }) => (groupInstanceId ?? null) !== null);
    return new Set(areStatic.map(({ memberId = "" }) => memberId));
  }

  /** Of a member of the new protocol. */
  epochOf(memberId: string): number | undefined {
    return this.#described().find((member) => member.memberId === memberId)?.memberEpoch;
  }

  #described() {
    const { broker } = this.#world;
    if (broker === undefined) return [];
    const groups = [...broker.groups.describeConsumerGroups(["g"]), ...broker.groups.describeGroups(["g"], 6)];
    return groups.flatMap<DescribedMember>(({ members = [] }) => members);
  }
}
