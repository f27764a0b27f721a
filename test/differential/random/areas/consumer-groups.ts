import { type Draw } from "../draw.ts";
import { type Script, type ScriptStep } from "../script.ts";
import { assignment, bytes, idOf, kept, named, subscription } from "../values.ts";

const unknownId = "AAAAAAAAAAAAAAAAAAAABQ";
const partitions = 4;

/** Members of consumer groups (KIP-848), some of the classic protocol among them. */
export function consumerGroupScript(name: string, draw: Draw, length: number): Script {
  const state = new ConsumerState(draw);
  const steps = Array.from({ length: draw.between(Math.ceil(length / 2), length + 10) }, () => state.step());
  return { name, topics: [{ name: "t", partitions }], steps };
}

interface Member {
  readonly name: string;
  readonly id: string;
  readonly instance: string | null;
  readonly isClassic: boolean;
  /** What it has been given, as far as a script can know. */
  owned: number[];
}

class ConsumerState {
  readonly #draw: Draw;
  readonly #members: readonly Member[];

  constructor(draw: Draw) {
    this.#draw = draw;
    const classicShare = draw.oneOf([0, 0, 40, 60]);
    this.#members = ["a", "b", "c"].slice(0, draw.between(1, 3)).map((name) => ({
      name,
      id: `member-${name}`,
      instance: draw.percent(30) ? draw.oneOf(["i", "i", "j"]) : null,
      isClassic: draw.percent(classicShare),
      owned: [],
    }));
  }

  step(): ScriptStep {
    const member = this.#draw.oneOf(this.#members);
    const step = this.#draw.weighted<(member: Member) => ScriptStep>([
      [24, (each) => (each.isClassic ? this.#classic(each) : this.#beat(each))],
      [3, (each) => this.#commit(each)],
      [2, (each) => this.#fetchOffsets(each)],
      [4, () => this.#describe()],
      [1, () => this.#list()],
      [1, () => this.#deleteGroup()],
      [1, () => this.#deleteOffsets()],
    ])(member);
    return { by: member.name, ...step };
  }

  #beat(member: Member): ScriptStep {
    const draw = this.#draw;
    const version = draw.mostly(1, [0], 20);
    const epoch = kept(`${member.name}.epoch`, 0);
    const memberEpoch = draw.weighted<unknown>([
      [30, epoch],
      [6, 0],
      [3, -1],
      [2, member.instance === null && draw.percent(80) ? epoch : -2],
      [1, kept(`${member.name}.epoch`, 0, 1)],
      [1, kept(`${member.name}.epoch`, 0, -1)],
      [1, draw.oneOf([-3, 100])],
    ]);
    const isFull = memberEpoch === 0 || draw.percent(25);
    const isRegex = version >= 1 && draw.percent(12);
    const subscribed = draw.mostly<unknown>([named("t")], [[], [named("none")], [named("t"), named("none")], null], 12);
    const full = {
      rebalanceTimeoutMs: draw.mostly(60_000, [-1, 0], 3),
      ...(isRegex
        ? { subscribedTopicRegex: draw.oneOf<unknown>([named("t"), named(".*"), named("n.*"), "(", "", "(?=a)b"]) }
        : { subscribedTopicNames: subscribed }),
      topicPartitions: [],
    };
    return {
      api: "consumerGroupHeartbeat",
      version,
      body: {
        groupId: draw.mostly<unknown>(named("g"), ["", named("none")], 1),
        memberId: draw.mostly(member.id, ["member-a", "member-b", "nobody", ""], 3),
        memberEpoch,
        ...((member.instance !== null || draw.percent(2)) && {
          instanceId: draw.mostly(member.instance ?? "i", ["j", null, ""], 6),
        }),
        ...(draw.percent(5) && { rackId: draw.oneOf(["r", ""]) }),
        ...(draw.percent(8) && { serverAssignor: draw.oneOf(["range", "uniform", "uniform", "odd", ""]) }),
        ...(isFull ? full : {}),
        ...(!isFull || draw.percent(15) ? this.#owns() : {}),
      },
      keep: { [`${member.name}.epoch`]: "memberEpoch" },
    };
  }

  #owns(): object {
    const draw = this.#draw;
    if (draw.percent(40)) return {};
    const owned = draw.oneOf([[], [0, 1, 2, 3], [0, 1], [2, 3], [0, 1, 2], [3], draw.some([0, 1, 2, 3]), [0, 9]]);
    const topicId = draw.mostly<unknown>(idOf("t"), [unknownId], 3);
    return { topicPartitions: owned.length === 0 && draw.percent(70) ? [] : [{ topicId, partitions: owned }] };
  }

  #memberId(member: Member): unknown {
    const right = member.isClassic ? kept(`${member.name}.id`, "") : member.id;
    return this.#draw.mostly<unknown>(right, ["nobody", "member-a", kept("b.id", "")], 5);
  }

  #epoch(member: Member): unknown {
    const right = kept(`${member.name}.epoch`, 1);
    return this.#draw.mostly<unknown>(
      right,
      [kept(`${member.name}.epoch`, 0, 1), kept(`${member.name}.epoch`, 0, -1), -1, 0],
      10,
    );
  }

  #classic(member: Member): ScriptStep {
    const draw = this.#draw;
    const groupId = named("g");
    const groupInstanceId = member.instance;
    const generationId = this.#epoch(member);
    const memberId = this.#memberId(member);
    return draw.weighted<() => ScriptStep>([
      [
        8,
        () => ({
          api: "joinGroup",
          version: draw.between(5, 9),
          body: {
            groupId,
            sessionTimeoutMs: 45_000,
            rebalanceTimeoutMs: 60_000,
            memberId: draw.percent(10) ? "" : memberId,
            groupInstanceId,
            protocolType: draw.mostly("consumer", ["connect"], 3),
            protocols: draw.mostly(["range"], [["range", "roundrobin"], ["sticky"], []], 10).map((name) => ({
              name,
              metadata: draw.mostly<unknown>(
                subscription(["t"], draw.oneOf([[], [0, 1], [0, 1, 2, 3], [2]])),
                [bytes("o"), subscription([])],
                6,
              ),
            })),
          },
          keep: { [`${member.name}.id`]: "memberId", [`${member.name}.epoch`]: "generationId" },
        }),
      ],
      [
        6,
        () => ({
          api: "syncGroup",
          version: draw.between(3, 5),
          body: {
            groupId,
            generationId,
            memberId,
            groupInstanceId,
            assignments: draw.percent(50)
              ? [{ memberId: kept(`${member.name}.id`, "x"), assignment: assignment("t", [0, 1, 2, 3]) }]
              : [],
          },
        }),
      ],
      [
        4,
        () => ({
          api: "heartbeat",
          version: draw.between(3, 4),
          body: { groupId, generationId, memberId, groupInstanceId },
        }),
      ],
      [
        2,
        () => ({
          api: "leaveGroup",
          version: draw.between(3, 5),
          body: { groupId, members: [{ memberId: draw.mostly<unknown>(memberId, [""], 20), groupInstanceId }] },
        }),
      ],
    ])();
  }

  #commit(member: Member): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(member.isClassic ? 7 : 8, 10);
    const isOfMember = draw.percent(85);
    const topic = version >= 10 ? { topicId: idOf("t") } : { name: named("t") };
    return {
      api: "offsetCommit",
      version,
      body: {
        groupId: named("g"),
        generationIdOrMemberEpoch: isOfMember ? this.#epoch(member) : -1,
        memberId: isOfMember ? this.#memberId(member) : "",
        ...(draw.percent(50) && { groupInstanceId: member.instance }),
        topics: [
          {
            ...topic,
            partitions: [
              { partitionIndex: draw.between(0, 3), committedOffset: draw.between(0, 50), committedMetadata: "" },
            ],
          },
        ],
      },
    };
  }

  #fetchOffsets(member: Member): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(7, 10);
    const isOfMember = version >= 9 && draw.percent(60);
    const groupId = named("g");
    const topic = version >= 10 ? { topicId: idOf("t") } : { name: named("t") };
    const topics = draw.percent(40) ? null : [{ ...topic, partitionIndexes: [0, 1, 2, 3] }];
    const who = isOfMember ? { memberId: this.#memberId(member), memberEpoch: this.#epoch(member) } : {};
    return {
      api: "offsetFetch",
      version,
      body: version >= 8 ? { groups: [{ groupId, topics, ...who }] } : { groupId, topics },
    };
  }

  #describe(): ScriptStep {
    const draw = this.#draw;
    if (draw.percent(20)) return { api: "describeGroups", version: draw.between(4, 6), body: { groups: [named("g")] } };
    return { api: "consumerGroupDescribe", version: draw.between(0, 1), body: { groupIds: [named("g")] } };
  }

  #list(): ScriptStep {
    const draw = this.#draw;
    const states = ["Stable", "empty", "Reconciling", "assigning", "Dead", "PreparingRebalance"];
    return {
      api: "listGroups",
      version: 5,
      body: { statesFilter: draw.some(states, 2), typesFilter: draw.some(["classic", "consumer"], 1) },
    };
  }

  #deleteGroup(): ScriptStep {
    return { api: "deleteGroups", version: 2, body: { groupsNames: [named("g")] } };
  }

  #deleteOffsets(): ScriptStep {
    const indexes = this.#draw.some([0, 1, 2, 3], 3).map((partitionIndex) => ({ partitionIndex }));
    return {
      api: "offsetDelete",
      version: 0,
      body: { groupId: named("g"), topics: [{ name: named("t"), partitions: indexes }] },
    };
  }
}
