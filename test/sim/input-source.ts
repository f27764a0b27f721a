import { type ErrorCode, errorName, Errors } from "../../src/protocol/errors.ts";
import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { type SimulatedTopic } from "./simulated-broker.ts";
import { type TransactionLedger } from "./transaction-ledger.ts";
import { Violation } from "./violation.ts";

export const inputTopic: SimulatedTopic = { name: "in", id: "AAAAAAAAAAAAAAAAAAAAAQ", partitions: 3 };

const passing: ReadonlySet<number> = new Set<ErrorCode>([
  Errors.COORDINATOR_LOAD_IN_PROGRESS,
  Errors.COORDINATOR_NOT_AVAILABLE,
  Errors.NOT_COORDINATOR,
  Errors.NOT_LEADER_OR_FOLLOWER,
  Errors.REQUEST_TIMED_OUT,
  Errors.UNSTABLE_OFFSET_COMMIT,
  Errors.STALE_MEMBER_EPOCH,
  Errors.UNKNOWN_MEMBER_ID,
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

/** Positions, beginning at the group's offsets. */
abstract class Positions implements InputSource {
  readonly positions = new Map<number, number>();
  protected readonly world: BrokerWorld;
  readonly #ledger: TransactionLedger;

  constructor(world: BrokerWorld, ledger: TransactionLedger) {
    this.world = world;
    this.#ledger = ledger;
  }

  abstract get member(): InputSource["member"];
  abstract refresh(client: SimulatedClient): Promise<void>;

  advance(inputs: ReadonlyMap<number, number>): void {
    for (const [partition, count] of inputs) {
      const position = this.positions.get(partition);
      if (position === undefined) continue;
      this.positions.set(partition, position + count);
      this.#ledger.told(partition, Math.max(position + count, this.#ledger.committed(partition)));
    }
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
      this.#ledger.told(partitionIndex, offset);
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

  constructor(partition: number, world: BrokerWorld, ledger: TransactionLedger) {
    super(world, ledger);
    this.#partition = partition;
  }

  async refresh(client: SimulatedClient): Promise<void> {
    if (!this.positions.has(this.#partition)) await this.fetch(client, [this.#partition], false);
  }
}

/** What a group of consumers assigns (KIP-848); a member that was away too long is fenced by its epoch (KIP-447). */
export class GroupInput extends Positions {
  readonly #memberId: string;
  #epoch = 0;
  #owned = new Set<number>();

  constructor(memberId: string, world: BrokerWorld, ledger: TransactionLedger) {
    super(world, ledger);
    this.#memberId = memberId;
  }

  get member(): InputSource["member"] {
    return { memberId: this.#memberId, generationId: this.#epoch };
  }

  async refresh(client: SimulatedClient): Promise<void> {
    if (this.#epoch === 0 || this.world.isCalm || this.world.draw(2) === 0) await this.#heartbeat(client);
    const unknown = [...this.#owned].filter((partition) => !this.positions.has(partition));
    if (unknown.length > 0) await this.fetch(client, unknown, this.#epoch > 0);
    for (const partition of this.positions.keys()) if (!this.#owned.has(partition)) this.positions.delete(partition);
  }

  async #heartbeat(client: SimulatedClient): Promise<void> {
    const isJoining = this.#epoch === 0;
    const request = {
      groupId: "g",
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: 15_000,
      subscribedTopicNames: ["in"],
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions:
        isJoining || this.#owned.size === 0 ? [] : [{ topicId: inputTopic.id, partitions: [...this.#owned] }],
    };
    const caller = { clientId: client.name, clientHost: "/h", newMemberId: "" };
    // As in clients, a heartbeat that got no answer is not sent again, and none overtakes another.
    const answer = await this.world.ask(
      client,
      "heartbeat",
      ({ groups }) => groups.consumerHeartbeat(request, 1, caller),
      false,
    );
    if (answer === undefined) return;
    const { errorCode = 0, memberEpoch = 0, assignment } = answer;
    switch (errorCode) {
      case Errors.NONE:
        this.#epoch = memberEpoch;
        if (assignment !== null && assignment !== undefined)
          this.#assign(assignment.topicPartitions?.flatMap(({ partitions = [] }) => partitions) ?? []);
        return;
      case Errors.UNKNOWN_MEMBER_ID:
      case Errors.FENCED_MEMBER_EPOCH:
        this.#epoch = 0;
        this.#assign([]);
        return;
      default:
        if (!passing.has(errorCode))
          throw new Violation(`${client.name}: heartbeat: ${errorName(errorCode as ErrorCode)}`);
    }
  }

  #assign(partitions: readonly number[]): void {
    this.#owned = new Set(partitions);
    for (const partition of this.positions.keys()) if (!this.#owned.has(partition)) this.positions.delete(partition);
  }
}
