import { type Draw } from "../draw.ts";
import { type Script, type ScriptStep } from "../script.ts";
import { assignment, bytes, idOf, kept, named, subscription } from "../values.ts";

const unknownId = "AAAAAAAAAAAAAAAAAAAABQ";
const partitions = 3;

/** Members of classic groups that join, sync, commit and leave, each with the right generation or with a wrong one. */
export function classicGroupScript(name: string, draw: Draw, length: number): Script {
  const state = new ClassicState(draw);
  const steps = Array.from({ length: draw.between(Math.ceil(length / 2), length + 10) }, () => state.step());
  return { name, topics: [{ name: "t", partitions }], steps };
}

interface Member {
  readonly name: string;
  readonly group: string;
  readonly instance: string | null;
  readonly protocols: readonly string[];
  readonly type: string;
  /** All requests of a client are of about the same age. */
  readonly isNew: boolean;
}

class ClassicState {
  readonly #draw: Draw;
  readonly #members: readonly Member[];
  #generation = 1;

  constructor(draw: Draw) {
    this.#draw = draw;
    const groups = draw.percent(15) ? ["g", "h"] : ["g"];
    const type = draw.mostly("consumer", ["connect", ""], 20);
    this.#members = ["a", "b", "c", "d"].slice(0, draw.between(1, 4)).map((name) => ({
      name,
      group: draw.oneOf(groups),
      instance: draw.percent(35) ? draw.oneOf(["i", "j"]) : null,
      protocols: draw.oneOf([["range"], ["range", "sticky"], ["sticky", "range"], ["sticky"], ["range"]]),
      type: draw.mostly(type, ["connect", "consumer"], 6),
      isNew: draw.percent(75),
    }));
  }

  step(): ScriptStep {
    const member = this.#draw.oneOf(this.#members);
    const step = this.#draw.weighted<(member: Member) => ScriptStep>([
      [12, (each) => this.#join(each)],
      [10, (each) => this.#sync(each)],
      [4, (each) => this.#heartbeat(each)],
      [3, (each) => this.#leave(each)],
      [4, (each) => this.#commit(each)],
      [3, (each) => this.#fetchOffsets(each)],
      [3, (each) => this.#describe(each)],
      [1, (each) => this.#list(each)],
      [1, (each) => this.#deleteGroup(each)],
      [2, (each) => this.#deleteOffsets(each)],
      [1, (each) => this.#consumerHeartbeat(each)],
    ])(member);
    return { by: member.name, ...step };
  }

  #version(member: Member, newFrom: number, least: number, last: number): number {
    return member.isNew ? this.#draw.between(newFrom, last) : this.#draw.between(least, last);
  }

  #groupOf(member: Member): unknown {
    return this.#draw.mostly<unknown>(named(member.group), [named("none"), ""], 2);
  }

  #memberId(member: Member): unknown {
    const others = [kept(`${this.#draw.oneOf(this.#members).name}.id`, ""), "nobody", ""];
    return this.#draw.mostly<unknown>(kept(`${member.name}.id`, ""), others, 7);
  }

  #generationOf(member: Member): unknown {
    const right = kept(`${member.name}.generation`, this.#generation);
    const wrong = [kept(`${member.name}.generation`, 0, 1), kept(`${member.name}.generation`, 0, -1), -1, 0, 99];
    return this.#draw.mostly<unknown>(right, wrong, 10);
  }

  #instance(member: Member, isThere: boolean): object {
    if (!isThere) return {};
    const groupInstanceId = this.#draw.mostly(member.instance, ["i", "j", null, ""], 5);
    return { groupInstanceId };
  }

  #join(member: Member): ScriptStep {
    const draw = this.#draw;
    const version = this.#version(member, member.instance === null ? 4 : 5, 0, 9);
    const names = draw.mostly(member.protocols, [[], ["sticky"], ["other"]], 5);
    const protocols = names.map((name) => ({
      name,
      // Kafka never answers consumers that send more than a byte of nonsense: it fails in the timer of the rebalance.
      metadata:
        member.type === "consumer"
          ? draw.mostly<unknown>(subscription(["t"]), [bytes("x"), bytes("")], 8)
          : bytes(`metadata of ${name}`),
    }));
    return {
      api: "joinGroup",
      version,
      body: {
        groupId: this.#groupOf(member),
        sessionTimeoutMs: draw.mostly(45_000, [0, 5_999, 6_000, 1_800_001, -1], 4),
        ...(version >= 1 && { rebalanceTimeoutMs: 60_000 }),
        memberId: draw.percent(10) ? "" : this.#memberId(member),
        ...this.#instance(member, version >= 5),
        protocolType: draw.mostly(member.type, ["", "other"], 4),
        protocols,
      },
      keep: { [`${member.name}.id`]: "memberId", [`${member.name}.generation`]: "generationId" },
    };
  }

  #sync(member: Member): ScriptStep {
    const draw = this.#draw;
    const version = this.#version(member, 3, 0, 5);
    const assignments = this.#members
      .filter(() => draw.percent(80))
      .map(({ name }, index) => ({
        memberId: kept(`${name}.id`, "nobody"),
        assignment: draw.mostly<unknown>(assignment("t", [index % partitions]), [bytes("some"), bytes("")], 10),
      }));
    return {
      api: "syncGroup",
      version,
      body: {
        groupId: this.#groupOf(member),
        generationId: this.#generationOf(member),
        memberId: this.#memberId(member),
        ...this.#instance(member, version >= 3),
        ...(version >= 5 && {
          protocolType: draw.mostly<string | null>(member.type, [null, "other", ""], 8),
          protocolName: draw.mostly<string | null>(null, ["range", "sticky", ""], 30),
        }),
        assignments: draw.percent(60) ? assignments : [],
      },
    };
  }

  #heartbeat(member: Member): ScriptStep {
    const version = this.#version(member, 3, 0, 4);
    return {
      api: "heartbeat",
      version,
      body: {
        groupId: this.#groupOf(member),
        generationId: this.#generationOf(member),
        memberId: this.#memberId(member),
        ...this.#instance(member, version >= 3),
      },
    };
  }

  #leave(member: Member): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(0, 5);
    const groupId = this.#groupOf(member);
    if (version < 3) return { api: "leaveGroup", version, body: { groupId, memberId: this.#memberId(member) } };
    const leaving = [member, ...draw.some(this.#members, draw.percent(30) ? 3 : 0)].map((each) => ({
      memberId: each.instance !== null && draw.percent(50) ? "" : this.#memberId(each),
      ...this.#instance(each, true),
      ...(version >= 5 && draw.percent(50) && { reason: "enough" }),
    }));
    return { api: "leaveGroup", version, body: { groupId, members: draw.percent(3) ? [] : leaving } };
  }

  #topic(version: number, idsFrom: number): object {
    const draw = this.#draw;
    return version >= idsFrom
      ? { topicId: draw.mostly<unknown>(idOf("t"), [unknownId, "AAAAAAAAAAAAAAAAAAAAAA"], 8) }
      : { name: draw.mostly<unknown>(named("t"), [named("none"), ""], 8) };
  }

  #commit(member: Member): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(2, 10);
    const isOfMember = draw.percent(70);
    return {
      api: "offsetCommit",
      version,
      body: {
        groupId: this.#groupOf(member),
        generationIdOrMemberEpoch: isOfMember ? this.#generationOf(member) : -1,
        memberId: isOfMember ? this.#memberId(member) : "",
        ...this.#instance(member, version >= 7 && isOfMember),
        ...(version <= 4 && draw.percent(30) && { retentionTimeMs: draw.oneOf([-1, 60_000]) }),
        topics: [
          {
            ...this.#topic(version, 10),
            partitions: [
              {
                partitionIndex: draw.mostly(draw.between(0, partitions - 1), [-1, 9], 6),
                committedOffset: draw.mostly(draw.between(0, 100), [-1, -2], 6),
                ...(version >= 6 && draw.percent(30) && { committedLeaderEpoch: draw.oneOf([0, 3, -1, -5]) }),
                committedMetadata: draw.mostly<string | null>("", [null, "m", "x".repeat(4096), "x".repeat(4097)], 20),
              },
            ],
          },
        ],
      },
    };
  }

  #fetchOffsets(member: Member): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(1, 10);
    const partitionIndexes = draw.some([0, 1, 2, 9, -1]);
    const isAll = version >= 2 && draw.percent(40);
    const topics = isAll ? null : [{ ...this.#topic(version, 10), partitionIndexes }];
    const groupId = this.#groupOf(member);
    const isOfMember = version >= 9 && draw.percent(30);
    const memberEpoch = isOfMember ? { memberId: this.#memberId(member), memberEpoch: this.#generationOf(member) } : {};
    const body = version >= 8 ? { groups: [{ groupId, topics, ...memberEpoch }] } : { groupId, topics };
    return {
      api: "offsetFetch",
      version,
      body: { ...body, ...(version >= 7 && draw.percent(30) && { requireStable: true }) },
    };
  }

  #describe(member: Member): ScriptStep {
    const draw = this.#draw;
    if (draw.percent(15)) {
      const version = draw.between(0, 1);
      return { api: "consumerGroupDescribe", version, body: { groupIds: [this.#groupOf(member)] } };
    }
    const version = draw.between(0, 6);
    return {
      api: "describeGroups",
      version,
      body: {
        groups: [this.#groupOf(member), ...(draw.percent(10) ? [named("none")] : [])],
        ...(version >= 3 && draw.percent(20) && { includeAuthorizedOperations: true }),
      },
    };
  }

  #list(_member: Member): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(0, 5);
    const states = ["Stable", "empty", "PreparingRebalance", "CompletingRebalance", "Dead", "other", "Assigning"];
    return {
      api: "listGroups",
      version,
      body: {
        ...(version >= 4 && draw.percent(40) && { statesFilter: draw.some(states, 3) }),
        ...(version >= 5 && draw.percent(40) && { typesFilter: draw.some(["classic", "Consumer", "share", "odd"], 2) }),
      },
    };
  }

  #deleteGroup(member: Member): ScriptStep {
    const others = this.#draw.percent(20) ? [named("none")] : [];
    return {
      api: "deleteGroups",
      version: this.#draw.between(0, 2),
      body: { groupsNames: [this.#groupOf(member), ...others] },
    };
  }

  #deleteOffsets(member: Member): ScriptStep {
    const draw = this.#draw;
    const indexes = draw.some([0, 1, 2, 9], 3).map((partitionIndex) => ({ partitionIndex }));
    return {
      api: "offsetDelete",
      version: 0,
      body: { groupId: this.#groupOf(member), topics: [{ ...this.#topic(0, 1), partitions: indexes }] },
    };
  }

  #consumerHeartbeat(member: Member): ScriptStep {
    return {
      api: "consumerGroupHeartbeat",
      version: this.#draw.between(0, 1),
      body: {
        groupId: this.#groupOf(member),
        memberId: this.#draw.oneOf<unknown>(["new", this.#memberId(member)]),
        memberEpoch: this.#draw.oneOf<unknown>([-1, this.#generationOf(member), 3]),
      },
    };
  }
}
