import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { type InputLedger } from "./input-source.ts";
import { demand } from "./violation.ts";

interface Owner {
  readonly memberId: string;
  readonly partitions: ReadonlySet<number>;
}

/** Judges a group by what its members were told: who has which partition, and where their work begins. */
export class GroupLedger implements InputLedger {
  readonly inputCounts: number[];
  readonly #committed: number[];
  readonly #owners = new Map<SimulatedClient, Owner>();
  readonly #world: BrokerWorld;
  /** How often a member was told of a partition. */
  handovers = 0;

  constructor(inputCounts: readonly number[], world: BrokerWorld) {
    this.inputCounts = [...inputCounts];
    this.#committed = inputCounts.map(() => 0);
    this.#world = world;
  }

  get isDone(): boolean {
    return this.inputCounts.every((count, partition) => this.#committed[partition]! >= count);
  }

  /** There is one more partition of inputs. */
  grow(inputCount: number): void {
    this.inputCounts.push(inputCount);
    this.#committed.push(0);
  }

  committed(partition: number): number {
    return this.#committed[partition]!;
  }

  told(partition: number, offset: number): void {
    const known = this.#committed[partition]!;
    demand(offset >= known, () => `the offset of ${partition} went back from ${known} to ${offset}`);
    this.#committed[partition] = offset;
  }

  /** Nobody else who is a member may have them; who stands still may not know that it is none any more. */
  owns(client: SimulatedClient, memberId: string, partitions: ReadonlySet<number>): void {
    this.#owners.set(client, { memberId, partitions });
    if (partitions.size === 0) return;
    this.handovers++;
    const members = membersOf(this.#world);
    for (const [other, { memberId: otherId, partitions: owned }] of this.#owners) {
      if (other === client || !members.has(otherId)) continue;
      const shared = [...owned].filter((partition) => partitions.has(partition));
      demand(shared.length === 0, () => `${client.name} and ${other.name} have ${shared.join(" and ")}`);
    }
  }
}

/** The members of the group "g", by either protocol. */
function membersOf({ broker }: BrokerWorld): ReadonlySet<string> {
  if (broker === undefined) return new Set();
  const described = [...broker.groups.describeConsumerGroups(["g"]), ...broker.groups.describeGroups(["g"], 6)];
  return new Set(described.flatMap(({ members = [] }) => members.map(({ memberId = "" }) => memberId)));
}
