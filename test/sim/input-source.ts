import { type ErrorCode, errorName, Errors } from "../../src/protocol/errors.ts";
import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { type SimulatedTopic } from "./simulated-cluster.ts";
import { Violation } from "./violation.ts";

export const inputTopic: SimulatedTopic = { name: "in", id: "AAAAAAAAAAAAAAAAAAAAAQ", partitions: 3 };

export const passing: ReadonlySet<number> = new Set<ErrorCode>([
  Errors.COORDINATOR_LOAD_IN_PROGRESS,
  Errors.COORDINATOR_NOT_AVAILABLE,
  Errors.NOT_COORDINATOR,
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.REQUEST_TIMED_OUT,
  Errors.UNSTABLE_OFFSET_COMMIT,
  Errors.STALE_MEMBER_EPOCH,
  Errors.UNKNOWN_MEMBER_ID,
  Errors.ILLEGAL_GENERATION,
]);

/** Which inputs a worker has, and how far it is with them. */
export interface InputSource {
  readonly positions: ReadonlyMap<number, number>;
  /** By what a group knows who commits. */
  readonly member: { readonly memberId: string; readonly generationId: number };
  /** Between transactions: learns what it has to work on. */
  refresh(client: SimulatedClient): Promise<void>;
  /** So many inputs are processed. */
  advance(inputs: ReadonlyMap<number, number>): void;
}

/** Who counts offsets, and perhaps owners. */
export interface InputLedger {
  readonly isDone: boolean;
  readonly inputCounts: readonly number[];
  committed(partition: number): number;
  told(partition: number, offset: number): void;
  /** A member knows of these partitions as its own from now on, and of no others. */
  owns?(client: SimulatedClient, member: InputSource["member"], partitions: ReadonlySet<number>): void;
  /** A static member has told that it comes back, and was heard. */
  paused?(instanceId: string): void;
}

/** Positions, beginning at the group's offsets. */
export abstract class Positions implements InputSource {
  readonly positions = new Map<number, number>();
  protected readonly world: BrokerWorld;
  protected readonly ledger: InputLedger;
  #owned: ReadonlySet<number> = new Set();

  constructor(world: BrokerWorld, ledger: InputLedger) {
    this.world = world;
    this.ledger = ledger;
  }

  protected get owned(): ReadonlySet<number> {
    return this.#owned;
  }

  protected assign(client: SimulatedClient, partitions: readonly number[]): void {
    this.#owned = new Set(partitions);
    for (const partition of this.positions.keys()) if (!this.#owned.has(partition)) this.positions.delete(partition);
    this.ledger.owns?.(client, this.member, this.#owned);
  }

  /** Nobody knows how far it is. */
  forget(partition: number): void {
    this.positions.delete(partition);
  }

  abstract get member(): InputSource["member"];
  abstract refresh(client: SimulatedClient): Promise<void>;

  advance(inputs: ReadonlyMap<number, number>): void {
    for (const [partition, count] of inputs) {
      const position = this.positions.get(partition);
      if (position === undefined) continue;
      this.positions.set(partition, position + count);
      this.ledger.told(partition, Math.max(position + count, this.ledger.committed(partition)));
    }
  }

  /** One more input is processed; the ledger has heard of that when it was committed. */
  goOn(partition: number): void {
    const position = this.positions.get(partition);
    if (position !== undefined) this.positions.set(partition, position + 1);
  }

  protected async fetchUnknown(client: SimulatedClient, asMember: boolean): Promise<void> {
    const unknown = [...this.#owned].filter((partition) => !this.positions.has(partition));
    if (unknown.length > 0) await this.fetch(client, unknown, asMember);
  }

  /** Asks for the offsets of partitions once; those that are not stable are left out. */
  protected async fetch(client: SimulatedClient, partitions: readonly number[], asMember: boolean): Promise<void> {
    const { memberId, generationId } = this.member;
    const request = {
      groupId: "g",
      memberId: asMember ? memberId : null,
      memberEpoch: asMember ? generationId : -1,
      topics: [{ name: "in", topicId: inputTopic.id, partitionIndexes: [...partitions] }],
    };
    const answer = await this.world.ask(client, "fetch offsets", ({ groups }) => groups.fetchOffsets(request, true));
    if (answer === undefined) return;
    if (!answer.ok) return check(client, answer.error);
    const errorCode = answer.response.errorCode ?? 0;
    if (errorCode !== 0) return check(client, errorCode as ErrorCode);
    for (const { partitionIndex = -1, committedOffset = -1, errorCode: code = 0 } of answer.response.topics?.[0]
      ?.partitions ?? []) {
      if (code !== 0) {
        check(client, code as ErrorCode);
        continue;
      }
      const offset = Math.max(0, committedOffset);
      this.ledger.told(partitionIndex, offset);
      this.positions.set(partitionIndex, offset);
    }
  }
}

function check(client: SimulatedClient, errorCode: ErrorCode): void {
  if (!passing.has(errorCode)) throw new Violation(`${client.name}: OffsetFetch: ${errorName(errorCode)}`);
}

/** One partition for good: whoever has its transactional id has the partition, and fences who had it before. */
export class FixedInput extends Positions {
  readonly member = { memberId: "", generationId: -1 };
  readonly #partition: number;

  constructor(partition: number, world: BrokerWorld, ledger: InputLedger) {
    super(world, ledger);
    this.#partition = partition;
  }

  async refresh(client: SimulatedClient): Promise<void> {
    if (!this.positions.has(this.#partition)) await this.fetch(client, [this.#partition], false);
  }
}
