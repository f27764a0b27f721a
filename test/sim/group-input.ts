import { type ErrorCode, errorName, Errors } from "../../src/protocol/errors.ts";
import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { type InputLedger, type InputSource, inputTopic, passing, Positions } from "./input-source.ts";
import { demand, Violation } from "./violation.ts";

const leavingEpoch = -1;
const pausingEpoch = -2;

/** What a group of consumers assigns (KIP-848); a member that was away too long is fenced by its epoch (KIP-447). */
export class GroupInput extends Positions {
  readonly instanceId: string | null;
  /** Another process has its instance id now: it has to stop. */
  isFenced = false;
  readonly #memberId: string;
  #epoch = 0;

  constructor(memberId: string, world: BrokerWorld, ledger: InputLedger, instanceId: string | null = null) {
    super(world, ledger);
    this.#memberId = memberId;
    this.instanceId = instanceId;
  }

  /** Its id is its own, from the beginning. */
  readonly hasHadOtherId = false;

  get member(): InputSource["member"] {
    return { memberId: this.#memberId, generationId: this.#epoch };
  }

  async refresh(client: SimulatedClient): Promise<void> {
    if (this.#epoch === 0 || this.world.isCalm || this.world.draw(2) === 0) await this.#heartbeat(client);
    await this.fetchUnknown(client, this.#epoch > 0);
  }

  /**
   * It stops without having worked on what it has; when the answer is lost it is gone all the same, or will be.
   * `comesBack`: what it has is kept for its instance.
   */
  async leave(client: SimulatedClient, comesBack: boolean): Promise<void> {
    if (this.#epoch > 0) await this.#heartbeat(client, comesBack ? pausingEpoch : leavingEpoch);
    this.#epoch = 0;
    // Nobody else has what it had, as long as its place is kept.
    if (!comesBack) this.assign(client, []);
  }

  async #heartbeat(client: SimulatedClient, memberEpoch = this.#epoch): Promise<void> {
    const isJoining = memberEpoch === 0;
    const request = {
      groupId: "g",
      memberId: this.#memberId,
      memberEpoch,
      instanceId: this.instanceId,
      rackId: null,
      rebalanceTimeoutMs: 15_000,
      subscribedTopicNames: ["in"],
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions:
        isJoining || this.owned.size === 0 ? [] : [{ topicId: inputTopic.id, partitions: [...this.owned] }],
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
    if (memberEpoch < 0) {
      const isPaused = memberEpoch === pausingEpoch && (answer.errorCode ?? 0) === Errors.NONE;
      if (isPaused && this.instanceId !== null) this.ledger.paused?.(this.instanceId);
      return;
    }
    const { errorCode = 0, assignment } = answer;
    switch (errorCode) {
      case Errors.NONE:
        this.#epoch = answer.memberEpoch ?? 0;
        if (assignment !== null && assignment !== undefined)
          this.assign(client, assignment.topicPartitions?.flatMap(({ partitions = [] }) => partitions) ?? []);
        return;
      // The process that has the instance id has not stopped, or its session is not over.
      case Errors.UNRELEASED_INSTANCE_ID:
        demand(this.instanceId !== null && isJoining, () => `${client.name}: nobody holds an instance id against it`);
        return;
      case Errors.FENCED_INSTANCE_ID:
        this.isFenced = true;
        this.assign(client, []);
        return;
      case Errors.UNKNOWN_MEMBER_ID:
      case Errors.FENCED_MEMBER_EPOCH:
      // With its last member of this protocol the group went over to the other one.
      case Errors.GROUP_ID_NOT_FOUND:
        this.#epoch = 0;
        this.assign(client, []);
        return;
      default:
        if (!passing.has(errorCode))
          throw new Violation(`${client.name}: heartbeat: ${errorName(errorCode as ErrorCode)}`);
    }
  }
}
