import { decodeGroupRecord } from "../../src/coordinator/group/group-records.ts";
import { type ApiRequest, type ApiResponse } from "../../src/protocol/apis.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { consumerProtocolAssignment, consumerProtocolSubscription } from "../../src/protocol/consumer-protocol.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../src/protocol/records/record-iterator.ts";
import { type Draft, type Message } from "../../src/protocol/schema.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { partitionOfGroup } from "./group-partitions.ts";
import { type Names } from "./normalise.ts";
import { fetch } from "./requests.ts";
import { type Session } from "./session.ts";

type Heartbeat = Draft<ApiRequest<"consumerGroupHeartbeat">>;

/** What a member says: its epoch, what it owns (partitions of the group's topic), and what else differs from nothing said. */
export interface Beat extends Heartbeat {
  readonly owns?: readonly number[];
  readonly version?: number;
  /** Whether the records that it makes are written in an order that matters, and looked at at all. */
  readonly isOrdered?: boolean;
  readonly isLookedAt?: boolean;
}

const groupResource = 32;
const classicVersions = { joinGroup: 9, syncGroup: 5, heartbeat: 4, leaveGroup: 5 } as const;

/** A group of the consumer protocol and its topic: heartbeats, and the records that the coordinator writes of them. */
export class ScriptedConsumerGroup {
  readonly groupId: string;
  readonly topic: string;
  readonly topicId: string;
  readonly #session: Session;
  #offset = 0;
  #partition = 0;

  private constructor(session: Session, group: string, topic: string) {
    this.#session = session;
    this.groupId = session.topic(group);
    this.topic = session.topic(topic);
    this.topicId = session.idOf(topic);
  }

  /** Waits until there is a coordinator. Targets are made at once, unless `configs` say otherwise. */
  static async create(
    session: Session,
    group: string,
    topic: string,
    configs: Readonly<Record<string, string>> = { "consumer.assignment.interval.ms": "0" },
  ): Promise<ScriptedConsumerGroup> {
    const created = new ScriptedConsumerGroup(session, group, topic);
    const { groupId } = created;
    await session.until(async () => {
      const found = await session.quietly("findCoordinator", 4, { keyType: 0, coordinatorKeys: [groupId] });
      if (found.coordinators[0]!.errorCode !== Errors.NONE) return false;
      const { groups } = await session.quietly("consumerGroupDescribe", 1, { groupIds: [groupId] });
      return groups[0]!.errorCode === Errors.GROUP_ID_NOT_FOUND;
    });
    await created.configure(configs);
    await session.untilInForce();
    created.#partition = await partitionOfGroup(session, groupId);
    return created;
  }

