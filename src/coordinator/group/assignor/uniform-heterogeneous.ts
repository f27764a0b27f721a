import { type Uuid } from "../../../base/brand.ts";
import { ChangingAssignment } from "./java-order.ts";
import { LoadRanges } from "./load-ranges.ts";
import {
  noPartitions,
  type GroupSpec,
  type MemberSpec,
  type Partitions,
  type TopicDescriber,
} from "./partition-assignor.ts";

/** Each round about halves what is uneven; when subscribers of a topic differ, evenness may take for ever. */
const roundsMax = 16;

const nobody = -1;

interface Topic {
  readonly id: Uuid;
  /** Numbers of the members that are subscribed, ascending. */
  readonly subscribers: number[];
  /** The number of the member that has each partition. */
  readonly owners: number[];
}

/** Members are subscribed to different topics: shares out what is free, then moves partitions until it is even. */
export class UniformBalance {
  readonly #members: readonly MemberSpec[];
  readonly #topics = new Map<Uuid, Topic>();
  /** How many partitions each member has. */
  readonly #loads: number[];
  readonly #changed = new Map<number, ChangingAssignment>();

  constructor(group: GroupSpec, topics: TopicDescriber) {
    this.#members = group.members;
    this.#loads = this.#members.map(() => 0);
    for (const [number, { topicIds }] of this.#members.entries()) {
      for (const id of topicIds) {
        let topic = this.#topics.get(id);
        if (topic === undefined) {
          const owners = Array.from({ length: topics.partitionCount(id) ?? 0 }, () => nobody);
          topic = { id, subscribers: [], owners };
          this.#topics.set(id, topic);
        }
        topic.subscribers.push(number);
      }
    }
  }

  assign(): readonly Partitions[] {
    if (this.#topics.size === 0) return this.#members.map(() => noPartitions);
    this.#keepSubscribed();
    this.#shareOutFree();
    this.#balance();
    return this.#members.map(({ assigned }, number) => this.#changed.get(number)?.toPartitions() ?? assigned);
  }

  #keepSubscribed(): void {
    for (const [number, { topicIds, assigned }] of this.#members.entries()) {
      const subscribed = new Set(topicIds);
      for (const [topicId, partitions] of assigned) {
        if (!subscribed.has(topicId)) {
          this.#changeOf(number).removeTopic(topicId);
          continue;
        }
        const { owners } = this.#topics.get(topicId)!;
        for (const partition of partitions) owners[partition] = number;
        this.#loads[number]! += partitions.length;
      }
    }
  }

  #shareOutFree(): void {
    const withFree = [...this.#topics.values()].filter(({ owners }) => owners.includes(nobody));
    for (const topic of withFree.sort(byScarcity)) {
      const ranges = new LoadRanges(this.#loads, topic.subscribers);
      for (const [partition, owner] of topic.owners.entries()) {
        if (owner === nobody) this.#give(topic, partition, ranges.takeReceiver());
      }
    }
  }

  /** Topic after topic, until one round through all of them has moved nothing. */
  #balance(): void {
    const topics = [...this.#topics.values()].filter(({ subscribers }) => subscribers.length >= 2).sort(byScarcity);
    let lastMoved: number | undefined;
    for (let round = 0; round < roundsMax; round++) {
      for (const [index, topic] of topics.entries()) {
        if (index === lastMoved) return;
        const hasMoved = this.#balanceTopic(topic);
        if (hasMoved || lastMoved === undefined) lastMoved = index;
      }
    }
  }

  #balanceTopic(topic: Topic): boolean {
    const ranges = new LoadRanges(this.#loads, topic.subscribers);
    if (ranges.spread <= 1) return false;
    // What each member had of the topic at the beginning is what it can give, the last partition first.
    const owned = new Map<number, number[]>();
    for (const [partition, owner] of topic.owners.entries()) {
      const partitions = owned.get(owner);
      if (partitions === undefined) owned.set(owner, [partition]);
      else partitions.push(partition);
    }
    let hasMoved = false;
    while (!ranges.haveMet) {
      const partition = nextToMove(ranges, owned);
      if (partition === undefined) break;
      const receiver = ranges.takeReceiver();
      if (ranges.haveMet) break;
      this.#give(topic, partition, receiver);
      hasMoved = true;
    }
    return hasMoved;
  }

  #give(topic: Topic, partition: number, number: number): void {
    const before = topic.owners[partition]!;
    if (before !== nobody) {
      this.#changeOf(before).remove(topic.id, partition);
      this.#loads[before]!--;
    }
    const share = Math.ceil(topic.owners.length / topic.subscribers.length);
    this.#changeOf(number).add(topic.id, partition, Math.floor(share / 0.75 + 1));
    topic.owners[partition] = number;
    this.#loads[number]!++;
  }

  #changeOf(number: number): ChangingAssignment {
    let change = this.#changed.get(number);
    if (change === undefined) {
      change = new ChangingAssignment(this.#members[number]!.assigned);
      this.#changed.set(number, change);
    }
    return change;
  }
}

function nextToMove(ranges: LoadRanges, owned: ReadonlyMap<number, number[]>): number | undefined {
  for (;;) {
    const giver = ranges.takeGiver();
    if (giver === undefined) return undefined;
    const partition = owned.get(giver)?.pop();
    if (partition !== undefined) return partition;
    ranges.dropGiver();
  }
}

/** Topics with the most partitions for each subscriber first, then those with the fewest subscribers. */
function byScarcity(one: Topic, other: Topic): number {
  return (
    other.owners.length / other.subscribers.length - one.owners.length / one.subscribers.length ||
    one.subscribers.length - other.subscribers.length ||
    compareUuids(one.id, other.id)
  );
}

/** Kafka compares ids as two signed numbers of 64 bits. */
function compareUuids(one: Uuid, other: Uuid): number {
  const [a, b] = [Buffer.from(one, "base64url"), Buffer.from(other, "base64url")];
  return (
    a.readInt32BE(0) - b.readInt32BE(0) ||
    a.readUInt32BE(4) - b.readUInt32BE(4) ||
    a.readInt32BE(8) - b.readInt32BE(8) ||
    a.readUInt32BE(12) - b.readUInt32BE(12)
  );
}
