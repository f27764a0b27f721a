import { type NodeId } from "../base/brand.ts";
import { type Random } from "../io/ports.ts";
import { Errors } from "../protocol/errors.ts";
import { ApiError } from "./api-error.ts";

/** A broker on which replicas may be placed. */
export interface UsableBroker {
  readonly id: NodeId;
  readonly rack: string | null;
  readonly fenced: boolean;
}

/** The brokers of one rack, by id. */
interface RackBrokers {
  readonly unfenced: readonly NodeId[];
  readonly fenced: readonly NodeId[];
}

/**
 * Places the replicas of new partitions so that leaders and followers spread over brokers, and the replicas of a partition
 * over racks. Each rack deals out its brokers in turn, the unfenced first; each partition starts one rack and one broker
 * further than the one before. The first replica is always an unfenced broker.
 *
 * ```
 *              rack a: 0 1    rack b: 2 3    rack c: 4
 * partition 0       0              2              4
 * partition 1       4 (c)          1 (a)          3 (b)      starts at the next rack, with the next broker of each
 * ```
 */
export class ReplicaPlacer {
  readonly #brokerCount: number;
  readonly #unfencedCount: number;
  readonly #racks: readonly RackBrokers[];
  readonly #random: Random;

  constructor(brokers: readonly UsableBroker[], random: Random) {
    this.#brokerCount = brokers.length;
    this.#unfencedCount = brokers.filter(({ fenced }) => !fenced).length;
    this.#random = random;
    const byId = [...brokers].sort((a, b) => a.id - b.id);
    const names = [...new Set(brokers.map(({ rack }) => rack))].sort(compareRacks);
    const idsOf = (name: string | null, isFenced: boolean) =>
      byId.filter(({ rack, fenced }) => rack === name && fenced === isFenced).map(({ id }) => id);
    this.#racks = names.map((name) => ({ unfenced: idsOf(name, false), fenced: idsOf(name, true) }));
  }

  /** The brokers of each partition of a topic, or why they cannot be placed. */
  place(partitionCount: number, replicationFactor: number): readonly NodeId[][] | ApiError {
    const invalid = (message: string) => new ApiError(Errors.INVALID_REPLICATION_FACTOR, message);
    if (replicationFactor <= 0) {
      return invalid(`Invalid replication factor ${replicationFactor}: the replication factor must be positive.`);
    }
    if (this.#unfencedCount === 0) {
      return invalid("All brokers are currently fenced, or have all their log directories cordoned.");
    }
    if (replicationFactor > this.#brokerCount) {
      return invalid(
        `The target replication factor of ${replicationFactor} cannot be reached because only ${this.#brokerCount} broker(s) are registered or some brokers have all their log directories cordoned.`,
      );
    }
    const stripes = new Stripes(this.#racks, this.#unfencedCount, this.#random);
    return Array.from({ length: partitionCount }, () => stripes.next(replicationFactor));
  }
}

/** Deals brokers in turn, from a place that moves on with each round. */
class Dealer {
  #brokers: readonly NodeId[];
  #start: number;
  #dealt = 0;
  #round = 0;

  constructor(brokers: readonly NodeId[], random: Random) {
    this.#brokers = brokers;
    this.#start = randomIndex(brokers.length, random);
  }

  /** undefined when all have been dealt in this round. */
  next(round: number): NodeId | undefined {
    const count = this.#brokers.length;
    if (count === 0) return undefined;
    if (this.#round !== round) {
      this.#round = round;
      this.#dealt = 0;
      this.#start = (this.#start + 1) % count;
    }
    return this.#dealt < count ? this.#brokers[(this.#dealt++ + this.#start) % count] : undefined;
  }

  shuffle(random: Random): void {
    this.#brokers = shuffled(this.#brokers, random);
  }
}

interface Rack {
  readonly unfenced: Dealer;
  readonly fenced: Dealer;
}

class Stripes {
  #racks: Rack[];
  readonly #unfencedCount: number;
  readonly #random: Random;
  #round = 0;
  #firstRack: number;

  constructor(racks: readonly RackBrokers[], unfencedCount: number, random: Random) {
    this.#random = random;
    this.#unfencedCount = unfencedCount;
    this.#racks = racks.map(({ unfenced, fenced }) => ({
      unfenced: new Dealer(unfenced, random),
      fenced: new Dealer(fenced, random),
    }));
    this.#firstRack = randomIndex(this.#racks.length, random);
  }

  next(replicationFactor: number): NodeId[] {
    // After as many partitions as there are brokers the pattern would repeat.
    if (this.#round === this.#unfencedCount && this.#unfencedCount > 1) this.#shuffle();
    if (this.#firstRack === this.#racks.length) this.#firstRack = 0;
    const { leader, leaderRack } = this.#nextLeader();
    const replicas = [leader, ...this.#nextFollowers(replicationFactor - 1, leaderRack)];
    this.#round++;
    this.#firstRack++;
    return replicas;
  }

  #nextLeader(): { leader: NodeId; leaderRack: number } {
    for (let i = 0; ; i++) {
      const leaderRack = (this.#firstRack + i) % this.#racks.length;
      const leader = this.#racks[leaderRack]?.unfenced.next(this.#round);
      if (leader !== undefined) return { leader, leaderRack };
    }
  }

  #nextFollowers(count: number, leaderRack: number): NodeId[] {
    const followers: NodeId[] = [];
    let leaderRackSkipped = false;
    for (let i = this.#firstRack; followers.length < count; i++) {
      const index = i % this.#racks.length;
      // The leader's rack has had its turn.
      if (index === leaderRack && !leaderRackSkipped) {
        leaderRackSkipped = true;
        continue;
      }
      const rack = this.#racks[index];
      const follower = rack?.unfenced.next(this.#round) ?? rack?.fenced.next(this.#round);
      if (follower !== undefined) followers.push(follower);
    }
    return followers;
  }

  #shuffle(): void {
    this.#racks = shuffled(this.#racks, this.#random);
    for (const { unfenced, fenced } of this.#racks) {
      unfenced.shuffle(this.#random);
      fenced.shuffle(this.#random);
    }
    this.#round = 0;
  }
}

/** Brokers without a rack form one, before all others. */
function compareRacks(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}

function randomIndex(count: number, random: Random): number {
  return count === 0 ? 0 : Math.floor(random.float() * count);
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = randomIndex(i + 1, random);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
