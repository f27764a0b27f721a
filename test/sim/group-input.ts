import { codecOf } from "../../src/protocol/codec.ts";
import { consumerProtocolAssignment, consumerProtocolSubscription } from "../../src/protocol/consumer-protocol.ts";
import { type ErrorCode, errorName, Errors } from "../../src/protocol/errors.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { type InputLedger, type InputSource, inputTopic, passing, Positions } from "./input-source.ts";
import { Violation } from "./violation.ts";

/** What a group of consumers assigns (KIP-848); a member that was away too long is fenced by its epoch (KIP-447). */
export class GroupInput extends Positions {
  readonly #memberId: string;
  #epoch = 0;

  constructor(memberId: string, world: BrokerWorld, ledger: InputLedger) {
    super(world, ledger);
    this.#memberId = memberId;
  }

  get member(): InputSource["member"] {
    return { memberId: this.#memberId, generationId: this.#epoch };
  }

  async refresh(client: SimulatedClient): Promise<void> {
    if (this.#epoch === 0 || this.world.isCalm || this.world.draw(2) === 0) await this.#heartbeat(client);
    await this.fetchUnknown(client, this.#epoch > 0);
  }

  /** It stops without having worked on what it has; when the answer is lost it is gone all the same, or will be. */
  async leave(client: SimulatedClient): Promise<void> {
    if (this.#epoch > 0) await this.#heartbeat(client, -1);
    this.#epoch = 0;
    this.assign(client, []);
  }

  async #heartbeat(client: SimulatedClient, memberEpoch = this.#epoch): Promise<void> {
    const isJoining = memberEpoch === 0;
    const request = {
      groupId: "g",
      memberId: this.#memberId,
      memberEpoch,
      instanceId: null,
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
    if (answer === undefined || memberEpoch === -1) return;
    const { errorCode = 0, assignment } = answer;
    switch (errorCode) {
      case Errors.NONE:
        this.#epoch = answer.memberEpoch ?? 0;
        if (assignment !== null && assignment !== undefined)
          this.assign(client, assignment.topicPartitions?.flatMap(({ partitions = [] }) => partitions) ?? []);
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

const subscription = (() => {
  const writer = new Writer();
  writer.int16(0);
  codecOf(consumerProtocolSubscription, 0).encode(writer, { topics: [inputTopic.name] });
  return writer.toBuffer();
})();

function encodeAssignment(partitions: readonly number[]): Buffer {
  const writer = new Writer();
  writer.int16(0);
  const assignedPartitions = partitions.length === 0 ? [] : [{ topic: inputTopic.name, partitions }];
  codecOf(consumerProtocolAssignment, 0).encode(writer, { assignedPartitions });
  return writer.toBuffer();
}

function decodeAssignment(bytes: Buffer): number[] {
  if (bytes.length === 0) return [];
  const reader = new Reader(bytes);
  const version = reader.int16();
  const { assignedPartitions } = codecOf(consumerProtocolAssignment, version).decode(reader);
  return assignedPartitions.flatMap(({ partitions }) => partitions);
}

/** What the leader of a classic group assigns; eager: a member gives all up before it joins again. */
export class ClassicInput extends Positions {
  readonly #suffix: string;
  #memberId = "";
  #generation = -1;
  #isJoined = false;
  /** How many partitions it has given out as the leader of this generation; 0 when it is not. */
  #assignedCount = 0;

  constructor(number: number, world: BrokerWorld, ledger: InputLedger) {
    super(world, ledger);
    this.#suffix = `00000000-0000-0000-0000-${String(number).padStart(12, "0")}`;
  }

  get member(): InputSource["member"] {
    return { memberId: this.#memberId, generationId: this.#generation };
  }

  async refresh(client: SimulatedClient): Promise<void> {
    // The leader alone looks for new partitions.
    const hasGrown = this.#assignedCount > 0 && this.#assignedCount < this.world.cluster.partitionCount("in");
    if (!this.#isJoined || hasGrown) await this.#join(client);
    else if (this.world.isCalm || this.world.draw(2) === 0) await this.#heartbeat(client);
    if (this.#isJoined) await this.fetchUnknown(client, true);
  }

  /** When the answer is lost it is gone all the same, or will be. */
  async leave(client: SimulatedClient): Promise<void> {
    if (this.#memberId === "") return;
    const members = [{ memberId: this.#memberId, groupInstanceId: null, reason: null }];
    await this.world.ask(client, "leave", ({ groups }) => groups.leaveGroup({ groupId: "g", members }), false);
    this.#forgetMember(client);
  }

  async #join(client: SimulatedClient): Promise<void> {
    this.assign(client, []);
    const request = {
      groupId: "g",
      memberId: this.#memberId,
      groupInstanceId: null,
      sessionTimeoutMs: 8_000,
      rebalanceTimeoutMs: 15_000,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: subscription }],
      reason: null,
    };
    const caller = { apiVersion: 9, clientId: client.name, clientHost: "/h", newMemberIdSuffix: this.#suffix };
    const joined = await this.world.ask(client, "join", ({ groups }) => groups.joinGroup(request, caller), false);
    if (joined === undefined) return;
    if (joined.memberId !== undefined && joined.memberId !== "") this.#memberId = joined.memberId;
    if (joined.errorCode === Errors.MEMBER_ID_REQUIRED) return;
    if (this.#isRefused(client, "join", joined.errorCode ?? 0)) return;
    this.#generation = joined.generationId ?? -1;
    const members = (joined.members ?? []).map(({ memberId = "" }) => memberId).sort();
    this.#assignedCount = joined.leader === this.#memberId ? this.world.cluster.partitionCount("in") : 0;
    const assignments = this.#assignedCount > 0 ? assignmentsFor(members, this.#assignedCount) : [];
    const ids = { groupId: "g", memberId: this.#memberId, groupInstanceId: null, generationId: this.#generation };
    const sync = { ...ids, protocolType: "consumer", protocolName: joined.protocolName ?? null, assignments };
    const synced = await this.world.ask(client, "sync", ({ groups }) => groups.syncGroup(sync), false);
    if (synced === undefined || this.#isRefused(client, "sync", synced.errorCode ?? 0)) return;
    this.#isJoined = true;
    this.assign(client, decodeAssignment(synced.assignment ?? Buffer.alloc(0)));
  }

  async #heartbeat(client: SimulatedClient): Promise<void> {
    const ids = { groupId: "g", memberId: this.#memberId, groupInstanceId: null, generationId: this.#generation };
    const answer = await this.world.ask(client, "heartbeat", ({ groups }) => groups.heartbeat(ids), false);
    if (answer !== undefined) this.#isRefused(client, "heartbeat", answer.errorCode ?? 0);
  }

  #isRefused(client: SimulatedClient, what: string, errorCode: number): boolean {
    switch (errorCode) {
      case Errors.NONE:
        return false;
      case Errors.REBALANCE_IN_PROGRESS:
        this.#isJoined = false;
        this.assign(client, []);
        return true;
      case Errors.UNKNOWN_MEMBER_ID:
      case Errors.ILLEGAL_GENERATION:
        this.#forgetMember(client);
        return true;
      default:
        if (!passing.has(errorCode))
          throw new Violation(`${client.name}: ${what}: ${errorName(errorCode as ErrorCode)}`);
        return true;
    }
  }

  #forgetMember(client: SimulatedClient): void {
    this.#isJoined = false;
    this.#generation = -1;
    // A member that is not sure to be gone has the id still.
    this.assign(client, []);
    this.#memberId = "";
  }
}

function assignmentsFor(members: readonly string[], count: number): { memberId: string; assignment: Buffer }[] {
  const all = Array.from({ length: count }, (_, partition) => partition);
  return members.map((memberId, index) => ({
    memberId,
    assignment: encodeAssignment(all.filter((partition) => partition % members.length === index)),
  }));
}
