import { codecOf } from "../../src/protocol/codec.ts";
import { consumerProtocolAssignment, consumerProtocolSubscription } from "../../src/protocol/consumer-protocol.ts";
import { type ErrorCode, errorName, Errors } from "../../src/protocol/errors.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { type BrokerWorld, type SimulatedClient } from "./broker-world.ts";
import { type InputLedger, type InputSource, inputTopic, passing, Positions } from "./input-source.ts";
import { Violation } from "./violation.ts";

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
  readonly instanceId: string | null;
  /** Another process has its instance id now: it has to stop. */
  isFenced = false;
  readonly #number: number;
  #joins = 0;
  #memberId = "";
  #generation = -1;
  #isJoined = false;
  /** How many partitions it has given out as the leader of this generation; 0 when it is not. */
  #assignedCount = 0;

  constructor(number: number, world: BrokerWorld, ledger: InputLedger, instanceId: string | null = null) {
    super(world, ledger);
    this.#number = number;
    this.instanceId = instanceId;
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

  /** When the answer is lost it is gone all the same, or will be. `comesBack`: nobody is told of it. */
  async leave(client: SimulatedClient, comesBack: boolean): Promise<void> {
    if (this.#memberId === "") return;
    const members = [{ memberId: this.#memberId, groupInstanceId: this.instanceId, reason: null }];
    if (!comesBack)
      await this.world.ask(client, "leave", ({ groups }) => groups.leaveGroup({ groupId: "g", members }), false);
    this.#forgetMember(client);
  }

  async #join(client: SimulatedClient): Promise<void> {
    this.assign(client, []);
    const request = {
      groupId: "g",
      memberId: this.#memberId,
      groupInstanceId: this.instanceId,
      sessionTimeoutMs: 8_000,
      rebalanceTimeoutMs: 15_000,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: subscription }],
      reason: null,
    };
    const newMemberIdSuffix = this.#newSuffix();
    const caller = { apiVersion: 9, clientId: client.name, clientHost: "/h", newMemberIdSuffix };
    const joined = await this.world.ask(client, "join", ({ groups }) => groups.joinGroup(request, caller), false);
    if (joined === undefined) return;
    if (joined.memberId !== undefined && joined.memberId !== "") this.#memberId = joined.memberId;
    if (joined.errorCode === Errors.MEMBER_ID_REQUIRED) return;
    if (this.#isRefused(client, "join", joined.errorCode ?? 0)) return;
    this.#generation = joined.generationId ?? -1;
    const members = (joined.members ?? []).map(({ memberId = "" }) => memberId).sort();
    this.#assignedCount = joined.leader === this.#memberId ? this.world.cluster.partitionCount("in") : 0;
    // Who takes over an instance that was the leader does not know what that one has given out.
    if (joined.skipAssignment === true) this.#assignedCount = inputTopic.partitions;
    const isAssigning = this.#assignedCount > 0 && joined.skipAssignment !== true;
    const assignments = isAssigning ? assignmentsFor(members, this.#assignedCount) : [];
    const sync = { ...this.#ids(), protocolType: "consumer", protocolName: joined.protocolName ?? null, assignments };
    const synced = await this.world.ask(client, "sync", ({ groups }) => groups.syncGroup(sync), false);
    if (synced === undefined || this.#isRefused(client, "sync", synced.errorCode ?? 0)) return;
    this.#isJoined = true;
    this.assign(client, decodeAssignment(synced.assignment ?? Buffer.alloc(0)));
  }

  async #heartbeat(client: SimulatedClient): Promise<void> {
    const answer = await this.world.ask(client, "heartbeat", ({ groups }) => groups.heartbeat(this.#ids()), false);
    if (answer !== undefined) this.#isRefused(client, "heartbeat", answer.errorCode ?? 0);
  }

  #ids() {
    const ids = { groupId: "g", memberId: this.#memberId, generationId: this.#generation };
    return { ...ids, groupInstanceId: this.instanceId };
  }

  /** It may have had another id before, which a coordinator that loads its part may take for its present one. */
  get hasHadOtherId(): boolean {
    return this.#joins > 1;
  }

  /** No two of them are the same. */
  #newSuffix(): string {
    const [number, join] = [this.#number, this.#joins++].map((each) => String(each).padStart(6, "0"));
    return `00000000-0000-0000-0000-${number}${join}`;
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
      case Errors.FENCED_INSTANCE_ID:
        this.isFenced = true;
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