  async configure(configs: Readonly<Record<string, string>>): Promise<void> {
    const entries = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 }));
    await this.#session.quietly("incrementalAlterConfigs", 1, {
      resources: [{ resourceType: groupResource, resourceName: this.groupId, configs: entries }],
    });
  }

  /** The first heartbeat of a member, subscribed to the group's topic. */
  join(step: string, memberId: string, beat: Beat = {}): Promise<ApiResponse<"consumerGroupHeartbeat">> {
    const wanted = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: [this.topic], owns: [] };
    return this.beat(step, memberId, 0, { ...wanted, ...beat });
  }

  async beat(
    step: string,
    memberId: string,
    memberEpoch: number,
    { owns, version = 1, isOrdered = true, isLookedAt = true, ...changes }: Beat = {},
  ): Promise<ApiResponse<"consumerGroupHeartbeat">> {
    const topicPartitions =
      owns === undefined ? null : owns.length === 0 ? [] : [{ topicId: this.topicId, partitions: owns }];
    const body = { groupId: this.groupId, memberId, memberEpoch, topicPartitions, ...changes };
    const answer = await this.#session.ask(step, "consumerGroupHeartbeat", version, body);
    if (isLookedAt) await this.look(step, isOrdered);
    return answer;
  }

  async describeClassic(step: string): Promise<void> {
    const answer = await this.#session.quietly("describeGroups", 6, { groups: [this.groupId] });
    this.#session.note(step, shown(answer, this.#session.names));
  }

  /** What ListGroups tells of this group. */
  async list(step: string, filters: Draft<ApiRequest<"listGroups">>): Promise<void> {
    const { groups } = await this.#session.quietly("listGroups", 5, filters);
    const own = groups.filter(({ groupId }) => groupId === this.groupId);
    this.#session.note(step, own);
  }

  /** Not in order: when members have ids of this run. */
  async describe(step: string, isOrdered = true): Promise<void> {
    const answer = await this.#session.quietly("consumerGroupDescribe", 1, { groupIds: [this.groupId] });
    this.#session.note(`${step} (consumerGroupDescribe v1)`, answer, isOrdered);
  }

  /** A request of the classic protocol, with what clients say in it in words. */
  async classic<N extends "joinGroup" | "syncGroup" | "heartbeat" | "leaveGroup">(
    step: string,
    api: N,
    body: Draft<ApiRequest<N>>,
    version = classicVersions[api],
  ): Promise<ApiResponse<N>> {
    const answer = await this.#session.quietly(api, version, { ...(body as object), groupId: this.groupId } as Draft<
      ApiRequest<N>
    >);
    this.#session.note(`${step} (${api} v${version})`, shown(answer, this.#session.names));
    await this.look(step);
    return answer;
  }

  /** The id that a new classic member is given, under a name of its own in the transcript. */
  async classicId(
    name: string,
    protocols: readonly { readonly name: string; readonly metadata: Buffer }[],
  ): Promise<string> {
    const { memberId } = await this.#session.quietly("joinGroup", 9, {
      groupId: this.groupId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: "consumer",
      protocols,
    });
    this.#session.names.set(memberId, `<${name}>`);
    return memberId;
  }

  /** Puts the records that were written since the last look into the transcript. */
  async look(step: string, isOrdered = true): Promise<void> {
    const written: unknown[] = [];
    for (;;) {
      const { responses } = await this.#session.quietly(
        "fetch",
        12,
        fetch([
          {
            topic: "__consumer_offsets",
            partitions: [{ partition: this.#partition, partitionMaxBytes: 1 << 20, fetchOffset: this.#offset }],
          },
        ]),
      );
      const { records } = responses[0]!.partitions[0]!;
      if (records === null || records.length === 0) break;
      for (const batch of batches(records)) {
        this.#offset = batch.lastOffset + 1;
        if (batch.isControl) continue;
        for (const { key, value } of recordsOf(batch, payloadOf(batch))) {
          const record = decodeGroupRecord(new Reader(key!), value === null ? null : new Reader(value));
          if (record?.group === this.groupId) written.push(shown(record, this.#session.names));
        }
      }
    }
    if (written.length > 0) this.#session.note(`${step}: written`, written, isOrdered);
  }
}

function textOf(value: unknown, names: Names): string {
  return names.of(JSON.stringify(value));
}

interface Owned {
  readonly partitions: readonly number[];
  readonly assignmentEpochs: readonly number[] | null;
}

/** What a member owns stands in no order. */
function inOrder({ partitions, assignmentEpochs, ...others }: Owned): object {
  const order = partitions.map((_, index) => index).sort((one, other) => partitions[one]! - partitions[other]!);
  return {
    ...others,
    partitions: order.map((index) => partitions[index]),
    assignmentEpochs: order.map((index) => assignmentEpochs?.[index]),
  };
}

/** Without what depends on the topic's id and on the time. */
function shown(value: unknown, names: Names, name = ""): unknown {
  if (name === "metadataHash") return value === 0n ? 0 : "<hash>";
  if (name === "assignmentTimestamp" || name === "currentStateTimestamp" || name === "commitTimestamp") {
    return (value as number) > 0 ? "<time>" : value;
  }
  if (Buffer.isBuffer(value)) return shown(clientBytes(name, value), names);
  if (Array.isArray(value)) {
    const entries = value.map((each) => shown(each, names));
    // Topics stand in the order of their ids' hashes.
    return entries.sort((one, other) => (textOf(one, names) < textOf(other, names) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  const fields = "assignmentEpochs" in value ? inOrder(value as Owned) : value;
  return Object.fromEntries(
    Object.entries(fields)
      // The version of the metadata counts its records.
      .filter(([key]) => key !== "version")
      .map(([key, inner]) => [key, shown(inner, names, key)]),
  );
}

/** What consumers of the classic protocol tell each other. The names in it are not as long in each run. */
function clientBytes(name: string, bytes: Buffer): unknown {
  if (bytes.length < 2) return bytes.toString("latin1");
  const message = /assignment/i.test(name) ? consumerProtocolAssignment : consumerProtocolSubscription;
  const reader = new Reader(bytes);
  const version = reader.int16();
  return { version, ...codecOf<object>(message as Message<object>, version).decode(reader) };
}

/** The subscription of a classic member. */
export function subscriptionTo(topics: readonly string[], owned: readonly number[] = []): Buffer {
  const writer = new Writer();
  writer.int16(3);
  const ownedPartitions = owned.length === 0 ? [] : [{ topic: topics[0]!, partitions: owned }];
  codecOf(consumerProtocolSubscription, 3).encode(writer, { topics, ownedPartitions });
  return writer.toBuffer();
}

/** What a classic leader assigns. */
export function assignmentOf(topic: string, partitions: readonly number[]): Buffer {
  const writer = new Writer();
  writer.int16(3);
  codecOf(consumerProtocolAssignment, 3).encode(writer, { assignedPartitions: [{ topic, partitions }] });
  return writer.toBuffer();
}
